// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/signal_stop.hpp"

#include <pthread.h>

#include <csignal>

namespace berth {

SignalStop::SignalStop(std::function<void()> stop) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::jthread([stop = std::move(stop), signals] {
    int number = 0;
    sigwait(&signals, &number);
    stop();
  });
}

SignalStop::~SignalStop() {
  pthread_kill(thread_.native_handle(), SIGTERM);
}

}  // namespace berth
