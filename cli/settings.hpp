// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/login.hpp"

namespace berth::cli {

/// What holds for every command, from global options and the environment.
struct Settings {
  std::filesystem::path socket;           ///< absolute
  std::optional<std::string> asked_user;  ///< --user or $BERTH_USER: only that user's sessions are meant
  std::string user;             ///< the same, else $SUDO_USER, else the login name; not checked when it is only that
  bool user_by_option = false;  ///< --user was given: a hint that names a session has to say it too
  bool json = false;
  bool quiet = false;
  Environment environment;

  static Outcome<Settings> from(const Arguments& arguments, Environment environment);
};

}  // namespace berth::cli
