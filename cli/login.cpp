// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/login.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace berth::cli {
std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value == nullptr ? "" : value;
}

std::string login_name() {
  const passwd* account = getpwuid(geteuid());  // NOLINT(concurrency-mt-unsafe): one thread looks
  return account == nullptr ? std::to_string(geteuid()) : account->pw_name;
}

std::filesystem::path home_folder(const Environment& env) {
  const std::filesystem::path given = env("HOME");
  if (given.is_absolute()) return given;
  const passwd* account = getpwuid(geteuid());  // NOLINT(concurrency-mt-unsafe): one thread looks
  return account == nullptr ? "/" : account->pw_dir;
}

std::filesystem::path config_folder(const Environment& env) {
  const std::filesystem::path given = env("XDG_CONFIG_HOME");
  return (given.is_absolute() ? given : home_folder(env) / ".config") / "berth";
}

}  // namespace berth::cli
