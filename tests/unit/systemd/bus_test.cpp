// SPDX-License-Identifier: LGPL-2.1-or-later
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstring>
#include <latch>
#include <mutex>
#include <optional>
#include <thread>

#include "core/file.hpp"
#include "systemd/bus_client.hpp"
#include "systemd/bus_server.hpp"
#include "systemd/bus_signals.hpp"
#include "systemd/listen_fds.hpp"

using namespace berth;
using namespace std::chrono_literals;

namespace {

struct Folder {
  std::string path = "/tmp/berth-bus-XXXXXX";
  Folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string socket() const { return path + "/bus"; }
};

std::string own_group() {
  const auto gid = getgid();
  return gid == 0 ? "root" : getgrgid(gid)->gr_name;
}

/// A server with a few methods that a test may ask for, on a thread of its own.
class Served {
 public:
  explicit Served(const std::string& socket, BusServer::Limits limits = {}, uid_t allowed = getuid())
      : server_(std::move(listen_on(socket, own_group()).value()), allowed, limits) {
    server_.method("Join", 2, false, [](Call& call) { return call.arguments[0] + call.arguments[1]; });
    server_.method("Fail", 0, false, [](Call&) -> Result<std::string> {
      return std::unexpected(
          Error{Code::storage_full, "the disk is full", {{"volume", "v1"}, {"reason", "\xff bytes"}}});
    });
    server_.method("Throw", 0, false, [](Call&) -> Result<std::string> { throw std::runtime_error("a bug"); });
    server_.method("Read", 1, true, [](Call& call) -> Result<std::string> {
      std::string text(64, '\0');
      text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(call.file.get(), text.data(), text.size()))));
      return text + call.arguments[0];
    });
    server_.method("Wait", 0, false, [this](Call&) -> Result<std::string> {
      ++waiting;
      std::unique_lock lock(mutex_);
      released_.wait(lock, [&] { return go_; });
      return "waited";
    });
    server_.method("Bytes", 0, false, [](Call&) -> Result<std::string> { return "\xff\xfe"; });
    thread_ = std::jthread([this] { server_.run().value(); });  // an assertion belongs to the test's thread
  }
  ~Served() {
    release();
    server_.stop();
  }
  void release() {
    const std::scoped_lock lock(mutex_);
    go_ = true;
    released_.notify_all();
  }
  BusServer& operator*() { return server_; }
  BusServer* operator->() { return &server_; }

  std::atomic<int> waiting = 0;

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  bool go_ = false;
  BusServer server_;
  std::jthread thread_;
};

/// Collects what a listener hears.
struct Heard {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> lines;

  void add(std::string line) {
    const std::scoped_lock lock(mutex);
    lines.push_back(std::move(line));
    changed.notify_all();
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 10s, [&] { return lines.size() >= count; });
  }
  BusSignals::Callbacks callbacks() {
    return {[this] { add("connected"); }, [this] { add("disconnected"); },
            [this](const std::string& name, const std::vector<std::string>& words) {
              std::string line = name;
              for (const auto& word : words) line += " " + word;
              add(line);
            }};
  }
};

int raw_connection(const std::string& socket_path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, socket_path.c_str());
  const timeval patience{5, 0};
  REQUIRE(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

}  // namespace

