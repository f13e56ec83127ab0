// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "systemd/bus_server.hpp"
#include "systemd/bus_wire.hpp"

namespace berth::bus {

struct Method {
  std::size_t arguments = 0;
  bool takes_file = false;
  Handler handler;

  std::string signature() const { return std::string(takes_file ? "h" : "") + std::string(arguments, 's'); }
};
using Methods = std::map<std::string, Method, std::less<>>;

/// One connection to the server: reads calls, holds them until they are answered. On the serving thread alone.
class Peer {
 public:
  struct Callbacks {
    /// A sound call: run the handler elsewhere, then `answer` with this number.
    std::function<void(std::uint64_t number, const Handler& handler, Call call)> called;
    /// The connection is of no use any more; `why` is empty when the peer just left. Comes once, from within a callback
    /// of sd-bus, so destroy the peer later.
    std::function<void(const std::string& why)> ended;
  };

  /// Takes the connection over and serves it with the event loop.
  static Result<std::unique_ptr<Peer>> serve(Fd connection, sd_event* loop, const Methods& methods,
                                             const BusServer::Limits& limits, Callbacks callbacks);

  void answer(std::uint64_t number, const Result<std::string>& result);
  void signal(const std::string& name, const std::vector<std::string>& arguments);

 private:
  Peer(const Methods& methods, const BusServer::Limits& limits, Callbacks callbacks)
      : methods_(methods), limits_(limits), callbacks_(std::move(callbacks)) {}
  static int on_message(sd_bus_message* message, void* self, sd_bus_error* error);
  int receive(sd_bus_message* message);
  void begin(sd_bus_message* message, const Method& method);
  Result<Call> read(sd_bus_message* message, const Method& method) const;
  void end(const std::string& why);

  const Methods& methods_;
  const BusServer::Limits& limits_;
  Callbacks callbacks_;
  std::map<std::uint64_t, MessagePtr> calls_;
  std::uint64_t last_ = 0;
  bool subscribed_ = false;
  bool ended_ = false;
  BusPtr bus_;  // last: it goes before what its callbacks use
};

}  // namespace berth::bus
