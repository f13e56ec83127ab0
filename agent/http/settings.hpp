// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "agent/http/connections.hpp"
#include "agent/http/lanes.hpp"
#include "agent/http/pace.hpp"
#include "agent/pulse.hpp"

namespace berth::agent {

struct GateSettings {
  ConnectionLimits connections{};
  LaneLimits lanes{};
  unsigned workers = 4;
  std::uint64_t most_upload_bytes = std::uint64_t{64} << 30;
  std::chrono::milliseconds request_within{5'000};  ///< from the first byte of a request to its last
  std::chrono::milliseconds keep_alive{30'000};     ///< between two requests
  Pace answers{std::chrono::seconds(10)};           ///< of a client that takes an answer, or a piece of a stream
  /// Of a client that sends an upload; the hypervisor manager is waited for an hour in all (BusHost::import_image).
  Pace uploads{std::chrono::seconds(30), 1024, std::chrono::minutes(50)};
  std::chrono::milliseconds stuck_after = longest_silence;  ///< a worker that serves without an end
};

}  // namespace berth::agent
