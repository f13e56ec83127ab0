// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <span>
#include <string>

#include "core/driver.hpp"
#include "systemd/bus_server.hpp"

namespace berth::hypervisor {

/// The four calls that all kinds of resource share. Every argument is parsed again, strictly: the agent has talked to
/// strangers. Logs one line for each Apply and Remove.
class Dispatch {
 public:
  /// One driver a kind; they must live as long as this.
  explicit Dispatch(std::span<Driver* const> drivers);

  /// Declares Observe, Apply, Remove and List on the bus.
  void declare(BusServer& bus);

  Result<std::string> observe(const std::string& kind, const std::string& spec);
  Result<std::string> apply(const std::string& kind, const std::string& spec);
  Result<std::string> remove(const std::string& kind, const std::string& id);
  Result<std::string> list(const std::string& kind);

 private:
  Result<Driver*> driver(const std::string& kind) const;

  std::array<Driver*, kinds.size()> drivers_{};
};

}  // namespace berth::hypervisor
