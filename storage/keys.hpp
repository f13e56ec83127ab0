// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/driver.hpp"
#include "core/secret.hpp"
#include "storage/key_file.hpp"

namespace berth {

/// The users' keys, each wrapped by the host key, and the volumes' keys, each wrapped by its user's key; files in one
/// folder. As a driver it stands for the users' keys. A key file that is there is never written again: one that does
/// not open is `key_damaged`, naming the file, and stays for whoever can restore it.
class Keys : public Driver {
 public:
  /// `folder` is .../keys; `host_key` has 32 bytes (storage/host_key).
  Keys(std::filesystem::path folder, Secret host_key);
  /// Makes the folder (0700), removes what a crash left half written and erases what it left half erased. To be called
  /// once, before all else.
  Result<void> prepare();

  Kind kind() const noexcept override { return Kind::key; }
  Result<Presence> observe(const Spec& spec) override;
  Result<void> apply(const Spec& spec) override;
  /// Erases a user's key; refused (`wrong_state`) while a volume's key on this host needs it.
  Result<void> remove(const Id& user) override;
  Result<std::vector<Id>> list() override;

  /// Makes a random key for a volume of a user, whose own key must be there. True when it was made by this call; false
  /// when there was one before and it opens. `already_exists` when that one is for another image.
  Result<bool> make_volume_key(const VolumeId& volume, const key_file::Owner& owner);
  /// Present only when the key opens.
  Result<Presence> observe_volume_key(const VolumeId& volume, const UserId& user);
  /// 32 random bytes. `not_found` when there is none, `key_damaged` when it does not open.
  Result<Secret> volume_key(const VolumeId& volume, const UserId& user);
  /// Erases it: the volume cannot be read any more, by anybody. Absent is success.
  Result<void> remove_volume_key(const VolumeId& volume);
  /// Every volume that has a key here, whether it opens or not.
  Result<std::vector<Id>> volume_keys();
  /// Those of them that lie over this image, and those whose damaged key file no longer says over which.
  Result<std::vector<Id>> volumes_over(const ImageId& image);

  /// The image that a volume lies over, as its key file says; true if the key opens. `key_damaged` when it is not to be
  /// read.
  Result<ImageId> image_under(const VolumeId& volume) const;

  /// A machine's SSH host key, made from its volume's key (storage/ssh_host_key).
  Result<std::string> ssh_public_key(const VolumeId& volume, const UserId& user);
  Result<Secret> ssh_private_key(const VolumeId& volume, const UserId& user);

 private:
  std::filesystem::path user_path(const Id& user) const;
  std::filesystem::path volume_path(const Id& volume) const;
  Result<std::optional<Secret>> open_user_key(const UserId& user) const;
  Result<Secret> user_key(const UserId& user) const;
  Result<std::optional<Secret>> open_volume_key(const VolumeId& volume, const UserId& user) const;
  Result<bool> needed(const UserId& user) const;
  Result<std::vector<Id>> volumes_that(const std::function<bool(const Id&, const std::string&)>& match) const;

  std::filesystem::path folder_;
  Secret host_key_;
  std::mutex mutex_;  ///< so that nobody reads a key while it is made or erased
};

}  // namespace berth
