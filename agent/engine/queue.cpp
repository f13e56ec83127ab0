// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/queue.hpp"

#include <algorithm>

namespace berth::agent {

using std::chrono::steady_clock;

void Queue::add(const SessionId& session, std::chrono::milliseconds after) {
  const std::lock_guard lock(mutex_);
  const auto moment = steady_clock::now() + after;
  auto& when = waiting_.try_emplace(session, moment).first->second;
  when = std::min(when, moment);
  changed_.notify_one();
}

std::optional<SessionId> Queue::take() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    const auto next = first_free();
    if (next == waiting_.end()) {
      changed_.wait(lock);
    } else if (next->second > steady_clock::now()) {
      changed_.wait_until(lock, Moment(next->second));
    } else {
      const auto session = next->first;
      waiting_.erase(next);
      taken_.insert(session);
      return session;
    }
  }
  return std::nullopt;
}

void Queue::done(const SessionId& session) {
  const std::lock_guard lock(mutex_);
  taken_.erase(session);
  changed_.notify_one();
}

void Queue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

Queue::Waiting::iterator Queue::first_free() {
  auto first = waiting_.end();
  for (auto each = waiting_.begin(); each != waiting_.end(); ++each)
    if (!taken_.contains(each->first) && (first == waiting_.end() || each->second < first->second)) first = each;
  return first;
}

}  // namespace berth::agent
