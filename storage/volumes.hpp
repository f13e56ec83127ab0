// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <filesystem>
#include <mutex>
#include <vector>

#include "core/driver.hpp"
#include "storage/images.hpp"
#include "storage/keys.hpp"
#include "storage/secret_store.hpp"

namespace berth {

/// Machines' root disks: qcow2 overlays over images, LUKS inside, each with a key of its own. A volume is its key file,
/// its overlay, and its passphrase in libvirt, made in this order; the overlay appears under its name in one piece and
/// is never written again by this class.
class Volumes : public Driver {
 public:
  /// `folder` is .../volumes.
  Volumes(std::filesystem::path folder, Keys& keys, const Images& images, SecretStore& secrets)
      : folder_(std::move(folder)), keys_(keys), images_(images), secrets_(secrets) {}
  /// Makes the folder (0711, so that QEMU gets at what is its own) and removes what a crash left half written.
  Result<void> prepare();

  Kind kind() const noexcept override { return Kind::volume; }
  /// Damaged when one of the three is missing: an overlay without a passphrase in libvirt (libvirtd or the host was
  /// restarted) or without an overlay `apply` mends, an overlay without a key that opens nobody does.
  Result<Presence> observe(const Spec& spec) override;
  /// `not_found` without the image, `invalid_field` for a size below the image's, `key_damaged` for an overlay whose
  /// key is missing or does not open, `storage_full`, `libvirt_failed`.
  Result<void> apply(const Spec& spec) override;
  /// Destroys the data: after its key is erased, what is left of the overlay is noise.
  Result<void> remove(const Id& volume) override;
  Result<std::vector<Id>> list() override;

  /// The overlay, for the domain's disk; whether it is there or not. QEMU gets its passphrase from the libvirt secret
  /// with the UUID `VolumeId::uuid()`.
  std::filesystem::path file(const Id& volume) const;

 private:
  std::mutex& mutex_of(const Id& volume);
  Result<bool> has_file(const Id& volume) const;
  Result<void> make(const VolumeSpec& spec);
  Result<void> write_overlay(const VolumeSpec& spec, const Image& image);
  Result<void> load_key(const VolumeSpec& spec);
  Result<void> remove_files(const Id& volume);

  std::filesystem::path folder_;
  Keys& keys_;
  const Images& images_;
  SecretStore& secrets_;
  std::array<std::mutex, 16> mutexes_;  ///< a volume's calls exclude each other, most volumes' do not
};

}  // namespace berth
