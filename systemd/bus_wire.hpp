// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/deleter.hpp"
#include "core/error.hpp"

/// What both ends of the bus agree on (docs/CONTRACTS.md), and the ownership of sd-bus' handles.
namespace berth::bus {

inline constexpr const char* path = "/org/berth/Hypervisor1";
inline constexpr const char* interface = "org.berth.Hypervisor1";
/// A peer that wants signals calls this, without arguments; so connections that only make calls are not filled with
/// them.
inline constexpr const char* subscribe = "Subscribe";

using BusPtr = std::unique_ptr<sd_bus, Deleter<sd_bus_close_unref>>;
using MessagePtr = std::unique_ptr<sd_bus_message, Deleter<sd_bus_message_unref>>;
using EventPtr = std::unique_ptr<sd_event, Deleter<sd_event_unref>>;
using SourcePtr = std::unique_ptr<sd_event_source, Deleter<sd_event_source_disable_unref>>;

/// "org.berth.Error.STO_003"
std::string error_name(Code code);
/// {"message": …, "details": {…}}
std::string error_text(const Error& error);
/// The error that was sent so. A foreign name, such as those of D-Bus itself, becomes `internal` and stays in the
/// details.
Error parse_error(std::string_view name, std::string_view text);

/// The error of a call of sd-bus that returned a negative errno.
Error failed(Code code, const char* doing, int negative_errno);

}  // namespace berth::bus
