// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace berth {

/// A LUKS1 header with one key slot, as it stands in front of encrypted data.
struct LuksHeader {
  std::vector<std::uint8_t> bytes;  ///< header and key slot 0: 254 KiB
  std::uint64_t area = 0;           ///< bytes that belong to the header, the unused slots with it (2 MiB less 28 KiB)
};

/// A volume's key in the form in which it opens LUKS: 64 lower-case hexadecimal digits, so that it can be given to any
/// tool.
Secret luks_passphrase(const Secret& key);

/// A fresh header by libcryptsetup, for AES-256 in XTS mode (plain64) with a random master key that nobody else ever
/// sees, opened by the passphrase. The passphrase is 256 random bits, so deriving a key slowly would buy nothing: 1000
/// iterations of PBKDF2, the least that LUKS takes, without the benchmark that costs QEMU seconds. It takes 16 ms
/// (measured), one at a time.
Result<LuksHeader> make_luks_header(const Secret& passphrase);

}  // namespace berth
