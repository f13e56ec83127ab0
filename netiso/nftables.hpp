// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "core/error.hpp"

struct nft_ctx;

namespace berth {

/// The kernel's packet filter, spoken to in nft's own language. Make one a process, at its start: the library ends the
/// process when it cannot open its socket (libnftables 1.0.6). One thread at a time.
class Nftables {
 public:
  Nftables();
  ~Nftables();
  Nftables(const Nftables&) = delete;
  Nftables& operator=(const Nftables&) = delete;

  /// Runs commands, one a line, as one transaction: all or nothing. A `list` command stands alone (a second one would
  /// not find its table, libnftables 1.0.6) and is answered in JSON. `firewall_failed` has nft's own words.
  Result<std::string> run(const std::string& commands);

 private:
  nft_ctx* context_;
};

}  // namespace berth
