// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "core/id.hpp"

namespace berth::agent {

/// Sessions that are to be looked at, each with its time. A session is with one worker at most; when it is added
/// meanwhile it comes again afterwards.
class Queue {
 public:
  /// At once, or after a while; the earlier of two times holds.
  void add(const SessionId& session, std::chrono::milliseconds after = {});
  /// Waits for the next one that is due; nothing when the queue is closed. Give it back with `done`.
  std::optional<SessionId> take();
  void done(const SessionId& session);
  /// Ends every `take`, now and later.
  void close();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  using Waiting = std::map<SessionId, Moment>;
  Waiting::iterator first_free();

  std::mutex mutex_;
  std::condition_variable changed_;
  Waiting waiting_;
  std::set<SessionId> taken_;
  bool closed_ = false;
};

}  // namespace berth::agent
