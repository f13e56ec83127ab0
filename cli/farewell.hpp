// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <csignal>
#include <string_view>

namespace berth::cli {

/// While it is in scope, Ctrl-C (SIGINT), SIGTERM and SIGHUP print this text on standard error and end the program with
/// `Exit::interrupted`: what was begun goes on in the agent. One at a time.
class Farewell {
 public:
  explicit Farewell(std::string_view text);
  Farewell(const Farewell&) = delete;
  Farewell& operator=(const Farewell&) = delete;
  ~Farewell();

 private:
  struct sigaction old_interrupt_ {
  }, old_terminate_{}, old_hangup_{};
};

}  // namespace berth::cli