TEST_CASE("a call comes back with the method's text") {
  const Folder folder;
  const Served server(folder.socket());
  BusClient client(folder.socket());
  CHECK(client.call("Join", {"a ", "b \xc3\xa4"}, 5s).value() == "a b \xc3\xa4");
  CHECK(client.call("Join", {std::string(200'000, 'x'), ""}, 5s).value().size() == 200'000);
}

TEST_CASE("an error keeps its code, message and details over the bus") {
  const Folder folder;
  const Served server(folder.socket());
  BusClient client(folder.socket());
  const auto failed = client.call("Fail", {}, 5s);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Code::storage_full);
  CHECK(failed.error().message == "the disk is full");
  CHECK(failed.error().details ==
        std::vector<std::pair<std::string, std::string>>{{"reason", "\xef\xbf\xbd bytes"}, {"volume", "v1"}});
  CHECK(client.call("Throw", {}, 5s).error().code == Code::internal);
  CHECK(client.call("Bytes", {}, 5s).error().code == Code::internal);
  CHECK(client.call("Join", {"still ", "there"}, 5s).value() == "still there");
}

TEST_CASE("a call that does not fit its method is refused") {
  const Folder folder;
  const Served server(folder.socket());
  BusClient client(folder.socket());
  CHECK(client.call("Join", {"one", "two", "three"}, 5s).error().code == Code::malformed_request);
  CHECK(client.call("Join", {"one"}, 5s).error().code == Code::malformed_request);
  CHECK(client.call("Read", {"no descriptor"}, 5s).error().code == Code::malformed_request);
  CHECK(client.call("Join", {"a"}, 5s, 0).error().code == Code::malformed_request);
  CHECK(client.call("Nothing", {}, 5s).error().code == Code::internal);
}

TEST_CASE("a descriptor passes, and the caller keeps its own") {
  const Folder folder;
  const Served server(folder.socket());
  BusClient client(folder.socket());
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const Fd reading(ends[0]), writing(ends[1]);
  REQUIRE(write(writing.get(), "hello", 5) == 5);
  CHECK(client.call("Read", {"!"}, 5s, reading.get()).value() == "hello!");
  REQUIRE(write(writing.get(), "again", 5) == 5);
  CHECK(client.call("Read", {"!"}, 5s, reading.get()).value() == "again!");
}

TEST_CASE("many threads call at once") {
  const Folder folder;
  const Served server(folder.socket());
  BusClient client(folder.socket());
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 24; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const auto text = client.call("Join", {std::to_string(t), "."}, 10s);
          if (text && *text == std::to_string(t) + ".") ++right;
        }
      });
  }
  CHECK(right == 24 * 50);
}

TEST_CASE("a call that takes too long is given up, and the next one works") {
  const Folder folder;
  Served server(folder.socket());
  BusClient client(folder.socket());
  CHECK(client.call("Wait", {}, 50ms).error().code == Code::hypervisor_unavailable);
  CHECK(client.call("Join", {"next", ""}, 5s).value() == "next");
}

TEST_CASE("a client outlives the server") {
  const Folder folder;
  BusClient client(folder.socket());
  CHECK(client.call("Join", {"a", "b"}, 1s).error().code == Code::hypervisor_unavailable);
  for (int life = 0; life < 3; ++life) {
    const Served server(folder.socket());
    CHECK(client.call("Join", {"a", "b"}, 5s).value() == "ab");
    CHECK(client.call("Join", {"c", "d"}, 5s).value() == "cd");
  }
  CHECK(client.call("Join", {"a", "b"}, 1s).error().code == Code::hypervisor_unavailable);
}

