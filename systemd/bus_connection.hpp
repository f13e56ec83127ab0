// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <filesystem>

#include "core/error.hpp"
#include "core/fd.hpp"
#include "systemd/bus_wire.hpp"

namespace berth::bus {

/// A connection to the server's socket that sd-bus may use right away; `hypervisor_unavailable` when nobody listens.
/// Also waits, that long, for a server whose queue of new connections is full.
Result<BusPtr> connect(const std::filesystem::path& socket, std::chrono::milliseconds deadline);

}  // namespace berth::bus
