// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace berth {

/// One IPv4 address, in host byte order.
struct Ipv4 {
  std::uint32_t value = 0;
  static Result<Ipv4> parse(std::string_view text);
  std::string str() const;
  auto operator<=>(const Ipv4&) const = default;
};

/// A block of addresses; the bits below the prefix are zero.
class Subnet {
 public:
  Subnet() = default;
  /// "10.66.0.0/27"; refused when bits below the prefix are set or the prefix is not within 8..30.
  static Result<Subnet> parse(std::string_view text);

  Ipv4 base() const { return base_; }
  unsigned prefix() const { return prefix_; }
  Ipv4 netmask() const { return {~std::uint32_t{0} << (32 - prefix_)}; }
  /// The host's own address on the user's bridge: gateway, DHCP and DNS server.
  Ipv4 gateway() const { return {base_.value + 1}; }
  /// Addresses that machines may have: all but the network's, the gateway's and the broadcast address.
  std::uint32_t machines() const { return (std::uint32_t{1} << (32 - prefix_)) - 3; }
  /// The nth machine's address, counted from 0.
  Ipv4 machine(std::uint32_t n) const { return {base_.value + 2 + n}; }
  bool contains(Ipv4 address) const { return (address.value & netmask().value) == base_.value; }
  /// Whether a machine may have this address.
  bool is_machine(Ipv4 address) const {
    return contains(address) && address.value >= machine(0).value && address.value < machine(machines()).value;
  }
  /// The nth block of that prefix within this one, and how many there are.
  Subnet block(unsigned prefix, std::uint32_t n) const;
  std::uint32_t blocks(unsigned prefix) const { return prefix < prefix_ ? 0 : std::uint32_t{1} << (prefix - prefix_); }
  std::string str() const;
  auto operator<=>(const Subnet&) const = default;

 private:
  Ipv4 base_;
  unsigned prefix_ = 30;
};

}  // namespace berth
