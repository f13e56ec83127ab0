// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/login.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace berth::cli {
namespace {

std::filesystem::path xdg_folder(const Environment& env, const char* variable, const char* below_home) {
  const std::filesystem::path given = env(variable);
  return (given.is_absolute() ? given : home_folder(env) / below_home) / "berth";
}

}  // namespace

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
  return xdg_folder(env, "XDG_CONFIG_HOME", ".config");
}
std::filesystem::path cache_folder(const Environment& env) {
  return xdg_folder(env, "XDG_CACHE_HOME", ".cache");
}

}  // namespace berth::cli
