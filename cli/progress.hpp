// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cli/screen.hpp"

namespace berth::cli {

/// How far something is.
struct Step {
  std::string what;                   ///< "waiting for the machine to answer", as it came from the agent
  std::uint64_t done = 0, total = 0;  ///< steps; total 0: not known
  std::string detail{};               ///< changes often ("34 %"); shown on a line that is written again, nowhere else
};

/// "web  3/7  waiting for the machine to answer  12 s", at most `width` columns.
std::string progress_text(std::string_view subject, const Step& step, std::chrono::seconds elapsed, std::size_t width);

/// Shows progress on standard error until it goes out of scope: on a terminal one line, written again at every change
/// and every second; elsewhere one plain line a step; nothing when quiet.
class Progress {
 public:
  enum class Style { live, plain, quiet };

  Progress(const Screen& screen, Style style, std::string subject);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void show(Step step);

 private:
  void draw();  // the lock is held
  void tick(std::stop_token stop);

  const Screen& screen_;
  Style style_;
  std::string subject_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::mutex lock_;
  std::condition_variable_any wake_;
  Step step_;
  bool shown_ = false;
  std::jthread ticker_;  // last: it is gone before the rest
};

/// The style that fits the screen.
Progress::Style style_of(const Screen& screen, bool quiet);

}  // namespace berth::cli
