// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/failure.hpp"

namespace berth::cli {

/// "qcow2", "raw" or "bundle": what was asked for, else by the file's ending, never by its contents.
Outcome<std::string> image_format(const std::filesystem::path& file, const std::optional<std::string>& asked);

}  // namespace berth::cli
