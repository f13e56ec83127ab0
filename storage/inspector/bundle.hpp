// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "storage/inspector/source.hpp"

namespace berth::inspector {

/// A bundle's members, as ranges of its file.
struct Bundle {
  Source kernel, initrd, cmdline, disk;
  bool disk_is_qcow2;
};

/// Reads an uncompressed tar (ustar, or GNU tar's own kind) that has the regular files `kernel`, `initrd`, `cmdline`
/// and one of `disk.raw` and `disk.qcow2`, each once, and nothing else. The disk's contents are not looked at. Written
/// out here because no library tells where in the file a member's bytes are, and the privileged side copies just these.
Checked<Bundle> read_bundle(const Source& file);

}  // namespace berth::inspector
