// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/names.hpp"

#include <fmt/format.h>

namespace berth::names {
namespace {

std::string interface(std::string_view prefix, const Id& id) {
  return std::string(prefix) + id.str().substr(Id::text_length - 12);
}

}  // namespace

std::string domain(const MachineId& machine) {
  return std::string(prefix) + machine.str();
}
std::string network(const UserId& user) {
  return std::string(prefix) + user.str();
}
std::string bridge(const UserId& user) {
  return interface(bridge_prefix, user);
}
std::string tap(const MachineId& machine) {
  return interface(tap_prefix, machine);
}

std::string mac(Ipv4 address) {
  const auto v = address.value;
  return fmt::format("02:be:{:02x}:{:02x}:{:02x}:{:02x}", v >> 24, (v >> 16) & 255, (v >> 8) & 255, v & 255);
}

std::optional<Id> from_libvirt(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  auto id = Id::parse(name.substr(prefix.size()));
  if (!id) return std::nullopt;
  return *id;
}

}  // namespace berth::names
