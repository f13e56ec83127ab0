// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>

namespace berth {
namespace {

constexpr Ipv4 ip(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0) {
  return {a << 24 | b << 16 | c << 8};
}

constexpr std::uint32_t mask(unsigned prefix) {
  return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
}

/// What no configuration may allow: the host itself, metadata services, multicast and reserved addresses.
const std::vector<Block> never_allowed{{ip(0, 0), 8}, {ip(127, 0), 8}, {ip(169, 254), 16}, {ip(224, 0), 3}};

Result<std::vector<Block>> parse_list(std::string_view list, std::string_view key) {
  std::vector<Block> blocks;
  for (const auto& part : list | std::views::split(',')) {
    std::string_view text(part.begin(), part.end());
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    auto block = Block::parse(text);
    if (!block) return std::unexpected(std::move(block).error().with("key", std::string(key)));
    blocks.push_back(*block);
  }
  return blocks;
}

}  // namespace

Result<Block> Block::parse(std::string_view text) {
  const auto bad = [&](const char* why) {
    return std::unexpected(Error{Code::invalid_field, why, {{"value", std::string(text.substr(0, 64))}}});
  };
  const auto slash = text.find('/');
  Block block(TRY(Ipv4::parse(text.substr(0, slash))), 32);
  if (slash != std::string_view::npos) {
    const auto length = text.substr(slash + 1);
    const auto [end, fault] = std::from_chars(length.data(), length.data() + length.size(), block.prefix_);
    if (fault != std::errc{} || end != length.data() + length.size() || block.prefix_ > 32)
      return bad("a block's prefix is a number from 0 to 32, such as 192.0.2.0/24");
  }
  if ((block.base_.value & ~mask(block.prefix_)) != 0) return bad("a block's address has no bits below its prefix");
  return block;
}

bool Block::overlaps(const Block& other) const {
  const auto common = mask(std::min(prefix_, other.prefix_));
  return (base_.value & common) == (other.base_.value & common);
}

std::string Block::str() const {
  return fmt::format("{}/{}", base_.str(), prefix_);
}

Result<GuestPolicy> GuestPolicy::parse(std::string_view guest_blocked, std::string_view guest_allowed,
                                       unsigned connections) {
  GuestPolicy policy{TRY(parse_list(guest_blocked, "guest_blocked")), TRY(parse_list(guest_allowed, "guest_allowed")),
                     connections};
  for (const auto& block : policy.allowed)
    for (const auto& never : never_allowed)
      if (block.overlaps(never))
        return std::unexpected(Error{Code::invalid_field,
                                     "guests may never reach " + never.str() + "; name a smaller block",
                                     {{"key", "guest_allowed"}, {"value", block.str()}}});
  return policy;
}

const std::vector<Block>& always_blocked() {
  static const std::vector<Block> blocks{
      {ip(0, 0), 8},        // this network
      {ip(10, 0), 8},       // private
      {ip(100, 64), 10},    // shared between providers and customers
      {ip(127, 0), 8},      // loopback
      {ip(169, 254), 16},   // link-local: metadata services
      {ip(172, 16), 12},    // private
      {ip(192, 0, 0), 24},  // protocol assignments
      {ip(192, 168), 16},   // private
      {ip(198, 18), 15},    // benchmarks
      {ip(224, 0), 4},      // multicast
      {ip(240, 0), 4},      // reserved, and broadcast
  };
  return blocks;
}

}  // namespace berth
