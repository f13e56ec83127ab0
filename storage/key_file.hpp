// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.hpp"
#include "core/image_id.hpp"
#include "core/secret.hpp"

/// What is inside key files, format 1. Every wrapped key is bound to its purpose, the format, and whom it belongs to.
///
///     USER.key           "BERTHUK1"  wrapped key (72 bytes)
///     VOLUME.volume-key  "BERTHVK1"  user (26)  image (64)  wrapped key (72 bytes)
namespace berth::key_file {

/// Longest file of either kind.
inline constexpr std::size_t longest = 256;

std::vector<std::uint8_t> seal_user_key(const Secret& key, const Secret& host_key, const UserId& user);
/// The key, or nothing when the file is damaged, another user's, or made under another host key.
std::optional<Secret> open_user_key(std::string_view file, const Secret& host_key, const UserId& user);

/// Whose the volume is and what it lies over: readable without a key, authenticated when the key is opened.
struct Owner {
  UserId user;
  ImageId image;
};

std::vector<std::uint8_t> seal_volume_key(const Secret& key, const Secret& user_key, const VolumeId& volume,
                                          const Owner& owner);
/// What the file says about itself, or nothing when that cannot be read.
std::optional<UserId> user_of(std::string_view file);
std::optional<ImageId> image_of(std::string_view file);
/// The key, or nothing when the file is damaged, another volume's or user's, or made under another user key.
std::optional<Secret> open_volume_key(std::string_view file, const Secret& user_key, const VolumeId& volume,
                                      const UserId& user);

}  // namespace berth::key_file
