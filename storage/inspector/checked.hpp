// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "core/error.hpp"  // for TRY alone; nothing of core is linked in here

namespace berth::inspector {

/// Why a file is not taken, and what its owner can do. Never quotes the file.
struct Refusal {
  std::string reason;
  std::string next;
};

template <class T>
using Checked = std::expected<T, Refusal>;

inline std::unexpected<Refusal> refuse(std::string reason, std::string next) {
  return std::unexpected(Refusal{std::move(reason), std::move(next)});
}

/// What the caller holds every disk to.
struct Limits {
  std::uint64_t most_virtual = 0;  ///< bytes
  std::uint64_t most_ratio = 0;    ///< virtual bytes for each byte of the file
  std::uint64_t ratio_floor = 0;   ///< up to this virtual size the ratio does not matter
};

}  // namespace berth::inspector
