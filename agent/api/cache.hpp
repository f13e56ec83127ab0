// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace berth::agent {

/// Bodies of answers, each good for as long as the store is at the version it was made from. Holds 2 MiB at most. For
/// any number of threads.
class AnswerCache {
 public:
  static constexpr std::size_t most_answers = 128;
  static constexpr std::size_t most_bytes = 16 * 1024;  ///< of one answer; a larger one is not kept

  std::optional<std::string> find(std::string_view target, std::uint64_t version) const;
  void keep(std::string_view target, std::uint64_t version, const std::string& body);

 private:
  mutable std::mutex mutex_;
  std::uint64_t version_ = 0;  // of all that is here
  std::map<std::string, std::string, std::less<>> bodies_;
};

}  // namespace berth::agent
