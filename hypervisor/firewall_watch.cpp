// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/firewall_watch.hpp"

#include <condition_variable>
#include <mutex>

namespace berth::hypervisor {

FirewallWatch::FirewallWatch(Rules rules, Told told, std::chrono::milliseconds every)
    : rules_(std::move(rules)),
      told_(std::move(told)),
      every_(every),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void FirewallWatch::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  while (!ended.wait_for(lock, stop, every_, [&] { return stop.stop_requested(); })) look();
}

void FirewallWatch::look() {
  const auto stands = rules_.check();
  if (stands) {
    failing_ = false;
    return;
  }
  const auto loaded = rules_.load();
  if (loaded || !failing_) told_(stands.error(), loaded);
  failing_ = !loaded;
}

}  // namespace berth::hypervisor
