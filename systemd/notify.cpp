// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/notify.hpp"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace berth {
namespace {

/// One line of the protocol: a newline would begin another assignment.
std::string line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return "STATUS=" + text;
}

void ping(const std::stop_token& stop, std::chrono::microseconds period, const std::function<bool()>& alive) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  do {
    if (alive()) sd_notify(0, "WATCHDOG=1");
  } while (!stopped.wait_for(lock, stop, period, [&] { return stop.stop_requested(); }));
}

}  // namespace

void notify_ready(const std::string& status) {
  sd_notify(0, ("READY=1\n" + line(status)).c_str());
}
void notify_stopping(const std::string& status) {
  sd_notify(0, ("STOPPING=1\n" + line(status)).c_str());
}

Watchdog::Watchdog(std::function<bool()> alive) {
  std::uint64_t period = 0;
  if (sd_watchdog_enabled(0, &period) <= 0) return;
  thread_ = std::jthread([period = std::chrono::microseconds(period / 3),
                          alive = std::move(alive)](const std::stop_token& stop) { ping(stop, period, alive); });
}

}  // namespace berth
