// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/cache.hpp"

namespace berth::agent {

std::optional<std::string> AnswerCache::find(std::string_view target, std::uint64_t version) const {
  const std::scoped_lock lock(mutex_);
  if (version != version_) return std::nullopt;
  const auto found = bodies_.find(target);
  return found == bodies_.end() ? std::nullopt : std::optional(found->second);
}

void AnswerCache::keep(std::string_view target, std::uint64_t version, const std::string& body) {
  const std::scoped_lock lock(mutex_);
  if (body.size() > most_bytes || version < version_) return;
  if (version > version_ || bodies_.size() >= most_answers) bodies_.clear();
  version_ = version;
  bodies_.insert_or_assign(std::string(target), body);
}

}  // namespace berth::agent
