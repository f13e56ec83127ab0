// SPDX-License-Identifier: LGPL-2.1-or-later
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "agent/http/gate.hpp"
#include "core/id.hpp"

using namespace berth;
using namespace berth::agent;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// A gate on a socket of its own, before a handler that says what it was asked.
class Served final : public HttpHandler {
 public:
  explicit Served(GateSettings settings = {}) {
    Fd listening(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto address = this->address();
    REQUIRE(bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listening.get(), 1024) == 0);
    gate_ = std::make_unique<HttpGate>(std::move(listening), *this, settings);
    gate_->start();
  }
  ~Served() override {
    gate_.reset();
    std::filesystem::remove(path_);
  }

  Lane lane(std::string_view, std::string_view path) noexcept override {
    return path == "/upload" ? Lane::upload : path == "/stream" || path == "/flood" ? Lane::stream : Lane::worker;
  }

  HttpAnswer handle(HttpRequest& request) override {
    ++handled;
    peer = request.peer;
    if (request.target == "/large") return {.body = std::string(1 << 20, 'x')};
    if (request.target == "/hang") hanging.get_future().wait();
    if (request.target == "/stream")
      return {.type = "text/event-stream", .stream = [this](HttpSink& sink) { stream(sink); }};
    if (request.target == "/flood")
      return {.type = "text/event-stream", .stream = [](HttpSink& sink) {
                while (sink.write(std::string(64 * 1024, 'x'))) continue;
              }};
    if (request.upload != nullptr) return upload(*request.upload);
    return {.body = std::string(request.method) + " " + std::string(request.target) + " " + std::string(request.body)};
  }

  HttpAnswer refuse(const Error& error) override {
    return {.status = http_status(error.code), .body = std::string(wire_name(error.code))};
  }

