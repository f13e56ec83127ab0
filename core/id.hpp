// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace berth {

/// 128 bits in the layout of a ULID: 48 bits of milliseconds since 1970, then 80 random bits from the kernel. Sorts by
/// time of making, cannot be guessed. Text: 26 digits of Crockford's base 32, lower case.
class Id {
 public:
  static constexpr std::size_t text_length = 26;

  static Id make();
  /// Takes the canonical text alone: 26 lower-case digits, none of i, l, o, u, at most 128 bits.
  static Result<Id> parse(std::string_view text);

  std::string str() const;
  /// The same 128 bits in the form that libvirt and LUKS take: 8-4-4-4-12 hexadecimal digits.
  std::string uuid() const;

  auto operator<=>(const Id&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// Ids of different things must not be mixed up.
template <class Tag>
struct TypedId : Id {
  TypedId() = default;
  explicit TypedId(const Id& id) : Id(id) {}
  static TypedId make() { return TypedId(Id::make()); }
  static Result<TypedId> parse(std::string_view text) {
    auto id = Id::parse(text);
    if (!id) return std::unexpected(std::move(id).error());
    return TypedId(*id);
  }
};

using UserId = TypedId<struct UserTag>;
using SessionId = TypedId<struct SessionTag>;
using MachineId = TypedId<struct MachineTag>;
using VolumeId = TypedId<struct VolumeTag>;
using OperationId = TypedId<struct OperationTag>;

}  // namespace berth
