// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "agent/http/connections.hpp"
#include "agent/http/lanes.hpp"

namespace berth::agent {

struct GateSettings {
  ConnectionLimits connections{};
  LaneLimits lanes{};
  unsigned workers = 4;
  std::uint64_t most_upload_bytes = std::uint64_t{64} << 30;
  std::chrono::milliseconds request_within{5'000};   ///< from the first byte of a request to its last
  std::chrono::milliseconds keep_alive{30'000};      ///< between two requests
  std::chrono::milliseconds written_within{10'000};  ///< for a client to take an answer
};

}  // namespace berth::agent
