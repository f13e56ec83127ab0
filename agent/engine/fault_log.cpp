// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/fault_log.hpp"

#include "agent/engine/patience.hpp"

namespace berth::agent {

void FaultLog::failed(const std::string& what, std::string_view doing, const Error& error, journal::Fields fields) {
  auto text = describe(error);
  const std::lock_guard lock(mutex_);
  auto& said = lasting_[what];
  if (said == text) return;
  said = std::move(text);
  journal::write(may_pass(error.code) ? journal::Priority::warning : journal::Priority::error, doing, error,
                 std::move(fields));
}

void FaultLog::worked(const std::string& what) {
  const std::lock_guard lock(mutex_);
  lasting_.erase(what);
}

}  // namespace berth::agent
