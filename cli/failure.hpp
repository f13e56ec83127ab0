// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cli/exit.hpp"
#include "core/error.hpp"

namespace berth::cli {

/// Why a command ended without success, with all that its reader needs.
struct Failure {
  /// How far a request came.
  enum class Contact {
    answered,     ///< nothing is wrong with the connection
    unreachable,  ///< no connection: the request was not seen
    lost,         ///< the connection broke: whether the request was carried out is unknown
  };

  Failure(Error what) : exit(exit_of(what.code)), error(std::move(what)) {}  // NOLINT: an error is a failure
  Failure(Exit how, std::string message, std::string next_step = {})
      : exit(how), error{Code::invalid_field, std::move(message)}, next(std::move(next_step)) {}

  Exit exit;
  Error error;
  std::string wire_code{};  ///< as the agent sent it, empty for what was found here
  std::string next{};       ///< what the reader can do about it
  Contact contact = Contact::answered;
};

template <class T>
using Outcome = std::expected<T, Failure>;

/// The failure that an error of the agent is. Finds the next step in the error's own details ("next"),
/// else by its code.
Failure failure_of(Error error, std::string wire_code, int http_status);

/// One to three lines: what failed and why, which object and reason, the next step. Safe for a terminal.
std::string text_of(const Failure& failure, std::string_view command);

}  // namespace berth::cli
