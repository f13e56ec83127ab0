// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/http/intake.hpp"
#include "agent/http/message.hpp"
#include "core/fd.hpp"

namespace berth::agent {

/// One client's connection, with what has arrived and what has not left yet. Whoever has claimed it has it alone.
struct HttpConnection {
  std::uint64_t key = 0;  ///< names it for as long as it lives, and no other after it; what epoll carries
  Fd socket{};
  Peer peer{};
  HttpIntake intake{};
  bool begun = false;         ///< a part of a request is here, and its deadline runs
  std::string output{};       ///< the rest of an answer that the client has not taken yet
  bool owing = false;         ///< there is such a rest, and its deadline runs
  bool last = false;          ///< nothing more is served behind that output
  bool finished = false;      ///< the last answer has left; what still arrives is thrown away
  std::size_t discarded = 0;  ///< bytes thrown away so
};

/// What a connection that nobody has claimed waits for. Where there are too many, they are given up in this order.
enum class Waiting { to_finish, for_request, for_reader, between_requests };

struct ConnectionLimits {
  std::size_t total = 1024;
  std::size_t per_peer = 512;
  std::size_t held_bytes = 16 * 1024 * 1024;  ///< in the buffers of all that wait
};

/// How many connections there are, and what became of others since the start.
struct ConnectionCounts {
  std::size_t open = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  ///< at a limit, with nothing to give up for them
  std::uint64_t dropped = 0;  ///< given up for others
  std::uint64_t timed_out = 0;
};

/// All connections of a gate. For any number of threads. A connection is either claimed by one thread or waits in
/// epoll, armed for one event; epoll is told here, under the same lock that guards who owns what.
class HttpConnections {
 public:
  using Due = std::chrono::steady_clock::time_point;

  /// `epoll` stays the caller's.
  HttpConnections(ConnectionLimits limits, int epoll);

  /// Takes a new connection in, to wait for its first request. At a limit the most dispensable connection of the
  /// greediest peer is closed for it; where there is none, gives the socket back.
  std::optional<Fd> admit(Fd socket, Peer peer, Due deadline);

  /// The connection, for the caller alone; nullptr when it is gone or claimed.
  HttpConnection* claim(std::uint64_t key);
  /// Claims all whose deadline has passed.
  std::vector<std::pair<HttpConnection*, Waiting>> claim_late(Due now);
  /// Gives a claimed connection back to epoll; the caller must not touch it any more. Without a deadline the one it had
  /// before holds on.
  void wait(HttpConnection& connection, Waiting what, std::optional<Due> deadline);
  /// Closes a claimed connection.
  void close(HttpConnection& connection);

  ConnectionCounts counts() const;

 private:
  struct Slot {
    std::uint32_t generation = 0;
    std::unique_ptr<HttpConnection> connection;
    bool claimed = false;
    Waiting waiting = Waiting::for_request;
    Due since, deadline;
    std::size_t held = 0;  // as of its last wait

    bool free() const { return connection == nullptr; }
    bool idle() const { return connection != nullptr && !claimed; }
  };
  using Weight = std::function<std::size_t(const Slot&)>;

  Slot* waiting_slot(std::uint64_t key);
  void arm(const Slot& slot, int operation) const;
  void hold(Slot& slot, std::size_t bytes);
  void clear(Slot& slot);
  bool has_room_for(uid_t uid);
  std::map<uid_t, std::size_t> weigh(const Weight& weight) const;
  bool drop_one(uid_t uid, const Weight& weight);
  void drop_held();

  const ConnectionLimits limits_;
  const int epoll_;
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t held_ = 0;
  ConnectionCounts counts_;
};

}  // namespace berth::agent
