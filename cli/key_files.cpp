// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/key_files.hpp"

#include <fmt/format.h>

#include <sstream>

#include "core/file.hpp"

namespace berth::cli {
namespace {

constexpr std::size_t largest_file = 256 * 1024;

Failure wrong(const std::filesystem::path& file, std::string message, std::string next = {}) {
  Failure failure(Exit::usage, std::move(message), std::move(next));
  failure.error.details.emplace_back("file", file.string());
  return failure;
}

}  // namespace

Outcome<std::vector<SshKey>> read_key_file(const std::filesystem::path& file) {
  std::error_code fault;
  const auto real = std::filesystem::canonical(file, fault);
  if (fault)
    return std::unexpected(wrong(file, fmt::format("cannot read the key file: {}", fault.message()),
                                 "give a public key, such as ~/.ssh/id_ed25519.pub"));
  const auto text = read_file(real, largest_file);
  if (!text) return std::unexpected(wrong(file, describe(text.error())));
  if (text->find("PRIVATE KEY-----") != std::string::npos)
    return std::unexpected(wrong(file, "this is a private key, which must stay with you",
                                 fmt::format("give the public one: {}.pub", file.string())));
  std::vector<SshKey> keys;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos || line[0] == '#') continue;
    auto key = SshKey::parse(line);
    if (!key) return std::unexpected(wrong(file, key.error().message));
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) return std::unexpected(wrong(file, "there is no public key in the file"));
  return keys;
}

}  // namespace berth::cli
