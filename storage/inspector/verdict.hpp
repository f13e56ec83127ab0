// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

#include "storage/inspector/source.hpp"

namespace berth::inspector {

/// Examines a file that is said to be of this format ("qcow2", "raw", "bundle") and gives the verdict as one JSON
/// object:
///
///     {"verdict": "refused", "reason": …, "next": …}
///     {"verdict": "taken", "disk_format": "raw|qcow2", "virtual_size": N, "disk": {"offset": N, "size": N},
///      "kernel": {…}, "initrd": {…}, "cmdline": {…}}                       the last three for a bundle only
std::string verdict(const Source& file, std::string_view format, const Limits& limits);

}  // namespace berth::inspector
