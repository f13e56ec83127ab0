// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/settings.hpp"

#include "core/label.hpp"

namespace berth::cli {
namespace {

std::filesystem::path socket_of(const Arguments& arguments, const Environment& env) {
  auto path = arguments.value("socket").value_or(env("BERTH_SOCKET"));
  return std::filesystem::absolute(path.empty() ? "/run/berth/agent.sock" : path);
}

}  // namespace

Outcome<Settings> Settings::from(const Arguments& arguments, Environment environment) {
  Settings settings;
  settings.socket = socket_of(arguments, environment);
  settings.json = arguments.has("json");
  settings.quiet = arguments.has("quiet");
  settings.user_by_option = arguments.has("user");
  const auto from_environment = environment("BERTH_USER");
  if (const auto option = arguments.value("user"))
    settings.asked_user = TRY(parse_label(*option, "--user"));
  else if (!from_environment.empty())
    settings.asked_user = TRY(parse_label(from_environment, "$BERTH_USER"));
  const auto sudo_user = environment("SUDO_USER");
  settings.user = settings.asked_user.value_or(sudo_user.empty() ? login_name() : sudo_user);
  settings.environment = std::move(environment);
  return settings;
}

}  // namespace berth::cli
