// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/id.hpp"

namespace berth::agent {

/// Sessions that are to be looked at, each with its time. A session is with one worker at most; when it is added
/// meanwhile it comes again afterwards. An owner's sessions are with so many workers at most, so that guests which keep
/// workers waiting keep no other owner's sessions.
class Queue {
 public:
  using Owner = std::function<std::string(const SessionId&)>;
  /// `owner` is asked once while a session is waiting or taken, from the thread that adds it.
  Queue(Owner owner, std::size_t most_of_one) : owner_(std::move(owner)), most_of_one_(most_of_one) {}

  /// At once, or after a while; the earlier of two times holds.
  void add(const SessionId& session, std::chrono::milliseconds after = {});
  /// Waits for the next one that is due; nothing when the queue is closed. Give it back with `done`.
  std::optional<SessionId> take();
  void done(const SessionId& session);
  /// Ends every `take`, now and later.
  void close();

 private:
  using Due = std::chrono::steady_clock::time_point;
  struct Turn {
    Due when;
    std::string owner;
  };
  using Waiting = std::map<SessionId, Turn>;
  Waiting::iterator first_free();
  std::optional<std::string> known_owner(const SessionId& session);

  const Owner owner_;
  const std::size_t most_of_one_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Waiting waiting_;
  std::map<SessionId, std::string> taken_;  ///< and whose they are
  bool closed_ = false;
};

}  // namespace berth::agent
