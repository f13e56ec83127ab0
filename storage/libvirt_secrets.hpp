// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvirt/handles.hpp"
#include "storage/secret_store.hpp"

namespace berth {

/// Volumes' passphrases as libvirt's secrets: ephemeral (gone with libvirtd, never on disk) and private (nobody reads
/// one back), with the UUID `VolumeId::uuid()`. What fails is `libvirt_failed`.
class LibvirtSecrets : public SecretStore {
 public:
  /// `connect` gives a connection that lives, a new one when libvirtd was restarted; it is asked at every call, and a
  /// second time when a connection turns out to be dead.
  explicit LibvirtSecrets(LibvirtProvider connect) : connect_(std::move(connect)) {}

  Result<void> put(const VolumeId& volume, const std::filesystem::path& file, const Secret& passphrase) override;
  Result<bool> has(const VolumeId& volume) override;
  Result<void> drop(const VolumeId& volume) override;

 private:
  template <class Call>
  auto on_connection(Call call) -> decltype(call(nullptr));

  LibvirtProvider connect_;
};

}  // namespace berth
