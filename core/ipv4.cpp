// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/ipv4.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace berth {

Result<Ipv4> Ipv4::parse(std::string_view text) {
  in_addr raw{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &raw) != 1 || text.find('\0') != std::string_view::npos)
    return std::unexpected(
        Error{Code::invalid_field, "not an IPv4 address", {{"value", std::string(text.substr(0, 64))}}});
  return Ipv4{ntohl(raw.s_addr)};
}

std::string Ipv4::str() const {
  return fmt::format("{}.{}.{}.{}", value >> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255);
}

Result<Subnet> Subnet::parse(std::string_view text) {
  const auto bad = [&](const char* why) {
    return std::unexpected(Error{Code::invalid_field, why, {{"value", std::string(text.substr(0, 64))}}});
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return bad("a subnet is ADDRESS/PREFIX, such as 10.66.0.0/16");
  Subnet subnet;
  subnet.base_ = TRY(Ipv4::parse(text.substr(0, slash)));
  const auto length = text.substr(slash + 1);
  const auto [end, fault] = std::from_chars(length.data(), length.data() + length.size(), subnet.prefix_);
  if (fault != std::errc{} || end != length.data() + length.size() || subnet.prefix_ < 8 || subnet.prefix_ > 30)
    return bad("a subnet's prefix is a number from 8 to 30");
  if ((subnet.base_.value & ~subnet.netmask().value) != 0)
    return bad("a subnet's address has no bits below its prefix");
  return subnet;
}

Subnet Subnet::block(unsigned prefix, std::uint32_t n) const {
  Subnet block;
  block.prefix_ = prefix;
  block.base_.value = base_.value + (n << (32 - prefix));
  return block;
}

std::string Subnet::str() const {
  return fmt::format("{}/{}", base_.str(), prefix_);
}

}  // namespace berth
