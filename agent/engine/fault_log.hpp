// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "core/error.hpp"
#include "systemd/journal.hpp"

namespace berth::agent {

/// Tells operators of faults that are met again at every attempt: each once, and again when it is another. For any
/// number of threads.
class FaultLog {
 public:
  /// `what` tells one duty from another.
  void failed(const std::string& what, std::string_view doing, const Error& error, journal::Fields fields = {});
  void worked(const std::string& what);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> lasting_;
};

}  // namespace berth::agent
