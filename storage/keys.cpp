// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/keys.hpp"

#include <stdexcept>

#include "core/file.hpp"
#include "storage/erase.hpp"
#include "storage/folder.hpp"
#include "storage/ssh_host_key.hpp"
#include "storage/wrap.hpp"

namespace berth {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view user_suffix = ".key", volume_suffix = ".volume-key";

Error damaged(const fs::path& path, const char* reason) {
  return {
      Code::key_damaged,
      "a key file cannot be opened",
      {{"path", path.string()},
       {"reason", reason},
       {"next",
        "restore this file, and the keys above it, from the host's backup; without it the volumes it opens are lost"}}};
}

/// A key file's bytes, or nothing when there is none.
Result<std::optional<std::string>> contents(const fs::path& path) {
  std::error_code ignored;
  if (fs::symlink_status(path, ignored).type() == fs::file_type::not_found) return std::nullopt;
  auto text = read_file(path, key_file::longest);
  if (!text && fs::symlink_status(path, ignored).type() == fs::file_type::regular &&
      fs::file_size(path, ignored) > key_file::longest)
    return std::unexpected(damaged(path, "it is longer than a key file can be"));
  if (!text) return std::unexpected(std::move(text).error());
  return std::move(*text);
}

}  // namespace

Keys::Keys(fs::path folder, Secret host_key) : folder_(std::move(folder)), host_key_(std::move(host_key)) {
  if (host_key_.size() != key_size) throw std::logic_error("the host key has 32 bytes");
}

Result<void> Keys::prepare() {
  TRY(make_folder(folder_, 0700));
  TRY(finish_erasing(folder_));
  return sweep(folder_, [](std::string_view name) { return name.ends_with(".new"); });
}

fs::path Keys::user_path(const Id& user) const {
  return folder_ / (user.str() + std::string(user_suffix));
}
fs::path Keys::volume_path(const Id& volume) const {
  return folder_ / (volume.str() + std::string(volume_suffix));
}

Result<std::optional<Secret>> Keys::open_user_key(const UserId& user) const {
  const auto path = user_path(user);
  const auto file = TRY(contents(path));
  if (!file) return std::nullopt;
  auto key = key_file::open_user_key(*file, host_key_, user);
  if (!key) return std::unexpected(damaged(path, "its contents were changed, or it was made under another host key"));
  return key;
}

Result<Secret> Keys::user_key(const UserId& user) const {
  auto key = TRY(open_user_key(user));
  if (!key)
    return std::unexpected(Error{Code::not_found,
                                 "the user has no key on this host",
                                 {{"path", user_path(user).string()}, {"next", "apply the user's key first"}}});
  return std::move(*key);
}

Result<Presence> Keys::observe(const Spec& spec) {
  const std::lock_guard lock(mutex_);
  auto key = open_user_key(std::get<KeySpec>(spec).user);
  if (key) return Presence{*key ? Presence::State::present : Presence::State::absent};
  if (key.error().code == Code::key_damaged) return Presence{Presence::State::damaged, describe(key.error())};
  return std::unexpected(std::move(key).error());
}

Result<void> Keys::apply(const Spec& spec) {
  const std::lock_guard lock(mutex_);
  const auto& user = std::get<KeySpec>(spec).user;
  const auto before = TRY(open_user_key(user));
  if (before) return {};
  const auto key = Secret::random(key_size);
  return write_file(user_path(user), key_file::seal_user_key(key, host_key_, user), 0600);
}

Result<bool> Keys::needed(const UserId& user) const {
  const auto key = open_user_key(user);
  const auto volumes = TRY(volumes_that([&](const Id& volume, const std::string& file) {
    if (key_file::user_of(file) == user) return true;
    // The name of the owner may be what is damaged.
    return key && *key && key_file::open_volume_key(file, **key, VolumeId(volume), user).has_value();
  }));
  return !volumes.empty();
}

