// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <string_view>

#include "core/error.hpp"

namespace berth::cli {

/// What `berth` tells the program that called it. `berth ssh` ends with ssh's own code instead, once ssh runs.
enum class Exit {
  ok = 0,
  failed = 1,        ///< an operation was accepted and failed, or a check failed
  usage = 2,         ///< the command line, or a value in it, is wrong
  not_found = 3,     ///< no such session, image, operation or key
  refused = 4,       ///< a quota, the state of the session, or a rule forbids it
  unavailable = 5,   ///< the agent or the hypervisor manager does not answer, or is still starting
  timed_out = 6,     ///< something did not happen before its deadline
  interrupted = 130  ///< Ctrl-C; what was begun goes on
};

struct ExitMeaning {
  Exit exit;
  std::string_view meaning;
};

/// The table that `berth help exit-codes` prints.
extern const std::array<ExitMeaning, 8> exit_meanings;

/// How a request that was answered with this error ends.
Exit exit_of(Code code) noexcept;
/// The same for an error whose code this program does not know, by its HTTP status.
Exit exit_of_status(int http_status) noexcept;
/// How an operation that was accepted, and then failed for this reason, ends.
Exit exit_of_failed_operation(Code code) noexcept;

}  // namespace berth::cli
