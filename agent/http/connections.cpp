// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http/connections.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <ranges>

namespace berth::agent {
namespace {

/// Of two connections the one to give up: by what they wait for, then by age.
bool more_dispensable(const auto& a, const auto& b) {
  return std::pair(a.waiting, a.since) < std::pair(b.waiting, b.since);
}

}  // namespace

HttpConnections::HttpConnections(ConnectionLimits limits, int epoll)
    : limits_(limits), epoll_(epoll), slots_(limits.total) {
  for (auto i = static_cast<std::uint32_t>(limits.total); i-- > 0;) free_.push_back(i);
}

std::optional<Fd> HttpConnections::admit(Fd socket, Peer peer, Due deadline) {
  const std::scoped_lock lock(mutex_);
  if (!has_room_for(peer.uid)) {
    ++counts_.refused;
    return socket;
  }
  const auto index = free_.back();
  free_.pop_back();
  auto& slot = slots_[index];
  ++slot.generation;
  slot.connection = std::make_unique<HttpConnection>();
  slot.connection->key = (std::uint64_t{slot.generation} << 32) | index;
  slot.connection->socket = std::move(socket);
  slot.connection->peer = peer;
  slot.claimed = false;
  slot.waiting = Waiting::for_request;
  slot.since = std::chrono::steady_clock::now();
  slot.deadline = deadline;
  ++counts_.accepted;
  ++counts_.open;
  arm(slot, EPOLL_CTL_ADD);
  return std::nullopt;
}

HttpConnections::Slot* HttpConnections::waiting_slot(std::uint64_t key) {
  auto& slot = slots_[static_cast<std::uint32_t>(key)];
  return slot.idle() && slot.connection->key == key ? &slot : nullptr;
}

HttpConnection* HttpConnections::claim(std::uint64_t key) {
  const std::scoped_lock lock(mutex_);
  auto* slot = waiting_slot(key);
  if (slot == nullptr) return nullptr;
  slot->claimed = true;
  return slot->connection.get();
}

std::vector<std::pair<HttpConnection*, Waiting>> HttpConnections::claim_late(Due now) {
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<HttpConnection*, Waiting>> late;
  for (auto& slot : slots_) {
    if (!slot.idle() || slot.deadline > now) continue;
    slot.claimed = true;
    ++counts_.timed_out;
    late.emplace_back(slot.connection.get(), slot.waiting);
  }
  return late;
}

void HttpConnections::wait(HttpConnection& connection, Waiting what, std::optional<Due> deadline) {
  const std::scoped_lock lock(mutex_);
  auto& slot = slots_[static_cast<std::uint32_t>(connection.key)];
  slot.claimed = false;
  slot.waiting = what;
  if (deadline) {
    slot.since = std::chrono::steady_clock::now();
    slot.deadline = *deadline;
  }
  hold(slot, connection.intake.held() + connection.output.capacity());
  arm(slot, EPOLL_CTL_MOD);
  drop_held();
}

void HttpConnections::close(HttpConnection& connection) {
  const std::scoped_lock lock(mutex_);
  clear(slots_[static_cast<std::uint32_t>(connection.key)]);
}

ConnectionCounts HttpConnections::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void HttpConnections::arm(const Slot& slot, int operation) const {
  epoll_event event{};
  event.events = EPOLLONESHOT | (slot.waiting == Waiting::for_reader ? EPOLLOUT : EPOLLIN | EPOLLRDHUP);
  event.data.u64 = slot.connection->key;
  (void)epoll_ctl(epoll_, operation, slot.connection->socket.get(), &event);
}

void HttpConnections::hold(Slot& slot, std::size_t bytes) {
  held_ += bytes - slot.held;
  slot.held = bytes;
}

void HttpConnections::clear(Slot& slot) {
  hold(slot, 0);
  slot.connection.reset();
  slot.claimed = false;
  free_.push_back(static_cast<std::uint32_t>(&slot - slots_.data()));
  --counts_.open;
}

std::map<uid_t, std::size_t> HttpConnections::weigh(const Weight& weight) const {
  std::map<uid_t, std::size_t> sums;
  for (const auto& slot : slots_)
    if (!slot.free()) sums[slot.connection->peer.uid] += weight(slot);
  return sums;
}

bool HttpConnections::drop_one(uid_t uid, const Weight& weight) {
  Slot* chosen = nullptr;
  for (auto& slot : slots_)
    if (slot.idle() && slot.connection->peer.uid == uid && weight(slot) > 0 &&
        (chosen == nullptr || more_dispensable(slot, *chosen)))
      chosen = &slot;
  if (chosen == nullptr) return false;
  ++counts_.dropped;
  clear(*chosen);
  return true;
}

bool HttpConnections::has_room_for(uid_t uid) {
  const Weight one = [](const Slot&) { return 1; };
  if (counts_.open < std::min(limits_.total, limits_.per_peer)) return true;
  const auto open = weigh(one);
  const auto own = open.find(uid);
  if (own != open.end() && own->second >= limits_.per_peer) return drop_one(uid, one);
  if (counts_.open < limits_.total) return true;
  return drop_one(std::ranges::max_element(open, {}, [](const auto& peer) { return peer.second; })->first, one);
}

void HttpConnections::drop_held() {
  const Weight bytes = [](const Slot& slot) { return slot.held; };
  while (held_ > limits_.held_bytes) {
    const auto sums = weigh(bytes);
    const auto most = std::ranges::max_element(sums, {}, [](const auto& peer) { return peer.second; });
    if (most == sums.end() || !drop_one(most->first, bytes)) return;
  }
}

}  // namespace berth::agent
