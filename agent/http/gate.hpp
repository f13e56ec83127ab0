// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "agent/http/connections.hpp"
#include "agent/http/lanes.hpp"
#include "agent/http/message.hpp"
#include "agent/http/service.hpp"
#include "agent/http/settings.hpp"
#include "core/fd.hpp"

namespace berth::agent {

struct GateCounts {
  ConnectionCounts connections;
  std::size_t streams = 0, uploads = 0;
};

/// What strangers meet first: takes connections from a unix socket and lets only whole, well-formed requests of bounded
/// size through to the handler. A connection costs a thread only while a request of its own is served, so that idle and
/// dripping clients keep nobody waiting (docs/adr/0007-a-gate-before-the-http-library.md). A keeper thread accepts and
/// watches the deadlines; the workers share one epoll, and whoever reads the end of a request serves it.
class HttpGate {
 public:
  /// `listening` is a unix stream socket; `handler` outlives the gate.
  HttpGate(Fd listening, HttpHandler& handler, GateSettings settings);
  /// Stops.
  ~HttpGate();
  HttpGate(const HttpGate&) = delete;

  void start();
  /// Answers what is being served, ends streams, breaks uploads off, and returns when no handler runs any more.
  void stop();

  GateCounts counts() const;
  /// Whether keeper and workers make progress; what a watchdog wants to know.
  bool alive() const;

 private:
  void keep();
  void accept_all();
  void admit(Fd socket);
  void end_late();
  void work();

  HttpHandler& handler_;
  const GateSettings settings_;
  Fd listening_, epoll_, stop_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::chrono::steady_clock::rep> beat_{0};
  const SystemClock clock_;
  Pulse workers_;
  HttpConnections connections_;
  HttpLanes lanes_;
  HttpService service_;
  std::vector<std::jthread> threads_;
};

}  // namespace berth::agent
