// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace berth {

/// Calls methods of the hypervisor manager (docs/CONTRACTS.md). May be used from many threads: each call in flight has
/// a connection of its own, 12 at most; who comes later waits. Connects when first needed, and again when the other
/// side was restarted.
class BusClient {
 public:
  explicit BusClient(std::filesystem::path socket);
  ~BusClient();

  /// The method's result, or its error with code, message and details as the server made it. `hypervisor_unavailable`:
  /// nobody answers, or not within the deadline; the method may have been run all the same. `fd` is passed as a
  /// duplicate and stays the caller's.
  Result<std::string> call(const char* method, std::vector<std::string> arguments, std::chrono::milliseconds deadline,
                           int fd = -1);

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace berth
