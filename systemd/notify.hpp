// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace berth {

/// What a service tells systemd (sd_notify(3)). Without a service manager these do nothing.
void notify_ready(const std::string& status);
void notify_stopping(const std::string& status);

/// Pings systemd's watchdog, three times in its period (WATCHDOG_USEC), for as long as the service makes progress. When
/// `alive` returns false or does not return, the pings stay out and systemd restarts the service. Without a watchdog
/// there is no thread.
class Watchdog {
 public:
  explicit Watchdog(std::function<bool()> alive);

 private:
  std::jthread thread_;
};

}  // namespace berth
