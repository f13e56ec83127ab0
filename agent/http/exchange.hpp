// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string_view>

#include "agent/http/head.hpp"
#include "agent/http/message.hpp"

namespace berth::agent {

/// Serves whole requests, one at a time, through cpp-httplib, which never sees a socket: it parses the head that the
/// gate has checked, and writes the answer. One for each thread that serves.
class HttpExchange {
 public:
  /// `handler` outlives it.
  explicit HttpExchange(HttpHandler& handler);
  ~HttpExchange();

  struct Input {
    const HttpHead& head;
    std::string_view text;  ///< of the head, its empty line included
    std::string_view body;
    HttpBody* upload = nullptr;
    Peer peer{};
    bool keep = true;  ///< whether the server would keep the connection
  };
  /// Writes the answer; whether the connection is good for another request after it.
  bool serve(const Input& input, HttpSink& client);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

/// The same answer for a request that never reached an exchange; the connection ends with it.
std::string closing_answer(const HttpAnswer& answer);

}  // namespace berth::agent
