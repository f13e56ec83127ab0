// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/http/exchange.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>

#include "systemd/journal.hpp"

namespace berth::agent {
namespace {

/// The head comes from memory, the answer goes to the client's sink.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string_view head, HttpSink& client) : head_(head), client_(client) {}

  bool is_readable() const override { return !head_.empty(); }
  bool wait_readable() const override { return !head_.empty(); }
  bool wait_writable() const override { return true; }
  ssize_t read(char* into, size_t size) override {
    const auto taken = head_.copy(into, size);
    head_.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* bytes, size_t size) override {
    return client_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const override { return 0; }

 private:
  std::string_view head_;
  HttpSink& client_;
};

/// The body of a stream, in the chunks of HTTP/1.1.
class ChunkSink final : public HttpSink {
 public:
  ChunkSink(httplib::DataSink& chunks, HttpSink& client) : chunks_(chunks), client_(client) {}
  bool write(std::string_view bytes) override { return chunks_.write(bytes.data(), bytes.size()); }
  bool open() override { return client_.open(); }

 private:
  httplib::DataSink& chunks_;
  HttpSink& client_;
};

}  // namespace

class HttpExchange::Server : private httplib::Server {
 public:
  explicit Server(HttpHandler& handler) : handler_(handler) {
    svr_sock_ =
        0;  // never used as a descriptor; without one the library takes itself for stopped and writes no streams
    set_pre_routing_handler([this](const auto& request, auto& response) {
      answer(request, response);
      return HandlerResponse::Handled;
    });
    set_error_handler([this](const httplib::Request&, httplib::Response& response) {
      if (!answered_)
        fill(response, handler_.refuse({Code::malformed_request, "the request's headers cannot be read"}));
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([this](const auto&, auto& response) { say_what_becomes_of_the_connection(response); });
  }

  bool serve(const Input& input, HttpSink& client) {
    input_ = &input;
    client_ = &client;
    answered_ = false;
    kept_ = input.keep && input.head.keep_alive;
    MemoryStream stream(input.text, client);
    bool closed = false;
    const bool written = process_request(stream, "", 0, "", 0, false, closed, [](httplib::Request& request) {
      request.body_consumed_ = true;  // the body is with us
      request.ranges.clear();         // nothing here is served in parts
    });
    return written && kept_;
  }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    const std::string_view method = input_->head.method;
    HttpRequest ours{
        .method = method == "HEAD" ? "GET" : method,
        .target = input_->head.target,
        .body = input_->body,
        .upload = input_->upload,
        .peer = input_->peer,
        .header = [&request](const std::string& name) { return request.get_header_value(name); },
    };
    auto answer = handler_.handle(ours);
    answered_ = true;
    if (answer.stream)
      stream(request, response, std::move(answer));
    else
      fill(response, std::move(answer));
  }

  static void fill(httplib::Response& response, HttpAnswer&& answer) {
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    if (!answer.body.empty()) response.set_content(std::move(answer.body), answer.type);
  }

  void stream(const httplib::Request& request, httplib::Response& response, HttpAnswer&& answer) {
    const auto write = [this, body = std::move(answer.stream)](std::size_t, httplib::DataSink& sink) {
      ChunkSink chunks(sink, *client_);
      try {
        body(chunks);
      } catch (const std::exception& bug) {  // the client sees a stream that was broken off
        journal::write(journal::Priority::error, "A stream was broken off by a bug", {{"BERTH_REASON", bug.what()}});
        return false;
      }
      sink.done();
      return true;
    };
    kept_ = false;
    const char* type = answer.type;
    fill(response, std::move(answer));
    if (request.version == "HTTP/1.1")
      response.set_chunked_content_provider(type, write);
    else
      response.set_content_provider(type, write);
  }

  /// The library closes after every error, which would let a client that asks for what is not there cost a connection a
  /// request; it also promises a keep-alive that is the gate's to give.
  void say_what_becomes_of_the_connection(httplib::Response& response) {
    kept_ = kept_ && answered_;
    response.headers.erase("Keep-Alive");
    response.headers.erase("Connection");
    if (!kept_)
      response.set_header("Connection", "close");
    else if (input_->text.contains(" HTTP/1.0\r\n"))
      response.set_header("Connection", "keep-alive");
  }

  HttpHandler& handler_;
  const Input* input_ = nullptr;
  HttpSink* client_ = nullptr;
  bool answered_ = false;
  bool kept_ = true;
};

HttpExchange::HttpExchange(HttpHandler& handler) : server_(std::make_unique<Server>(handler)) {}
HttpExchange::~HttpExchange() = default;
bool HttpExchange::serve(const Input& input, HttpSink& client) {
  return server_->serve(input, client);
}

std::string closing_answer(const HttpAnswer& answer) {
  auto text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n",
                          answer.status, httplib::status_message(answer.status), answer.type, answer.body.size());
  for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\r\n", name, value);
  return text + "\r\n" + answer.body;
}

}  // namespace berth::agent
