// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/ipv4.hpp"

namespace berth {

/// A block of addresses of any size, from one to all: "10.0.0.5", "192.0.2.0/24".
class Block {
 public:
  /// Refused when the prefix is not within 0..32 or bits below it are set.
  static Result<Block> parse(std::string_view text);
  constexpr Block(Ipv4 base, unsigned prefix) : base_(base), prefix_(prefix) {}

  bool overlaps(const Block& other) const;
  bool contains(Ipv4 address) const { return overlaps({address, 32}); }
  /// Whether all of the subnet lies in this block.
  bool contains(const Subnet& subnet) const { return subnet.prefix() >= prefix_ && contains(subnet.base()); }
  std::string str() const;
  auto operator<=>(const Block&) const = default;

 private:
  Ipv4 base_;
  unsigned prefix_;
};

/// Where guests may send packets beyond the internet. What is always refused: private, link-local (cloud metadata),
/// shared, benchmark, loopback, multicast and reserved addresses (IANA's special-purpose registry, RFC 6890). The
/// documentation ranges are left open: nothing answers there, and tests let them play the internet.
struct GuestPolicy {
  /// Connections that a machine may hold if nobody says otherwise: a 64th of the 262,144 that the kernel tracks of all
  /// machines and the host together (its default with 4 GiB of memory or more, nf_conntrack_init_start).
  static constexpr unsigned usual_connections = 4096;

  std::vector<Block> blocked{};  ///< refused besides
  std::vector<Block> allowed{};  ///< let through before what is refused is looked at
  /// How many connections a machine may hold to others, and as many others to it.
  unsigned connections = usual_connections;
  /// As many of all machines of a user together.
  unsigned user_connections = 8 * usual_connections;

  /// From the two lists of the configuration, comma-separated, either may be empty. Nothing may be allowed that would
  /// open the host or a cloud's metadata: blocks that overlap 0/8, 127/8, 169.254/16 or 224/3 are refused.
  static Result<GuestPolicy> parse(std::string_view guest_blocked, std::string_view guest_allowed,
                                   unsigned connections = usual_connections);
};

/// The blocks that are refused always.
const std::vector<Block>& always_blocked();

}  // namespace berth
