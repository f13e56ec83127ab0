// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/farewell.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "cli/exit.hpp"

namespace berth::cli {
namespace {

// A signal handler may only write and end the program, so the text is ready before.
std::array<char, 1024> last_words;
volatile std::sig_atomic_t last_words_size = 0;

extern "C" void say_farewell(int /*signal*/) {
  [[maybe_unused]] const auto written =
      write(STDERR_FILENO, last_words.data(), static_cast<std::size_t>(last_words_size));
  _exit(static_cast<int>(Exit::interrupted));
}

}  // namespace

Farewell::Farewell(std::string_view text) {
  const auto size = std::min(text.size(), last_words.size());
  std::copy_n(text.begin(), size, last_words.begin());
  last_words_size = static_cast<std::sig_atomic_t>(size);
  struct sigaction action {};
  action.sa_handler = say_farewell;
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
  sigaction(SIGHUP, &action, &old_hangup_);
}

Farewell::~Farewell() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  sigaction(SIGHUP, &old_hangup_, nullptr);
}

}  // namespace berth::cli
