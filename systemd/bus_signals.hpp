// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth {

/// Listens to the hypervisor manager's signals, with a thread and a connection of its own, and connects again for as
/// long as it lives.
class BusSignals {
 public:
  struct Callbacks {
    /// Subscribed, for the first time or again: signals may have been missed, so read the state anew. Comes before any
    /// signal of this connection.
    std::function<void()> connected;
    /// The connection was lost, or could not be made for the first time.
    std::function<void()> disconnected;
    /// One signal, such as "Lifecycle" with {machine, event}.
    std::function<void(const std::string& signal, const std::vector<std::string>& arguments)> arrived;
  };

  /// Callbacks run on the listening thread, one at a time.
  BusSignals(std::filesystem::path socket, Callbacks callbacks);
  /// Waits for a callback that is running.
  ~BusSignals();

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace berth
