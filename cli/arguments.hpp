// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.hpp"

namespace berth::cli {

/// One option of a command. `value` names what it takes ("IMAGE"), empty for a flag.
struct Option {
  std::string_view name;
  std::string_view value;
  std::string_view help;
  bool repeats = false;
};

/// What a command line may hold.
struct Grammar {
  std::span<const Option> options;
  std::size_t least_words = 0, most_words = 0;  ///< words that are no options
  bool takes_rest = false;                      ///< words behind `--` belong to another program
};

/// A command line, taken apart.
class Arguments {
 public:
  /// Strict: no prefixes of options, no option twice that does not repeat, no missing value. A refusal names the option
  /// and, where one is near, what was probably meant. Global options are accepted beside the grammar's own.
  static Outcome<Arguments> parse(const Grammar& grammar, std::span<const std::string> line);

  bool has(std::string_view option) const { return values_.contains(std::string(option)); }
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
  const std::vector<std::string>& words() const { return words_; }
  const std::vector<std::string>& rest() const { return rest_; }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> words_;
  std::vector<std::string> rest_;
};

/// Options that every command takes.
extern const std::span<const Option> global_options;

}  // namespace berth::cli
