// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/keys.hpp"

#include <stdexcept>

namespace berth::agent {

std::string to_lines(const std::vector<SshKey>& keys) {
  std::string lines;
  for (const auto& key : keys) lines += key.line() + '\n';
  return lines;
}

std::vector<SshKey> from_lines(std::string_view lines) {
  std::vector<SshKey> keys;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    auto key = SshKey::parse(lines.substr(0, end));
    if (!key) throw std::runtime_error("an SSH key: " + describe(key.error()));
    keys.push_back(*key);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  return keys;
}

}  // namespace berth::agent
