// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/guests.hpp"
#include "systemd/bus_server.hpp"

namespace berth::hypervisor {

/// Declares Shutdown, SetSshKeys and Domains on the bus. The guests must live as long as the bus.
void declare_machine_calls(BusServer& bus, Guests& guests, LibvirtProvider libvirt);

/// The answer of `Domains`: every machine that runs, with its state.
Result<std::string> domains_json(virConnect* connection);

}  // namespace berth::hypervisor
