// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/progress.hpp"

#include <fmt/format.h>

#include "cli/quantity.hpp"
#include "cli/utf8.hpp"

namespace berth::cli {
namespace {

constexpr std::string_view begin_of_line = "\r\x1b[K";  // and clear it (ECMA-48, EL)

}  // namespace

std::string progress_text(std::string_view subject, const Step& step, std::chrono::seconds elapsed, std::size_t width) {
  std::string text(subject);
  if (step.total > 0) text += fmt::format("  {}/{}", step.done, step.total);
  if (!step.what.empty()) text += "  " + printable(step.what);
  if (!step.detail.empty()) text += "  " + printable(step.detail);
  const auto clock = "  " + duration_text(elapsed);
  return width > columns(clock) ? fitted(text, width - columns(clock)) + clock : fitted(text, width);
}

Progress::Progress(const Screen& screen, Style style, std::string subject)
    : screen_(screen), style_(style), subject_(printable(subject)) {
  if (style_ == Style::live) ticker_ = std::jthread([this](std::stop_token stop) { tick(std::move(stop)); });
}

Progress::~Progress() {
  if (ticker_.joinable()) {
    ticker_.request_stop();
    ticker_.join();
  }
  if (style_ == Style::live && shown_) screen_.err << begin_of_line << std::flush;
}

void Progress::show(Step step) {
  const std::lock_guard guard(lock_);
  const bool same = shown_ && step.what == step_.what && step.done == step_.done && step.total == step_.total;
  step_ = std::move(step);
  shown_ = true;
  if (style_ == Style::live || (style_ == Style::plain && !same)) draw();
}

void Progress::draw() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - began_);
  constexpr std::size_t plain_width = 400;
  if (style_ == Style::live)
    // One column stays free: a full line would make some terminals scroll.
    screen_.err << begin_of_line << progress_text(subject_, step_, seconds, screen_.width - 1) << std::flush;
  else
    screen_.err << progress_text(subject_, step_, seconds, plain_width) << '\n' << std::flush;
}

void Progress::tick(std::stop_token stop) {
  std::unique_lock guard(lock_);
  while (!stop.stop_requested()) {
    wake_.wait_for(guard, stop, std::chrono::seconds(1), [] { return false; });
    if (shown_ && !stop.stop_requested()) draw();
  }
}

Progress::Style style_of(const Screen& screen, bool quiet) {
  if (quiet) return Progress::Style::quiet;
  return screen.live ? Progress::Style::live : Progress::Style::plain;
}

}  // namespace berth::cli
