// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace berth::cli {

/// The word that was probably meant: one that begins with what was typed, or one few edits away from it (letters
/// missing, too many, wrong, or swapped with their neighbour; one edit for every three letters).
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words);

}  // namespace berth::cli
