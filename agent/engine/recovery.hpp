// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace berth::agent {

/// How far the reconciliation at the start is.
struct Recovery {
  bool done = false;
  std::size_t sessions_total = 0, sessions_done = 0;
  std::string waiting_for;  ///< for a person, while it cannot go on: "the hypervisor manager: …"
};

/// Something on the host that bears Berth's mark and that the database does not know. Volumes, keys and images are
/// kept.
struct Unknown {
  std::string kind;  ///< a kind of resource, or "image"
  std::string id;
};

}  // namespace berth::agent
