// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace berth::cli {

/// Reads an environment variable; empty when it is not set.
using Environment = std::function<std::string(const char* name)>;
std::string environment(const char* name);

/// The name of the account that this process runs as; its number where it has no name.
std::string login_name();

/// $HOME, else the account's folder.
std::filesystem::path home_folder(const Environment& env);
/// `$XDG_CONFIG_HOME/berth` or `~/.config/berth`. A relative value does not count (XDG Base Directory Specification).
std::filesystem::path config_folder(const Environment& env);

}  // namespace berth::cli
