// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>

#include "cli/nearest.hpp"

namespace berth::cli {

namespace po = boost::program_options;

namespace {

constexpr std::array<Option, 5> globals{{
    {"socket", "PATH", "the agent's socket (else $BERTH_SOCKET, else /run/berth/agent.sock)"},
    {"user", "USER", "whose session is meant (else $BERTH_USER, else $SUDO_USER, else your login name)"},
    {"json", "", "the API's own JSON on standard output, for programs"},
    {"quiet", "", "no progress on standard error"},
    {"help", "", "what this command does"},
}};
constexpr const char* word_key = "words";

std::vector<Option> all_options(const Grammar& grammar) {
  std::vector<Option> all(grammar.options.begin(), grammar.options.end());
  all.insert(all.end(), globals.begin(), globals.end());
  return all;
}

po::options_description description(std::span<const Option> options) {
  po::options_description all;
  for (const auto& option : options) {
    const std::string name(option.name);
    if (option.value.empty()) {
      all.add_options()(name.c_str(), po::value<std::vector<std::string>>()->zero_tokens(), "");
    } else {
      all.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
    }
  }
  all.add_options()(word_key, po::value<std::vector<std::string>>(), "");
  return all;
}

Failure wrong(std::string message, std::string next = {}) {
  return {Exit::usage, std::move(message), std::move(next)};
}

Failure unknown_option(const std::string& given, std::span<const Option> options) {
  std::vector<std::string> names;
  for (const auto& option : options) names.emplace_back(option.name);
  const auto bare = given.substr(std::min(given.find_first_not_of('-'), given.size()));
  const auto meant = nearest(bare, names);
  return wrong(fmt::format("there is no option {}", given.starts_with('-') ? given : "--" + given),
               meant ? fmt::format("did you mean --{}?", *meant) : "");
}

Failure missing_value(std::string option, std::span<const Option> options) {
  option = option.substr(std::min(option.find_first_not_of('-'), option.size()));
  const auto found = std::ranges::find(options, option, &Option::name);
  return wrong(fmt::format("--{} needs a value", option),
               found == options.end() ? "" : fmt::format("--{} {}: {}", option, found->value, found->help));
}

/// The library's parse, its exceptions turned into failures that name the option.
Outcome<po::parsed_options> parsed(const po::options_description& known, std::span<const Option> options,
                                   const std::vector<std::string>& line) {
  namespace style = po::command_line_style;
  try {
    po::positional_options_description words;
    words.add(word_key, -1);
    const int exact = style::unix_style ^ style::allow_guessing;
    return po::command_line_parser(line).options(known).positional(words).style(exact).run();
  } catch (const po::unknown_option& fault) {
    return std::unexpected(unknown_option(fault.get_option_name(), options));
  } catch (const po::invalid_command_line_syntax& fault) {
    if (fault.kind() == po::invalid_syntax::extra_parameter)
      return std::unexpected(wrong(fmt::format("{} takes no value", fault.get_option_name())));
    return std::unexpected(missing_value(fault.get_option_name(), options));
  } catch (const po::error& fault) {
    return std::unexpected(wrong(fault.what()));
  }
}

Outcome<void> check_counts(const Grammar& grammar, const std::vector<std::string>& words, bool help) {
  if (words.size() > grammar.most_words)
    return std::unexpected(wrong(fmt::format("there is a word too many: '{}'", words[grammar.most_words]),
                                 grammar.takes_rest ? "a command for the machine stands behind --" : ""));
  if (words.size() < grammar.least_words && !help) return std::unexpected(wrong("an argument is missing"));
  return {};
}

}  // namespace

const std::span<const Option> global_options{globals};

Outcome<Arguments> Arguments::parse(const Grammar& grammar, std::span<const std::string> line) {
  const auto options = all_options(grammar);
  const auto dashes = std::ranges::find(line, "--");
  const std::vector<std::string> before(line.begin(), dashes);
  const auto found = TRY(parsed(description(options), options, before));

  Arguments arguments;
  for (const auto& item : found.options) {
    auto& into = item.position_key >= 0 ? arguments.words_ : arguments.values_[item.string_key];
    const auto option = std::ranges::find(options, item.string_key, &Option::name);
    if (item.string_key == word_key && item.position_key < 0)
      return std::unexpected(unknown_option("--words", options));
    if (item.position_key < 0 && arguments.values_.contains(item.string_key) && !into.empty() && !option->repeats)
      return std::unexpected(wrong(fmt::format("--{} stands there twice", item.string_key)));
    // No value in Berth begins so; the library would take the next option for this one's value.
    if (item.position_key < 0 && !item.value.empty() && item.value.front().starts_with("--"))
      return std::unexpected(missing_value(item.string_key, options));
    into.insert(into.end(), item.value.begin(), item.value.end());
    if (item.value.empty()) into.emplace_back();
  }
  if (dashes != line.end()) {
    auto& into = grammar.takes_rest ? arguments.rest_ : arguments.words_;
    into.insert(into.end(), dashes + 1, line.end());
  }
  TRY(check_counts(grammar, arguments.words_, arguments.has("help")));
  return arguments;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto found = values_.find(std::string(option));
  if (found == values_.end()) return {};
  return found->second.front();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  const auto found = values_.find(std::string(option));
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace berth::cli
