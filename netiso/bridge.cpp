// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/bridge.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "core/fd.hpp"
#include "core/names.hpp"

namespace berth {
namespace {

struct Setting {
  std::string_view family, key;
  char value;
};
constexpr std::array settings{Setting{"ipv6", "disable_ipv6", '1'}, Setting{"ipv4", "arp_ignore", '1'}};

std::string path_of(const Setting& setting, const std::string& interface) {
  return "/proc/sys/net/" + std::string(setting.family) + "/conf/" + interface + "/" + std::string(setting.key);
}

/// A kernel without IPv6 has no such setting, and needs none.
bool is_missing(const Setting& setting, const std::string& interface) {
  return setting.family == "ipv6" && access(path_of(setting, interface).c_str(), F_OK) != 0;
}

Result<void> write(const Setting& setting, const std::string& interface) {
  const auto path = path_of(setting, interface);
  const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), &setting.value, 1) != 1)
    return std::unexpected(Error{Code::network_failed,
                                 "cannot set an option of a user's bridge",
                                 {{"path", path}, {"reason", std::strerror(errno)}}});  // NOLINT(concurrency-mt-unsafe)
  return {};
}

bool is_set(const Setting& setting, const std::string& interface) {
  char value = 0;
  const Fd file(open(path_of(setting, interface).c_str(), O_RDONLY | O_CLOEXEC));
  return file && ::read(file.get(), &value, 1) == 1 && value == setting.value;
}

Ipv4 address_in(const sockaddr* raw) {
  sockaddr_in address{};
  std::memcpy(&address, raw, sizeof address);
  return {ntohl(address.sin_addr.s_addr)};
}

/// "ADDRESS/NETMASK" of each IPv4 address that the interface has.
Result<std::vector<std::string>> addresses_of(const std::string& interface) {
  ifaddrs* raw = nullptr;
  if (getifaddrs(&raw) != 0)
    return std::unexpected(Error{Code::network_failed,
                                 "cannot list the host's addresses",
                                 {{"reason", std::strerror(errno)}}});  // NOLINT(concurrency-mt-unsafe)
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(raw, freeifaddrs);
  std::vector<std::string> found;
  for (const auto* one = all.get(); one != nullptr; one = one->ifa_next)
    if (interface == one->ifa_name && one->ifa_addr != nullptr && one->ifa_addr->sa_family == AF_INET)
      found.push_back(address_in(one->ifa_addr).str() + "/" + address_in(one->ifa_netmask).str());
  return found;
}

}  // namespace

Bridge::Bridge(const UserId& user) : user_(user), link_(names::bridge(user)) {}

std::vector<UserId> Bridge::owners() {
  const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> all(if_nameindex(), if_freenameindex);
  std::vector<UserId> users;
  for (const auto* one = all.get(); one != nullptr && one->if_index != 0; ++one)
    if (const Link link(one->if_name); link.name().starts_with(names::bridge_prefix))
      if (const auto user = names::from_libvirt(link.alias())) users.emplace_back(*user);
  return users;
}

Result<Presence> Bridge::observe(const Subnet& subnet) const {
  using enum Presence::State;
  if (!exists()) return Presence{absent};
  const auto addresses = TRY(addresses_of(link_.name()));
  if (addresses != std::vector{subnet.gateway().str() + "/" + subnet.netmask().str()})
    return Presence{damaged, "the bridge " + link_.name() + " has not the address of " + subnet.str()};
  if (!hardened())
    return Presence{damaged, "IPv6 or foreign ARP answers are not switched off on the bridge " + link_.name()};
  return Presence{present};
}

bool Bridge::hardened() const {
  for (const auto& setting : settings)
    if (!is_missing(setting, link_.name()) && !is_set(setting, link_.name())) return false;
  return true;
}

Result<void> Bridge::harden() const {
  for (const auto& setting : settings)
    if (!is_missing(setting, link_.name())) TRY(write(setting, link_.name()));
  return link_.set_alias(names::network(user_));
}

}  // namespace berth
