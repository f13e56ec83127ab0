// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/driver.hpp"
#include "systemd/bus_client.hpp"

namespace berth::agent {

/// One kind of resource, driven by the hypervisor manager at the other end of the bus.
class BusDriver : public Driver {
 public:
  BusDriver(Kind kind, BusClient& bus) : kind_(kind), bus_(bus) {}

  Kind kind() const noexcept override { return kind_; }
  Result<Presence> observe(const Spec& spec) override;
  Result<void> apply(const Spec& spec) override;
  Result<void> remove(const Id& id) override;
  Result<std::vector<Id>> list() override;

 private:
  Kind kind_;
  BusClient& bus_;
};

}  // namespace berth::agent
