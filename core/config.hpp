// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <string>

#include "core/error.hpp"

namespace berth {

/// Reads options from the command line and, below it, from an INI file (`--config FILE`, else `file`; a default file
/// that is not there is no error). Stricter than the library, which takes `#` inside values, empty booleans, repeated
/// keys and prefixes of names: each is refused, naming file, key and reason. Numbers are checked by the caller through
/// `config_number`.
///
/// `options` must declare every key, with string values only; `help`, `version`, `check-config` and `config` are
/// declared here. The result holds strings.
Result<boost::program_options::variables_map> read_config(boost::program_options::options_description options, int argc,
                                                          const char* const* argv, const std::filesystem::path& file);

/// A whole number from `least` to `most`, with a suffix K, M, G or T (powers of 1024) where `sizes` is true.
Result<std::uint64_t> config_number(const boost::program_options::variables_map& values, const std::string& key,
                                    std::uint64_t least, std::uint64_t most, bool sizes = false);
/// "yes" or "no".
Result<bool> config_flag(const boost::program_options::variables_map& values, const std::string& key);
/// The text of a key.
std::string config_text(const boost::program_options::variables_map& values, const std::string& key);

}  // namespace berth
