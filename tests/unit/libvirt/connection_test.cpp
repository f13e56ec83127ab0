// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvirt/connection.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <future>
#include <vector>

#include "core/fd.hpp"

using namespace berth;
using namespace std::chrono_literals;

namespace {

/// A libvirtd that hangs: its socket takes connections, and nobody says a word.
class HungLibvirtd {
 public:
  HungLibvirtd() : path_("/tmp/hung-libvirtd-" + std::to_string(getpid())), socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    REQUIRE(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket_.get(), 16) == 0);
  }
  ~HungLibvirtd() { std::filesystem::remove(path_); }
  std::string uri() const { return "qemu+unix:///system?socket=" + path_; }

 private:
  std::string path_;
  Fd socket_;
};

}  // namespace

TEST_CASE("a libvirtd that hangs costs its callers a deadline, all at the same time") {
  const HungLibvirtd hung;
  const auto begun = std::chrono::steady_clock::now();
  {
    Libvirt libvirt(hung.uri(), 300ms);
    std::vector<Result<ConnectPtr>> answers(8, std::unexpected(Error{Code::internal, "", {}}));
    std::vector<std::jthread> callers;
    for (auto& answer : answers) callers.emplace_back([&] { answer = libvirt.connect(); });
    callers.clear();
    for (const auto& answer : answers) {
      REQUIRE_FALSE(answer);
      CHECK(answer.error().code == Code::libvirt_failed);
      CHECK(answer.error().message == "libvirtd does not answer");
    }
  }
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("a libvirtd that is not there is refused at once, in libvirt's words") {
  Libvirt libvirt("qemu+unix:///system?socket=/nowhere/libvirt-sock", 60s);
  const auto connection = libvirt.connect();
  REQUIRE_FALSE(connection);
  CHECK(connection.error().code == Code::libvirt_failed);
  CHECK(describe(connection.error()).find("/nowhere/libvirt-sock") != std::string::npos);
}

TEST_CASE("a connection is one caller's at a time, and then the next one's") {
  Libvirt libvirt("test:///default");
  auto first = libvirt.connect();
  const auto second = libvirt.connect();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->get() != second->get());
  const auto* used = first->get();
  first = std::unexpected(Error{Code::internal, "given back", {}});
  const auto third = libvirt.connect();
  REQUIRE(third);
  CHECK(third->get() == used);
}

TEST_CASE("events are registered for again until it succeeds") {
  std::atomic tries = 0;
  std::promise<void> done;
  Libvirt libvirt("test:///default");
  libvirt.watch([&](const ConnectPtr& connection) -> Result<void> {
    CHECK(connection);
    if (++tries == 1) return std::unexpected(Error{Code::libvirt_failed, "not this time", {}});
    done.set_value();
    return {};
  });
  CHECK(done.get_future().wait_for(30s) == std::future_status::ready);
}
