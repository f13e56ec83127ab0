// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "core/secret.hpp"

namespace berth {

/// A machine's Ed25519 SSH host key, derived from its volume's key (crypto_kdf of libsodium, context "ssh-host"): the
/// same for as long as the volume lives, stored nowhere.

/// "ssh-ed25519 AAAA…", without comment or newline.
std::string ssh_public_line(const Secret& volume_key);

/// The private key as OpenSSH keeps it in a file: PEM text of the format `openssh-key-v1` (PROTOCOL.key in OpenSSH's
/// sources), without passphrase, ending in a newline.
Secret ssh_private_pem(const Secret& volume_key);

}  // namespace berth
