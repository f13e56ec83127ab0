// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http/lanes.hpp"

#include <algorithm>
#include <system_error>

namespace berth::agent {
namespace {

Error full(const char* what, std::size_t limit) {
  return {Code::too_many_connections,
          what,
          {{"limit", std::to_string(limit)}, {"next", "wait for one to end, or close one"}}};
}

}  // namespace

void HttpLanes::wait() {
  for (auto& one : running_) one.thread.join();
  running_.clear();
}

std::size_t HttpLanes::running(Lane lane) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(running_, [&](const auto& one) { return one.lane == lane && !one.done; }));
}

Result<void> HttpLanes::check(Lane lane, uid_t uid) const {
  std::size_t all = 0, own = 0;
  for (const auto& one : running_) {
    all += one.lane == lane;
    own += one.lane == lane && one.uid == uid;
  }
  if (lane == Lane::upload && own >= limits_.uploads_per_peer)
    return std::unexpected(full("this user of the host has an upload under way", limits_.uploads_per_peer));
  if (lane == Lane::upload && all >= limits_.uploads)
    return std::unexpected(full("other uploads are under way", limits_.uploads));
  if (lane == Lane::stream && own >= limits_.streams_per_peer)
    return std::unexpected(full("this user of the host has too many event streams open", limits_.streams_per_peer));
  if (lane == Lane::stream && all >= limits_.streams)
    return std::unexpected(full("too many event streams are open", limits_.streams));
  return {};
}

void HttpLanes::reap() {
  std::erase_if(running_, [](auto& one) {
    if (one.done) one.thread.join();
    return one.done;
  });
}

Result<void> HttpLanes::run(Lane lane, uid_t uid, std::function<void()> job) {
  const std::scoped_lock lock(mutex_);
  reap();
  TRY(check(lane, uid));
  auto& one = running_.emplace_back(Running{lane, uid});
  try {
    one.thread = std::thread([this, &one, job = std::move(job)] {
      job();
      const std::scoped_lock done(mutex_);
      one.done = true;
    });
  } catch (const std::system_error& fault) {
    running_.pop_back();
    return std::unexpected(
        Error{Code::too_many_connections, "the host gives no more threads", {{"reason", fault.what()}}});
  }
  return {};
}

}  // namespace berth::agent
