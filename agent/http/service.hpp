// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>

#include "agent/http/connections.hpp"
#include "agent/http/exchange.hpp"
#include "agent/http/lanes.hpp"
#include "agent/http/settings.hpp"

namespace berth::agent {

/// What is done with a connection by the thread that has claimed it; in the end the connection waits again, is closed,
/// or has a thread of its own. For any number of threads.
class HttpService {
 public:
  /// Refers to all; they outlive it.
  HttpService(HttpHandler& handler, const GateSettings& settings, HttpConnections& connections, HttpLanes& lanes,
              const std::atomic<bool>& stopping);

  /// Serves what is here, and reads on for as long as there is more at once. `exchange` is the thread's own.
  void turn(HttpConnection& connection, HttpExchange& exchange);
  /// Answers with an error and ends the connection.
  void refuse(HttpConnection& connection, const Error& error);

 private:
  enum class Got { bytes, nothing, end };
  static Got receive(HttpConnection& connection);
  bool serve(HttpConnection& connection, HttpExchange& exchange);
  void hand_over(HttpConnection& connection);
  void serve_alone(HttpConnection& connection);
  void await_more(HttpConnection& connection);
  void await_reader(HttpConnection& connection);
  bool flush(HttpConnection& connection);
  void finish(HttpConnection& connection);
  void discard(HttpConnection& connection);

  HttpHandler& handler_;
  const GateSettings& settings_;
  HttpConnections& connections_;
  HttpLanes& lanes_;
  const std::atomic<bool>& stopping_;
  const HttpIntake::LaneOf lane_of_;
};

}  // namespace berth::agent
