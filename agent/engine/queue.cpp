// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/queue.hpp"

#include <algorithm>

namespace berth::agent {

using std::chrono::steady_clock;

void Queue::add(const SessionId& session, std::chrono::milliseconds after) {
  const auto moment = steady_clock::now() + after;
  auto owner = known_owner(session);
  if (!owner) owner = owner_(session);  // not under the lock: it may take a while
  const std::lock_guard lock(mutex_);
  auto& when = waiting_.try_emplace(session, Turn{moment, *owner}).first->second.when;
  when = std::min(when, moment);
  changed_.notify_one();
}

std::optional<SessionId> Queue::take() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    const auto next = first_free();
    if (next == waiting_.end()) {
      changed_.wait(lock);
    } else if (next->second.when > steady_clock::now()) {
      changed_.wait_until(lock, Due(next->second.when));
    } else {
      const auto session = next->first;
      taken_.emplace(session, std::move(next->second.owner));
      waiting_.erase(next);
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
  std::map<std::string_view, std::size_t> held;
  for (const auto& [session, owner] : taken_) ++held[owner];
  const auto is_free = [&](const auto& each) {
    return !taken_.contains(each.first) && held[each.second.owner] < most_of_one_;
  };
  auto first = waiting_.end();
  for (auto each = waiting_.begin(); each != waiting_.end(); ++each)
    if (is_free(*each) && (first == waiting_.end() || each->second.when < first->second.when)) first = each;
  return first;
}

std::optional<std::string> Queue::known_owner(const SessionId& session) {
  const std::lock_guard lock(mutex_);
  if (const auto waiting = waiting_.find(session); waiting != waiting_.end()) return waiting->second.owner;
  if (const auto taken = taken_.find(session); taken != taken_.end()) return taken->second;
  return std::nullopt;
}

}  // namespace berth::agent