  Fd connected() const {
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = this->address();
    REQUIRE(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
  }

  HttpGate& gate() { return *gate_; }
  void stop() { gate_->stop(); }

  std::atomic<int> handled{0};
  std::atomic<bool> quiet{false};  ///< streams write nothing
  std::atomic<bool> upload_failed{false};
  std::atomic<Peer> peer;
  std::promise<void> hanging;  ///< keeps the worker that serves it

 private:
  void stream(HttpSink& sink) const {
    while (sink.open() && (quiet || sink.write("data: more\n\n"))) std::this_thread::sleep_for(10ms);
  }

  HttpAnswer upload(HttpBody& body) {
    std::array<char, 1000> bytes;
    std::uint64_t sum = 0;
    for (;;) {
      const auto got = body.read(bytes);
      if (!got) {
        upload_failed = true;
        return refuse(got.error());
      }
      if (*got == 0) return {.status = 201, .body = std::to_string(sum)};
      for (std::size_t i = 0; i < *got; ++i) sum += static_cast<unsigned char>(bytes[i]);
    }
  }

  sockaddr_un address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  const std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("berth-gate-" + Id::make().str());
  std::unique_ptr<HttpGate> gate_;
};

/// Sends what is taken; a connection that is cut meanwhile is what some tests wait for.
void say(const Fd& fd, std::string_view text) {
  while (!text.empty()) {
    const auto sent = send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// One answer: all up to the end of its body, or of the connection.
std::string answer(const Fd& fd, std::chrono::milliseconds within = 5s) {
  std::string text;
  std::array<char, 65536> bytes;
  const auto end = steady_clock::now() + within;
  while (steady_clock::now() < end) {
    pollfd one{fd.get(), POLLIN, 0};
    if (poll(&one, 1, 50) == 0) continue;
    const auto got = recv(fd.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(got));
    const auto head = text.find("\r\n\r\n");
    const auto length = text.find("Content-Length: ");
    if (head != std::string::npos && length < head && text.size() >= head + 4 + std::stoul(text.substr(length + 16)))
      return text;
  }
  FAIL("no whole answer came: " + text.substr(0, 200));
  return text;
}

bool closed(const Fd& fd, std::chrono::milliseconds within) {
  pollfd one{fd.get(), POLLIN, 0};
  char byte = 0;
  return poll(&one, 1, static_cast<int>(within.count())) > 0 && recv(fd.get(), &byte, 1, 0) <= 0;
}

std::string body_of(const std::string& answer) {
  return answer.substr(std::min(answer.size(), answer.find("\r\n\r\n") + 4));
}

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string post(const std::string& target, std::size_t length, const std::string& body) {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" + body;
}

GateSettings quick() {
  GateSettings settings;
  settings.request_within = 300ms;
  settings.keep_alive = 1s;
  settings.answers.patience = settings.uploads.patience = 500ms;
  return settings;
}

/// Others are served now, at once; who is starved waits for a deadline of seconds.
void check_serves(const Served& served) {
  const auto begun = steady_clock::now();
  const auto client = served.connected();
  say(client, get("/others"));
  CHECK(body_of(answer(client)) == "GET /others ");
  CHECK(steady_clock::now() - begun < 1s);
}

template <class Condition>
void await(const char* what, Condition condition) {
  INFO(what);
  const auto end = steady_clock::now() + 5s;
  while (!condition() && steady_clock::now() < end) std::this_thread::sleep_for(5ms);
  REQUIRE(condition());
}

}  // namespace

TEST_CASE("a connection serves one request after another") {
  Served served;
  const auto client = served.connected();
  for (int i = 0; i < 3; ++i) {
    say(client, post("/x", 4, "body"));
    const auto text = answer(client);
    CHECK(text.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK_FALSE(text.contains("Connection:"));
    CHECK(body_of(text) == "POST /x body");
  }
  CHECK(served.peer.load().uid == getuid());
  CHECK(served.peer.load().pid == getpid());
}

TEST_CASE("requests that are sent without waiting are answered in order") {
  Served served;
  const auto client = served.connected();
  say(client, get("/1") + post("/2", 2, "ab") + get("/3"));
  std::string all;
  std::array<char, 4096> bytes;
  while (!all.contains("GET /3")) {
    const auto got = recv(client.get(), bytes.data(), bytes.size(), 0);
    REQUIRE(got > 0);
    all.append(bytes.data(), static_cast<std::size_t>(got));
  }
  CHECK(all.find("GET /1") < all.find("POST /2 ab"));
  CHECK(all.find("POST /2 ab") < all.find("GET /3"));
}

TEST_CASE("a client that half closes still gets its answer") {
  Served served;
  const auto client = served.connected();
  say(client, get("/x"));
  REQUIRE(shutdown(client.get(), SHUT_WR) == 0);
  CHECK(body_of(answer(client)) == "GET /x ");
  CHECK(closed(client, 1s));
}

TEST_CASE("a client that wants to close is closed") {
  Served served;
  for (const char* request : {"GET / HTTP/1.1\r\nHost: a\r\nConnection: CLOSE\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    const auto client = served.connected();
    say(client, request);
    CHECK(answer(client).contains("Connection: close\r\n"));
    CHECK(closed(client, 1s));
  }
  const auto client = served.connected();
  say(client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(answer(client).contains("Connection: keep-alive\r\n"));
  CHECK_FALSE(closed(client, 100ms));
}

TEST_CASE("HEAD has the head of GET and no body") {
  Served served;
  const auto client = served.connected();
  say(client, "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::string text;
  std::array<char, 4096> bytes;
  for (ssize_t got = 0; (got = recv(client.get(), bytes.data(), bytes.size(), 0)) > 0;)
    text.append(bytes.data(), static_cast<std::size_t>(got));
  CHECK(text.contains("Content-Length: 7\r\n"));
  CHECK(text.ends_with("\r\n\r\n"));
}

TEST_CASE("whoever waits for 100 Continue is told to go on") {
  Served served;
  const auto client = served.connected();
  say(client, "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  std::array<char, 100> bytes;
  const auto got = recv(client.get(), bytes.data(), bytes.size(), 0);
  CHECK(std::string_view(bytes.data(), static_cast<std::size_t>(got)) == "HTTP/1.1 100 Continue\r\n\r\n");
  say(client, "body");
  CHECK(body_of(answer(client)) == "POST /x body");
}

TEST_CASE("what is no request gets a clear answer and the connection ends; the handler never sees it") {
  Served served;
  const std::string many = [] {
    std::string headers;
    for (int i = 0; i < 100'000; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
    return headers;
  }();
  const std::pair<std::string, int> wrong[] = {
      {"\r\n\r\n", 400},
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"\x16\x03\x01\x02\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\n" + many + "\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(4 << 20, 'y') + "\r\n\r\n", 413},
      {"GET /" + std::string(1 << 20, 'y') + " HTTP/1.1\r\n\r\n", 413},
      {post("/x", std::size_t{1} << 30, std::string(1 << 20, 'x')), 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\rInjected: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\nInjected: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
  };
  for (const auto& [text, status] : wrong) {
    INFO(text.substr(0, 80));
    const auto client = served.connected();
    std::jthread sending([&] { say(client, text); });
    CHECK(answer(client).starts_with("HTTP/1.1 " + std::to_string(status) + " "));
    CHECK(closed(client, 3s));
    sending.join();
    check_serves(served);
  }
  CHECK(served.handled == static_cast<int>(std::size(wrong)));  // the others' requests alone
}

TEST_CASE("who is refused in the middle of a body can send on for a moment and read why") {
  Served served;
  const auto client = served.connected();
  say(client, post("/x", std::size_t{1} << 30, "first"));
  await("the refusal", [&] {
    pollfd one{client.get(), POLLIN, 0};
    return poll(&one, 1, 0) > 0;
  });
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 8; ++i) {
    CHECK(send(client.get(), piece.data(), piece.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(piece.size()));
    std::this_thread::sleep_for(5ms);
  }
  CHECK(answer(client).starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a request that does not come in time is answered and cut, however it drips") {
  Served served(quick());
  const auto drip = served.connected();
  const auto begun = steady_clock::now();
  std::string text;
  for (std::size_t sent = 0; steady_clock::now() - begun < 4s; ++sent) {
    say(drip, get("/" + std::string(1000, 'a')).substr(sent, 1));
    pollfd one{drip.get(), POLLIN, 0};
    if (poll(&one, 1, 20) == 0) continue;
    text = answer(drip);
    break;
  }
  CHECK(text.starts_with("HTTP/1.1 408 "));
  CHECK(steady_clock::now() - begun < 3s);
  const auto slow_body = served.connected();
  say(slow_body, post("/x", 10, "part"));
  CHECK(answer(slow_body).starts_with("HTTP/1.1 408 "));
}

TEST_CASE("a connection that rests for too long is closed without a word") {
  Served served(quick());
  const auto fresh = served.connected(), used = served.connected();
  say(used, get("/x"));
  (void)answer(used);
  CHECK(closed(fresh, 2s));
  CHECK(closed(used, 3s));
}

TEST_CASE("idle and dripping connections keep nobody waiting") {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  const std::size_t count = GENERATE(64u, 1000u);
  Served served;
  std::vector<Fd> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(served.connected());
    say(clients.back(), "GET /");
  }
  for (int i = 0; i < 20; ++i) {
    for (const auto& client : clients) (void)send(client.get(), "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    check_serves(served);
  }
  CHECK(served.gate().counts().connections.open <= ConnectionLimits().per_peer);
}

TEST_CASE("a worker that hangs is noticed by who asks whether the gate is alive") {
  Served gate({.stuck_after = 200ms});
  const auto client = gate.connected();
  CHECK(gate.gate().alive());
  say(client, "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto until = [&](bool alive) {
    for (int i = 0; i < 1000 && gate.gate().alive() != alive; ++i) std::this_thread::sleep_for(10ms);
    return gate.gate().alive() == alive;
  };
  CHECK(until(false));
  gate.hanging.set_value();
  CHECK(until(true));
}

TEST_CASE("at a limit the oldest connection that has brought no request makes room") {
  auto settings = quick();
  settings.request_within = settings.keep_alive = 10s;
  settings.connections.per_peer = 3;
  Served served(settings);
  const auto idle = served.connected();
  say(idle, get("/idle"));
  (void)answer(idle);
  const auto half = served.connected();
  say(half, "GET /half");
  await("two connections", [&] { return served.gate().counts().connections.open == 2; });
  std::this_thread::sleep_for(20ms);
  const auto third = served.connected();
  say(third, get("/third"));
  (void)answer(third);
  const auto fourth = served.connected();
  say(fourth, get("/fourth"));
  CHECK(body_of(answer(fourth)) == "GET /fourth ");
  CHECK(closed(half, 1s));
  say(idle, get("/still"));
  CHECK(body_of(answer(idle)) == "GET /still ");
  CHECK(served.gate().counts().connections.dropped == 1);
}

TEST_CASE("half requests together hold no more memory than they may") {
  auto settings = quick();
  settings.request_within = 10s;
  settings.connections.held_bytes = 256 * 1024;
  Served served(settings);
  std::vector<Fd> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(served.connected());
    say(clients.back(), post("/x", 60'000, std::string(50'000, 'x')));
  }
  await("some are dropped", [&] { return served.gate().counts().connections.dropped >= 24; });
  check_serves(served);
}

TEST_CASE("a client that does not read its answer holds no worker") {
  auto settings = quick();
  settings.workers = 1;
  settings.answers.patience = 2s;
  Served served(settings);
  std::vector<Fd> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(served.connected());
    say(clients.back(), get("/large"));
  }
  check_serves(served);
  CHECK(body_of(answer(clients[0])).size() == 1 << 20);
  await("the others are cut", [&] { return served.gate().counts().connections.timed_out >= 7; });
}

TEST_CASE("a client that takes its answer a little at a time is cut all the same") {
  Served served(quick());
  const auto client = served.connected();
  say(client, get("/large"));
  std::array<char, 4096> bytes;
  const auto begun = steady_clock::now();
  while (served.gate().counts().connections.timed_out == 0 && steady_clock::now() - begun < 6s) {
    REQUIRE(recv(client.get(), bytes.data(), bytes.size(), 0) > 0);
    std::this_thread::sleep_for(40ms);  // 100 KB/s: the whole would take 10 s
  }
  CHECK(served.gate().counts().connections.timed_out == 1);
}

TEST_CASE("a stream that its client does not take is cut") {
  Served served(quick());
  const auto client = served.connected();
  say(client, get("/flood"));
  await("the stream", [&] { return served.gate().counts().streams == 1; });
  std::array<char, 100> bytes;
  const auto begun = steady_clock::now();
  while (served.gate().counts().streams == 1 && steady_clock::now() - begun < 5s) {
    (void)recv(client.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    std::this_thread::sleep_for(20ms);
  }
  CHECK(served.gate().counts().streams == 0);
}

TEST_CASE("streams run beside the workers, are counted, and end with the daemon") {
  auto settings = quick();
  settings.workers = 1;
  settings.lanes.streams_per_peer = 2;
  Served served(settings);
  const auto first = served.connected(), second = served.connected(), third = served.connected();
  for (const auto* client : {&first, &second}) {
    say(*client, get("/stream"));
    std::array<char, 4096> bytes;
    std::string text;
    while (!text.contains("data: more"))
      text.append(bytes.data(), static_cast<std::size_t>(recv(client->get(), bytes.data(), bytes.size(), 0)));
    CHECK(text.contains("Transfer-Encoding: chunked"));
    CHECK(text.contains("Content-Type: text/event-stream"));
  }
  say(third, get("/stream"));
  CHECK(answer(third).starts_with("HTTP/1.1 503 "));
  check_serves(served);
  CHECK(served.gate().counts().streams == 2);
  SECTION("a client that leaves ends its stream") {
    shutdown(first.get(), SHUT_RDWR);
    await("one stream", [&] { return served.gate().counts().streams == 1; });
  }
  SECTION("and so it does while there is nothing to write") {
    served.quiet = true;
    std::this_thread::sleep_for(50ms);
    shutdown(first.get(), SHUT_RDWR);
    await("one stream", [&] { return served.gate().counts().streams == 1; });
  }
  SECTION("a stop ends them with the last chunk") {
    served.stop();
    std::string text;
    std::array<char, 65536> bytes;
    for (ssize_t got = 0; (got = recv(second.get(), bytes.data(), bytes.size(), 0)) > 0;)
      text.append(bytes.data(), static_cast<std::size_t>(got));
    CHECK(text.ends_with("0\r\n\r\n"));
  }
}

TEST_CASE("an upload is read piece by piece beside the workers") {
  Served served(quick());
  const std::string body(3 << 20, '\1');
  const auto client = served.connected();
  SECTION("whole") {
    std::jthread sending([&] { say(client, post("/upload", body.size(), body)); });
    CHECK(body_of(answer(client)) == std::to_string(body.size()));
  }
  SECTION("a client that goes away in the middle is told from one that has ended") {
    say(client, post("/upload", body.size(), body.substr(0, 100'000)));
    shutdown(client.get(), SHUT_WR);
    CHECK(answer(client).starts_with("HTTP/1.1 409 "));
    CHECK(served.upload_failed);
  }
  SECTION("a stop breaks it off") {
    say(client, post("/upload", body.size(), body.substr(0, 100'000)));
    await("the upload", [&] { return served.gate().counts().uploads == 1; });
    served.stop();
    CHECK(served.upload_failed);
  }
  SECTION("one of a user at a time") {
    const auto second = served.connected();
    say(client, post("/upload", 10, "part"));
    await("the upload", [&] { return served.gate().counts().uploads == 1; });
    say(second, post("/upload", 10, "part"));
    CHECK(answer(second).starts_with("HTTP/1.1 503 "));
    check_serves(served);
  }
  SECTION("one that drips is cut, though it never rests") {
    say(client, post("/upload", body.size(), ""));
    const auto begun = steady_clock::now();
    while (!served.upload_failed && steady_clock::now() - begun < 5s) {
      say(client, "x");
      std::this_thread::sleep_for(5ms);
    }
    CHECK(answer(client).starts_with("HTTP/1.1 408 "));
  }
}
