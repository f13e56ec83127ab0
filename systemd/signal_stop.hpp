// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <thread>

namespace berth {

/// Hears when the service manager or a person asks the process to end (SIGTERM, SIGINT). To be made before any other
/// thread, which would take the signals.
class SignalStop {
 public:
  /// `stop` runs once, on a thread of its own; also when this object ends unasked.
  explicit SignalStop(std::function<void()> stop);
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace berth
