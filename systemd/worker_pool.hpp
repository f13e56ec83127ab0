// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace berth {

/// Runs jobs on a fixed number of threads, first come, first served.
class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads);
  /// Drops the jobs that have not begun and waits for those that have.
  ~WorkerPool();

  void add(std::function<void()> job);

 private:
  void work(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any more_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace berth
