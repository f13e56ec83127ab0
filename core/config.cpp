// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/config.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>
#include <sstream>

#include "core/file.hpp"

namespace berth {

namespace po = boost::program_options;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_file = 64 * 1024;

Error bad(const std::string& key, std::string message) {
  return {Code::invalid_field, std::move(message), {{"key", key}}};
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// What the library lets through: a `#` or a quote inside a value, an empty value, a key that stands there twice.
Result<void> check_lines(const std::string& text) {
  std::istringstream lines(text);
  std::set<std::string> keys;
  for (std::string raw; std::getline(lines, raw);) {
    const auto line = trimmed(raw);
    if (line.empty() || line[0] == '#') continue;
    const auto equals = line.find('=');
    if (line[0] == '[' || equals == std::string::npos)
      return std::unexpected(bad(line.substr(0, 64), "every line is `key = value` or a comment that begins with #"));
    const auto key = trimmed(line.substr(0, equals));
    const auto value = trimmed(line.substr(equals + 1));
    if (value.empty()) return std::unexpected(bad(key, "has no value"));
    if (value.find('#') != std::string::npos) return std::unexpected(bad(key, "a comment needs a line of its own"));
    if (!keys.insert(key).second) return std::unexpected(bad(key, "stands there twice"));
  }
  return {};
}

Result<void> read_ini(const fs::path& file, const po::options_description& options, po::variables_map& values) {
  const auto text = TRY(read_file(file, largest_file));
  if (auto sound = check_lines(text); !sound)
    return std::unexpected(std::move(sound).error().with("file", file.string()));
  try {
    std::istringstream stream(text);
    po::store(po::parse_config_file(stream, options), values);
  } catch (const po::unknown_option& fault) {
    return std::unexpected(bad(fault.get_option_name(), "is not a key that is known here").with("file", file.string()));
  } catch (const po::error& fault) {
    return std::unexpected(
        Error{Code::invalid_field, "cannot be read", {{"file", file.string()}, {"reason", fault.what()}}});
  }
  return {};
}

Result<void> read_arguments(const po::options_description& options, int argc, const char* const* argv,
                            po::variables_map& values) {
  namespace style = po::command_line_style;
  try {
    const int exact = (style::unix_style ^ style::allow_guessing) & ~style::allow_short;
    po::store(po::command_line_parser(argc, argv).options(options).style(exact).positional({}).run(), values);
  } catch (const po::error& fault) {
    return std::unexpected(Error{Code::invalid_field, "the command line cannot be read", {{"reason", fault.what()}}});
  }
  return {};
}

Result<std::uint64_t> unit(char suffix) {
  switch (suffix) {
    case 'K':
      return std::uint64_t{1} << 10;
    case 'M':
      return std::uint64_t{1} << 20;
    case 'G':
      return std::uint64_t{1} << 30;
    case 'T':
      return std::uint64_t{1} << 40;
    default:
      return std::unexpected(Error{Code::invalid_field, "unknown suffix"});
  }
}

}  // namespace

Result<po::variables_map> read_config(po::options_description options, int argc, const char* const* argv,
                                      const fs::path& file) {
  options.add_options()("help", "show this text")("version", "show the version")(
      "check-config", "read the configuration, say whether it is sound, and stop")(
      "config", po::value<std::string>()->default_value(file.string()), "the configuration file");
  po::variables_map values;
  TRY(read_arguments(options, argc, argv, values));
  const fs::path from = values["config"].as<std::string>();
  std::error_code ignored;
  if (!values["config"].defaulted() || fs::exists(from, ignored)) TRY(read_ini(from, options, values));
  po::notify(values);
  return values;
}

std::string config_text(const po::variables_map& values, const std::string& key) {
  return values[key].as<std::string>();
}

Result<std::uint64_t> config_number(const po::variables_map& values, const std::string& key, std::uint64_t least,
                                    std::uint64_t most, bool sizes) {
  const auto text = config_text(values, key);
  const auto wrong = bad(key, fmt::format("must be a whole number from {} to {}{}", least, most,
                                          sizes ? ", with a suffix K, M, G or T where you like" : ""));
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc{}) return std::unexpected(wrong);
  std::uint64_t factor = 1;
  if (rest != end) {
    auto power = sizes && rest + 1 == end ? unit(*rest) : Result<std::uint64_t>(std::unexpected(wrong));
    if (!power) return std::unexpected(wrong);
    factor = *power;
  }
  if (number > most / factor || number * factor < least) return std::unexpected(wrong);
  return number * factor;
}

Result<bool> config_flag(const po::variables_map& values, const std::string& key) {
  const auto text = config_text(values, key);
  if (text == "yes" || text == "no") return text == "yes";
  return std::unexpected(bad(key, "must be yes or no"));
}

}  // namespace berth
