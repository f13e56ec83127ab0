// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/fd.hpp"

namespace berth {

/// What a peer sent with one call.
struct Call {
  std::vector<std::string> arguments;  ///< as many as the method was declared with
  Fd file;                             ///< empty unless the method takes a descriptor; the handler may keep it
};
/// Runs on a worker thread, several at once. The text is the call's result. An exception that escapes is answered as
/// `internal`.
using Handler = std::function<Result<std::string>(Call&)>;

/// The bus of docs/CONTRACTS.md without a broker: peers connect to a unix socket and call methods of
/// org.berth.Hypervisor1. Only root and one more uid are served (SO_PEERCRED); any other connection is closed unread.
class BusServer {
 public:
  /// A peer beyond these is cut off, others are not disturbed.
  struct Limits {
    std::size_t connections = 16;
    std::size_t calls = 16;            ///< of one connection that are not answered yet
    std::size_t unread = 1024;         ///< messages that a peer has not fetched
    std::size_t message = 256 * 1024;  ///< bytes of all arguments of one call
    std::size_t workers = 16;          ///< threads that run handlers; more than the calls that the agent makes at once
  };

  /// Serves on a listening unix stream socket.
  BusServer(Fd listening, uid_t allowed, Limits limits);
  BusServer(Fd listening, uid_t allowed) : BusServer(std::move(listening), allowed, Limits{}) {}
  ~BusServer();

  /// Declares a method; before `run`. A call with another signature is refused without asking the handler. On the wire
  /// a descriptor comes first.
  void method(std::string name, std::size_t arguments, bool takes_file, Handler handler);

  /// Serves on the calling thread until `stop`; handlers that run by then are waited for.
  Result<void> run();
  /// From any thread.
  void stop();
  /// Sends a signal to every peer that subscribed. From any thread; lost when the server does not run.
  void emit(std::string signal, std::vector<std::string> arguments);
  /// Whether the serving thread takes work within this time: what a watchdog wants to know. From any other thread.
  bool responds(std::chrono::milliseconds within);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace berth
