// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace berth {

/// The host key, exactly 32 bytes, from the file `host-key` in the folder where systemd puts the unit's credentials.
/// A missing, short or long file is `key_damaged` and says how to get one.
Result<Secret> read_host_key(const std::filesystem::path& credentials);

/// The same from $CREDENTIALS_DIRECTORY.
Result<Secret> read_host_key();

}  // namespace berth
