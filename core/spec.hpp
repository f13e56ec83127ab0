// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error.hpp"
#include "core/id.hpp"
#include "core/image_id.hpp"
#include "core/ipv4.hpp"
#include "core/ssh_key.hpp"

namespace berth {

/// The kinds of resource that make up a session, in the order of creation; removal runs in reverse. Key and network are
/// a user's and shared by that user's sessions; volume, firewall and domain are a machine's.
enum class Kind { key, volume, network, firewall, domain };
inline constexpr std::array kinds{Kind::key, Kind::volume, Kind::network, Kind::firewall, Kind::domain};
std::string_view name_of(Kind kind) noexcept;
Result<Kind> parse_kind(std::string_view name);

/// Bytes; whole mebibytes where a size of a disk or of memory is meant.
using Bytes = std::uint64_t;
inline constexpr Bytes MiB = Bytes{1} << 20;
inline constexpr Bytes GiB = Bytes{1} << 30;

/// Limits that the agent and, again, the hypervisor manager hold every spec to.
inline constexpr std::uint64_t most_cpus = 128;
inline constexpr Bytes least_memory = 64 * MiB, most_memory = 1024 * GiB;
inline constexpr Bytes least_disk = 64 * MiB, most_disk = 16 * 1024 * GiB;
inline constexpr std::size_t most_ssh_keys = 64;

/// A user's key, which wraps the keys of that user's volumes.
struct KeySpec {
  UserId user;
  bool operator==(const KeySpec&) const = default;
};

/// A machine's root disk: an encrypted overlay over an image.
struct VolumeSpec {
  VolumeId id;
  UserId user;
  ImageId image;
  Bytes size = 0;     ///< what the guest sees; at least the image's virtual size
  bool fresh = true;  ///< whether `apply` may make it; a volume that a machine has used is never made anew
  bool operator==(const VolumeSpec&) const = default;
};

/// A user's bridge with DHCP and DNS. Every address of the subnet has its fixed MAC (names::mac), so the network never
/// changes while machines come and go.
struct NetworkSpec {
  UserId user;
  Subnet subnet;
  bool operator==(const NetworkSpec&) const = default;
};

/// What lets one machine through the firewall.
struct FirewallSpec {
  MachineId machine;
  UserId user;
  Ipv4 address;                ///< from the user's subnet
  std::uint16_t ssh_port = 0;  ///< port of the host that is forwarded to the machine's port 22
  bool operator==(const FirewallSpec&) const = default;
};

/// A running machine. There is a domain exactly while the machine runs: stopping removes it, starting applies it again.
struct DomainSpec {
  MachineId machine;
  UserId user;
  VolumeId volume;
  ImageId image;
  std::string hostname;
  std::uint32_t cpus = 1;
  Bytes memory = 0;
  Ipv4 address;
  std::vector<SshKey> ssh_keys;  ///< for root, on the machine's first boot; later changes go through the guest agent
  bool operator==(const DomainSpec&) const = default;
};

using Spec = std::variant<KeySpec, VolumeSpec, NetworkSpec, FirewallSpec, DomainSpec>;

Kind kind_of(const Spec& spec) noexcept;
/// What `Driver::remove` and `Driver::list` speak of: the user of a key or network, the volume, the machine.
Id id_of(const Spec& spec) noexcept;

/// Specs cross the bus as JSON text, read back strictly.
std::string spec_to_json(const Spec& spec);
Result<Spec> parse_spec(Kind kind, std::string_view json);

}  // namespace berth
