// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/id.hpp"
#include "core/ipv4.hpp"

/// Every name that Berth gives to something on the host, derived from ids here and nowhere else, so that our objects
/// are recognised without a database. Interfaces have 15 characters at most (IFNAMSIZ), so they bear the last 12 digits
/// of an id: 60 random bits, which no user can choose.
namespace berth::names {

inline constexpr std::string_view prefix = "berth-";
inline constexpr std::string_view bridge_prefix = "bb";
inline constexpr std::string_view tap_prefix = "bt";

std::string domain(const MachineId& machine);  ///< libvirt domain, "berth-ID"
std::string network(const UserId& user);       ///< libvirt network, "berth-ID"
std::string bridge(const UserId& user);        ///< "bb" and 12 digits
std::string tap(const MachineId& machine);     ///< "bt" and 12 digits
std::string mac(Ipv4 address);                 ///< "02:be:" and the address in hexadecimal
std::optional<Id> from_libvirt(
    std::string_view domain_or_network);  ///< the id in "berth-ID"; nothing for a foreign name

}  // namespace berth::names
