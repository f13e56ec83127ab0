// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/failure.hpp"

namespace berth::cli {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// One call of the API. Path segments and query values are plain text, encoded on the way.
struct Request {
  std::string method;             ///< GET, POST or DELETE
  std::vector<std::string> path;  ///< below /api/v1: {"sessions", ID}
  Pairs query{};
  std::optional<nlohmann::json> body{};
  Pairs headers{};
  bool repeatable = true;  ///< whether it may be sent again when the connection broke
  bool waits = true;       ///< whether an agent that is still starting is waited for
};

/// A file to send as a request's body.
struct Upload {
  int fd = -1;
  std::uint64_t size = 0;
  std::function<void(std::uint64_t sent)> sent;
};

/// The agent's HTTP API over its unix socket. A connection a call. An agent that is still starting is waited for, for
/// `start_patience` at most.
class Api {
 public:
  /// How long a broken connection is tried again: an agent that is restarted is back within seconds.
  static constexpr std::chrono::seconds patience{60};
  static constexpr std::chrono::seconds start_patience{30};
  static constexpr std::chrono::milliseconds pause_between_tries{250};

  /// Told again and again why a call waits, and with nullptr when it no longer does.
  using Waiting = std::function<void(const Failure* why)>;

  explicit Api(
      std::filesystem::path socket, Waiting waiting = [](const Failure*) {})
      : socket_(std::move(socket)), waiting_(std::move(waiting)) {}

  /// The answer's JSON, null where it has no body. A repeatable request whose connection broke is sent again until the
  /// agent has answered, for `patience` at most; one that never reached an agent fails at once. A DELETE that finds
  /// nothing when it is sent again has done its work the first time: its answer is null.
  Outcome<nlohmann::json> call(const Request& request) const;

  /// POST with a file as the body.
  Outcome<nlohmann::json> upload(const Request& request, const Upload& file) const;

  /// Hands over the bytes of a stream as they come, until it ends, breaks, stays silent for `silence` (both
  /// `Contact::lost`), or `take` returns false.
  Outcome<void> stream(const Request& request, const std::function<bool(std::string_view)>& take,
                       std::chrono::seconds silence) const;

  const std::filesystem::path& socket() const { return socket_; }

 private:
  Outcome<nlohmann::json> call_once(const Request& request) const;
  Outcome<nlohmann::json> upload_once(const Request& request, const Upload& file) const;
  Outcome<void> stream_once(const Request& request, const std::function<bool(std::string_view)>& take,
                            std::chrono::seconds silence) const;
  template <class Attempt>
  auto patiently(const Request& request, Attempt attempt) const -> decltype(attempt());

  std::filesystem::path socket_;
  Waiting waiting_;
};

/// Whether another try may succeed by itself: the agent is away or not done starting.
bool may_pass(const Failure& failure);

/// Why no connection to that socket is possible, and what to do about it.
Failure unreachable(const std::filesystem::path& socket);

}  // namespace berth::cli
