// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "agent/http/message.hpp"
#include "core/error.hpp"

namespace berth::agent {

struct LaneLimits {
  std::size_t streams = 64;
  std::size_t streams_per_peer = 16;
  std::size_t uploads = 2;
  std::size_t uploads_per_peer = 1;
};

/// The threads of streams and uploads, each with its own, counted. For any number of threads.
class HttpLanes {
 public:
  explicit HttpLanes(LaneLimits limits) : limits_(limits) {}
  ~HttpLanes() { wait(); }
  HttpLanes(const HttpLanes&) = delete;

  /// Runs the job on a new thread; `too_many_connections` at a limit.
  Result<void> run(Lane lane, uid_t uid, std::function<void()> job);
  std::size_t running(Lane lane) const;
  /// Until all have ended; the caller has told them to, and starts no more.
  void wait();

 private:
  struct Running {
    Lane lane;
    uid_t uid;
    bool done = false;
    std::thread thread{};
  };
  Result<void> check(Lane lane, uid_t uid) const;
  void reap();

  const LaneLimits limits_;
  mutable std::mutex mutex_;
  std::list<Running> running_;
};

}  // namespace berth::agent
