// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"

/// What the gate and the API say to each other. No HTTP library is seen here.
namespace berth::agent {

/// Where a request is served.
enum class Lane {
  worker,  ///< by the workers that all share; the whole body is in memory
  stream,  ///< on a thread of its own, which may write for hours
  upload,  ///< on a thread of its own, which reads the body piece by piece
};

/// Who sent a request, as the kernel says (SO_PEERCRED).
struct Peer {
  uid_t uid = 0;
  pid_t pid = 0;
};

/// The body of an upload.
struct HttpBody {
  virtual ~HttpBody() = default;
  virtual std::uint64_t size() const = 0;
  /// The next bytes, at least one; 0 when the whole body was read. An error when the client went away, sends too
  /// slowly, or the daemon stops.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
};

/// Where bytes go to a client.
struct HttpSink {
  virtual ~HttpSink() = default;
  /// Takes all bytes, or says that the client is lost.
  virtual bool write(std::string_view bytes) = 0;
  /// Whether there is a sense in writing more: the client is there and the daemon does not stop.
  virtual bool open() = 0;
};

struct HttpRequest {
  std::string_view method;  ///< HEAD comes as GET; its answer's body is not sent
  std::string_view target;  ///< as it was sent, with its query
  std::string_view body{};
  HttpBody* upload = nullptr;  ///< in the upload lane only
  Peer peer{};
  std::function<std::string(const std::string& name)> header;  ///< empty when it was not sent
};

struct HttpAnswer {
  int status = 200;
  std::string body{};
  const char* type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::function<void(HttpSink&)> stream{};  ///< in the stream lane: writes the body until it returns
};

/// Serves requests, from many threads at once. Never throws.
struct HttpHandler {
  virtual ~HttpHandler() = default;
  virtual Lane lane(std::string_view method, std::string_view path) noexcept = 0;
  virtual HttpAnswer handle(HttpRequest& request) = 0;
  /// The answer to what never became a request, or was not let in.
  virtual HttpAnswer refuse(const Error& error) = 0;
};

}  // namespace berth::agent
