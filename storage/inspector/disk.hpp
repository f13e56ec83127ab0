// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "storage/inspector/source.hpp"

namespace berth::inspector {

/// The virtual size of a qcow2 image that depends on nothing outside itself: no backing file, data file, encryption,
/// snapshots or unknown features; every table and cluster that it names lies within the file.
Checked<std::uint64_t> check_qcow2(const Source& file, const Limits& limits);

/// The size of a raw disk: whole sectors with a partition table or a known file system, and not the beginning of a
/// format that some program would take it for.
Checked<std::uint64_t> check_raw(const Source& file, const Limits& limits);

}  // namespace berth::inspector