TEST_CASE("who is neither root nor the agent is cut off") {
  if (getuid() != 0) return;  // only root can be refused as somebody else
  const Folder folder;
  REQUIRE(chmod(folder.path.c_str(), 0755) == 0);
  const Served server(folder.socket(), {}, 12345);
  REQUIRE(chmod(folder.socket().c_str(), 0666) == 0);
  BusClient client(folder.socket());
  CHECK(client.call("Join", {"root", ""}, 5s).value() == "root");
  for (const uid_t uid : {12345U, 12346U}) {
    const pid_t child = fork();
    if (child == 0) {
      if (setuid(uid) != 0) _exit(9);
      BusClient other(folder.socket());
      _exit(other.call("Join", {"a", "b"}, 5s) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == (uid == 12345 ? 0 : 1));
  }
}

TEST_CASE("connections beyond the limit are closed, those within go on") {
  const Folder folder;
  const Served server(folder.socket(), {.connections = 3});
  BusClient client(folder.socket());
  CHECK(client.call("Join", {"a", "b"}, 5s).value() == "ab");
  std::vector<Fd> held;
  for (int i = 0; i < 4; ++i) held.emplace_back(raw_connection(folder.socket()));
  char byte = 0;
  CHECK(recv(held[2].get(), &byte, 1, 0) == 0);
  CHECK(recv(held[3].get(), &byte, 1, 0) == 0);
  CHECK(client.call("Join", {"a", "b"}, 5s).value() == "ab");
  CHECK(recv(held[0].get(), &byte, 1, MSG_DONTWAIT) == -1);
}

TEST_CASE("a call beyond the size is cut off, others are served") {
  const Folder folder;
  const Served server(folder.socket());
  BusClient client(folder.socket()), other(folder.socket());
  CHECK(client.call("Join", {std::string(300'000, 'x'), ""}, 5s).error().code == Code::hypervisor_unavailable);
  CHECK(other.call("Join", {"a", "b"}, 5s).value() == "ab");
  CHECK(client.call("Join", {"a", "b"}, 5s).value() == "ab");
}

TEST_CASE("a slow handler does not hold up the others") {
  const Folder folder;
  Served server(folder.socket());
  BusClient client(folder.socket());
  std::vector<std::jthread> slow;
  std::atomic<int> waited = 0;
  for (int i = 0; i < 4; ++i)
    slow.emplace_back([&] {
      if (client.call("Wait", {}, 20s) == "waited") ++waited;
    });
  CHECK(client.call("Join", {"a", "b"}, 5s).value() == "ab");
  CHECK(server->responds(5s));
  server.release();
  slow.clear();
  CHECK(waited == 4);
}

TEST_CASE("signals reach every listener in order, also after a restart") {
  const Folder folder;
  Heard one, two;
  const BusSignals first(folder.socket(), one.callbacks()), second(folder.socket(), two.callbacks());
  REQUIRE(one.wait_for(1));
  REQUIRE(two.wait_for(1));
  for (std::size_t life = 0; life < 2; ++life) {
    Served server(folder.socket());
    REQUIRE(one.wait_for(2 + life * 5));
    REQUIRE(two.wait_for(2 + life * 5));
    for (int i = 0; i < 3; ++i) server->emit("Lifecycle", {"m1", std::to_string(i)});
    REQUIRE(one.wait_for(5 + life * 5));
    REQUIRE(two.wait_for(5 + life * 5));
  }
  REQUIRE(one.wait_for(11));
  REQUIRE(two.wait_for(11));
  CHECK(one.lines == two.lines);
  CHECK(one.lines == std::vector<std::string>{"disconnected", "connected", "Lifecycle m1 0", "Lifecycle m1 1",
                                              "Lifecycle m1 2", "disconnected", "connected", "Lifecycle m1 0",
                                              "Lifecycle m1 1", "Lifecycle m1 2", "disconnected"});
}

TEST_CASE("a listener that stops reading is cut off, another hears everything") {
  const Folder folder;
  Served server(folder.socket(), {.unread = 100});
  Heard heard, cut;
  std::latch hang(1);
  const BusSignals stuck(folder.socket(),
                         {[] {}, [&] { cut.add("cut"); }, [&](const auto&, const auto&) { hang.wait(); }});
  const BusSignals good(folder.socket(), heard.callbacks());
  REQUIRE(heard.wait_for(1));
  constexpr std::size_t count = 3000;  // 10 KB each: more than the kernel and the limit hold
  for (std::size_t i = 1; i <= count; ++i) {
    server->emit("Lifecycle", {std::string(10'000, 'x'), "started"});
    if (i % 50 == 0) REQUIRE(heard.wait_for(i + 1));
  }
  hang.count_down();
  CHECK(cut.wait_for(1));
}

TEST_CASE("a listening socket belongs to its group from the start and replaces a dead one") {
  const Folder folder;
  {
    const auto first = listen_on(folder.socket(), own_group());
    REQUIRE(first);
  }
  const auto again = listen_on(folder.socket(), own_group());
  REQUIRE(again);
  struct stat info {};
  REQUIRE(stat(folder.socket().c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0660);
  CHECK(listen_on(folder.socket(), "no-such-group").error().code == Code::not_found);
  const std::string text = "kept";
  REQUIRE(write_file(folder.path + "/file", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, 0600));
  CHECK_FALSE(listen_on(folder.path + "/file", own_group()));
  CHECK(std::filesystem::exists(folder.path + "/file"));
  CHECK_FALSE(listen_on(folder.path + std::string(200, 'x'), own_group()));
}

TEST_CASE("a listening socket for one account is that account's alone") {
  const Folder folder;
  const uid_t user = getuid() == 0 ? 65534 : getuid();
  const auto socket = listen_on(folder.socket(), user);
  REQUIRE(socket);
  struct stat info {};
  REQUIRE(stat(folder.socket().c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  CHECK(info.st_uid == user);
}

TEST_CASE("an account is known by its name, and a missing one is named") {
  CHECK(uid_of_user("root").value() == 0);
  CHECK(gid_of_group("root").value() == 0);
  CHECK(uid_of_user("no-such-account").error().code == Code::not_found);
}
