// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/key_file.hpp"

#include <fmt/format.h>

#include "storage/wrap.hpp"

namespace berth::key_file {
namespace {

constexpr std::string_view user_magic = "BERTHUK1", volume_magic = "BERTHVK1";
constexpr std::size_t image_at = volume_magic.size() + Id::text_length, image_length = 64;
constexpr std::size_t wrapped_at = image_at + image_length;
static_assert(wrapped_at + wrapped_size <= longest);

std::string user_binding(const UserId& user) {
  return fmt::format("berth user-key 1 {}", user.str());
}

std::string volume_binding(const VolumeId& volume, const UserId& user, std::string_view image) {
  return fmt::format("berth volume-key 1 {} {} {}", volume.str(), user.str(), image);
}

std::vector<std::uint8_t> joined(std::string_view head, const std::vector<std::uint8_t>& wrapped) {
  std::vector<std::uint8_t> file(head.begin(), head.end());
  file.insert(file.end(), wrapped.begin(), wrapped.end());
  return file;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool is_volume_key(std::string_view file) {
  return file.starts_with(volume_magic) && file.size() == wrapped_at + wrapped_size;
}

}  // namespace

std::vector<std::uint8_t> seal_user_key(const Secret& key, const Secret& host_key, const UserId& user) {
  return joined(user_magic, wrap(key, host_key, user_binding(user)));
}

std::optional<Secret> open_user_key(std::string_view file, const Secret& host_key, const UserId& user) {
  if (!file.starts_with(user_magic)) return std::nullopt;
  return unwrap(bytes_of(file.substr(user_magic.size())), host_key, user_binding(user));
}

std::vector<std::uint8_t> seal_volume_key(const Secret& key, const Secret& user_key, const VolumeId& volume,
                                          const Owner& owner) {
  const auto image = owner.image.str();
  return joined(fmt::format("{}{}{}", volume_magic, owner.user.str(), image),
                wrap(key, user_key, volume_binding(volume, owner.user, image)));
}

std::optional<UserId> user_of(std::string_view file) {
  if (!is_volume_key(file)) return std::nullopt;
  const auto user = UserId::parse(file.substr(volume_magic.size(), Id::text_length));
  return user ? std::optional(*user) : std::nullopt;
}

std::optional<ImageId> image_of(std::string_view file) {
  if (!is_volume_key(file)) return std::nullopt;
  const auto image = ImageId::parse(file.substr(image_at, image_length));
  return image ? std::optional(*image) : std::nullopt;
}

std::optional<Secret> open_volume_key(std::string_view file, const Secret& user_key, const VolumeId& volume,
                                      const UserId& user) {
  if (!is_volume_key(file)) return std::nullopt;
  return unwrap(bytes_of(file.substr(wrapped_at)), user_key,
                volume_binding(volume, user, file.substr(image_at, image_length)));
}

}  // namespace berth::key_file
