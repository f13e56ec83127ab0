// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/spec.hpp"

namespace berth::qcow2 {

inline constexpr Bytes cluster = 64 * 1024;

/// An encrypted, empty overlay.
struct Overlay {
  Bytes size = 0;              ///< what the guest sees; whole sectors, at most `most_disk`
  std::string backing_file;    ///< absolute path, at most 1023 bytes
  std::string backing_format;  ///< "raw" or "qcow2"
  Bytes luks_area = 0;         ///< bytes that belong to the LUKS header
};

/// The beginning of a fresh qcow2 file, version 3 (docs/interop/qcow2.txt in QEMU's sources): header, refcounts and L1
/// table, in whole clusters. The LUKS header belongs right behind it, in clusters that are counted already; no cluster
/// of data is allocated. It takes 256 KiB for a disk of up to 4 TiB. Throws std::invalid_argument when a limit above is
/// not kept.
std::vector<std::uint8_t> metadata(const Overlay& overlay);

/// The length of the whole file: what `metadata` gives and the LUKS area, in whole clusters.
Bytes file_length(const Overlay& overlay);

}  // namespace berth::qcow2
