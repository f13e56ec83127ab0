// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/volumes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <ranges>
#include <set>

#include "core/file.hpp"
#include "storage/folder.hpp"
#include "storage/luks.hpp"
#include "storage/overlay_file.hpp"

namespace berth {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".qcow2";

Presence damaged(std::string detail) {
  return {Presence::State::damaged, std::move(detail)};
}

Result<void> check_size(const VolumeSpec& spec, const Image& image) {
  if (spec.size >= image.virtual_size) return {};
  return std::unexpected(
      Error{Code::invalid_field,
            "the disk is smaller than the image",
            {{"field", "disk_bytes"},
             {"reason", fmt::format("the image has {} bytes, {} were asked for", image.virtual_size, spec.size)},
             {"next", fmt::format("ask for {} bytes or more", (image.virtual_size + MiB - 1) / MiB * MiB)}}});
}

Error without_key(const fs::path& overlay, const Error& why) {
  return {Code::key_damaged,
          "a volume has no key that opens it",
          {{"path", overlay.string()},
           {"reason", describe(why)},
           {"next", "restore the key file from the host's backup, or terminate the session: its disk cannot be read"}}};
}

Error lost(const fs::path& overlay) {
  return {Code::storage_failed,
          "the volume's file is gone",
          {{"path", overlay.string()}, {"next", "restore the file from a backup, or terminate the session"}}};
}

}  // namespace

Result<void> Volumes::prepare() {
  TRY(make_folder(folder_, 0711));
  return sweep(folder_, [](std::string_view name) { return name.ends_with(".new"); });
}

fs::path Volumes::file(const Id& volume) const {
  return folder_ / (volume.str() + std::string(suffix));
}

std::mutex& Volumes::mutex_of(const Id& volume) {
  return mutexes_[std::hash<std::string>{}(volume.str()) % mutexes_.size()];
}

Result<bool> Volumes::has_file(const Id& volume) const {
  std::error_code fault;
  const auto status = fs::symlink_status(file(volume), fault);
  if (status.type() == fs::file_type::not_found) return false;
  if (fault) return std::unexpected(file_error("look at", file(volume), fault.value()));
  return true;
}

Result<Presence> Volumes::observe(const Spec& any) {
  const auto& spec = std::get<VolumeSpec>(any);
  const std::lock_guard lock(mutex_of(spec.id));
  const bool overlay = TRY(has_file(spec.id));
  const auto key = TRY(keys_.observe_volume_key(spec.id, spec.user));
  if (!overlay && key.state == Presence::State::absent) return Presence{};
  if (key.state == Presence::State::damaged) return damaged(key.detail);
  if (key.state == Presence::State::absent) return damaged("the overlay is there, its key is not");
  if (!overlay) return damaged("the key is there, its overlay is not");
  const bool loaded = TRY(secrets_.has(spec.id));
  if (!loaded) return damaged("the key is not loaded into libvirt");
  return Presence{Presence::State::present};
}

Result<void> Volumes::apply(const Spec& any) {
  const auto& spec = std::get<VolumeSpec>(any);
  const std::lock_guard lock(mutex_of(spec.id));
  const bool overlay = TRY(has_file(spec.id));
  if (!overlay && !spec.fresh) return std::unexpected(lost(file(spec.id)));
  if (!overlay) TRY(make(spec));
  return load_key(spec);
}

Result<void> Volumes::make(const VolumeSpec& spec) {
  const auto kept = images_.keep();
  const auto image = TRY(images_.find(spec.image));
  TRY(check_size(spec, image));
  const bool key_is_new = TRY(keys_.make_volume_key(spec.id, {spec.user, spec.image}));
  auto written = write_overlay(spec, image);
  if (!written && key_is_new)
    if (auto gone = keys_.remove_volume_key(spec.id); !gone)
      return std::unexpected(std::move(written).error().with("left", describe(gone.error())));
  return written;
}

Result<void> Volumes::write_overlay(const VolumeSpec& spec, const Image& image) {
  const auto key = TRY(keys_.volume_key(spec.id, spec.user));
  const auto header = TRY(make_luks_header(luks_passphrase(key)));
  return write_overlay_file(file(spec.id), spec.size, image, header);
}

Result<void> Volumes::load_key(const VolumeSpec& spec) {
  const auto key = keys_.volume_key(spec.id, spec.user);
  if (!key) return std::unexpected(without_key(file(spec.id), key.error()));
  return secrets_.put(spec.id, file(spec.id), luks_passphrase(*key));
}

Result<void> Volumes::remove_files(const Id& volume) {
  TRY(remove_file(file(volume).string() + ".new"));
  return remove_file(file(volume));
}

Result<void> Volumes::remove(const Id& id) {
  const VolumeId volume(id);
  const std::lock_guard lock(mutex_of(volume));
  std::vector<Error> left;
  for (const auto& step : std::initializer_list<std::function<Result<void>()>>{
           [&] { return secrets_.drop(volume); }, [&] { return keys_.remove_volume_key(volume); },
           [&] { return remove_files(volume); }})
    if (auto gone = step(); !gone) left.push_back(std::move(gone).error());
  if (left.empty()) return {};
  Error error = std::move(left.front());
  for (const auto& other : left | std::views::drop(1)) error.details.emplace_back("also", describe(other));
  return std::unexpected(std::move(error));
}

Result<std::vector<Id>> Volumes::list() {
  const auto overlays = TRY(ids_in(folder_, suffix));
  const auto keys = TRY(keys_.volume_keys());
  std::set<Id> all(overlays.begin(), overlays.end());
  all.insert(keys.begin(), keys.end());
  return std::vector<Id>(all.begin(), all.end());
}

}  // namespace berth
