// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "storage/images.hpp"
#include "storage/keys.hpp"
#include "systemd/bus_server.hpp"

namespace berth::hypervisor {

/// Declares ImportImage, ListImages, RemoveImage and SshHostKey on the bus. Both must live as long as the bus.
void declare_storage_calls(BusServer& bus, Images& images, Keys& keys);

}  // namespace berth::hypervisor
