// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace berth {

/// A program to run: absolute path, arguments without the program's name, and nothing of our environment but what is
/// given. `files` are descriptors that the child gets under other numbers (theirs, ours); it has 0, 1 and 2 besides.
struct Program {
  std::string path;
  std::vector<std::string> arguments{};
  std::vector<std::string> environment{};      ///< "NAME=value"
  std::vector<std::pair<int, int>> files{};    ///< {number in the child, descriptor here}
  std::chrono::milliseconds deadline{10'000};  ///< then it is killed
  std::size_t most_output = 64 * 1024;         ///< of standard output and of standard error; more is cut off
};

struct Finished {
  int status = 0;  ///< exit status; 128 and the signal's number when a signal ended it
  std::string output;
  std::string errors;
};

/// Runs it to its end with posix_spawn: no shell, standard input from /dev/null unless `files` says otherwise. An error
/// means that it could not run or passed its deadline; a status other than 0 is for the caller to judge.
Result<Finished> run(const Program& program);

}  // namespace berth