Result<void> Keys::remove(const Id& id) {
  const std::lock_guard lock(mutex_);
  const UserId user(id);
  if (TRY(needed(user)))
    return std::unexpected(Error{Code::wrong_state,
                                 "the user's key is needed by a volume on this host",
                                 {{"user", user.str()}, {"next", "remove the user's volumes first"}}});
  return erase_file(user_path(user));
}

Result<std::vector<Id>> Keys::list() {
  return ids_in(folder_, user_suffix);
}

Result<std::optional<Secret>> Keys::open_volume_key(const VolumeId& volume, const UserId& user) const {
  const auto path = volume_path(volume);
  const auto file = TRY(contents(path));
  if (!file) return std::nullopt;
  const auto above = TRY(user_key(user));
  auto key = key_file::open_volume_key(*file, above, volume, user);
  if (!key) return std::unexpected(damaged(path, "its contents were changed, or it belongs to another user"));
  return key;
}

Result<bool> Keys::make_volume_key(const VolumeId& volume, const key_file::Owner& owner) {
  const std::lock_guard lock(mutex_);
  const auto path = volume_path(volume);
  const auto before = TRY(open_volume_key(volume, owner.user));
  if (before) {
    const auto file = TRY(contents(path));
    if (file && key_file::image_of(*file) == owner.image) return false;
    return std::unexpected(
        Error{Code::already_exists, "the volume has a key already, for another image", {{"volume", volume.str()}}});
  }
  const auto above = TRY(user_key(owner.user));
  const auto key = Secret::random(key_size);
  TRY(write_file(path, key_file::seal_volume_key(key, above, volume, owner), 0600));
  return true;
}

Result<Presence> Keys::observe_volume_key(const VolumeId& volume, const UserId& user) {
  const std::lock_guard lock(mutex_);
  auto key = open_volume_key(volume, user);
  if (key) return Presence{*key ? Presence::State::present : Presence::State::absent};
  if (key.error().code == Code::key_damaged || key.error().code == Code::not_found)
    return Presence{Presence::State::damaged, describe(key.error())};
  return std::unexpected(std::move(key).error());
}

Result<Secret> Keys::volume_key(const VolumeId& volume, const UserId& user) {
  const std::lock_guard lock(mutex_);
  auto key = TRY(open_volume_key(volume, user));
  if (!key)
    return std::unexpected(
        Error{Code::not_found, "the volume has no key on this host", {{"path", volume_path(volume).string()}}});
  return std::move(*key);
}

Result<void> Keys::remove_volume_key(const VolumeId& volume) {
  const std::lock_guard lock(mutex_);
  return erase_file(volume_path(volume));
}

Result<std::vector<Id>> Keys::volume_keys() {
  return ids_in(folder_, volume_suffix);
}

Result<std::vector<Id>> Keys::volumes_that(const std::function<bool(const Id&, const std::string&)>& match) const {
  std::vector<Id> found;
  for (const auto& volume : TRY(ids_in(folder_, volume_suffix))) {
    // One that cannot be read says nothing of itself, like one that is damaged, and keeps nobody from the others.
    const auto file = contents(volume_path(volume)).value_or("");
    if (file && match(volume, *file)) found.push_back(volume);
  }
  return found;
}

Result<std::vector<Id>> Keys::volumes_over(const ImageId& image) {
  const std::lock_guard lock(mutex_);
  return volumes_that([&](const Id&, const std::string& file) {
    const auto over = key_file::image_of(file);
    return !over || *over == image;
  });
}

Result<ImageId> Keys::image_under(const VolumeId& volume) const {
  const auto path = volume_path(volume);
  const auto file = TRY(contents(path));
  const auto image = file ? key_file::image_of(*file) : std::nullopt;
  if (!image) return std::unexpected(damaged(path, "it does not say over which image the volume lies"));
  return *image;
}

Result<std::string> Keys::ssh_public_key(const VolumeId& volume, const UserId& user) {
  const auto key = TRY(volume_key(volume, user));
  return ssh_public_line(key);
}

Result<Secret> Keys::ssh_private_key(const VolumeId& volume, const UserId& user) {
  const auto key = TRY(volume_key(volume, user));
  return ssh_private_pem(key);
}

}  // namespace berth
