// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

#include "core/error.hpp"
#include "core/id.hpp"
#include "core/secret.hpp"

namespace berth {

/// Where QEMU gets volumes' keys from. The real one is libvirt (storage/libvirt_secrets); unit tests have one in
/// memory.
struct SecretStore {
  virtual ~SecretStore() = default;
  /// Keeps a volume's passphrase in memory, under the id's uuid() and bound to the volume's file. Again is no error.
  virtual Result<void> put(const VolumeId& volume, const std::filesystem::path& file, const Secret& passphrase) = 0;
  /// Whether `put` was done to its end since the store last started.
  virtual Result<bool> has(const VolumeId& volume) = 0;
  /// Absent is success; `wrong_state` when somebody else keeps a secret under that UUID.
  virtual Result<void> drop(const VolumeId& volume) = 0;
};

}  // namespace berth
