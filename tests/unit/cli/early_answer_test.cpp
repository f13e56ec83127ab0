// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/early_answer.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <thread>

#include "core/fd.hpp"
#include "fake_agent.hpp"

using namespace berth;
using namespace berth::cli;

namespace {

/// An agent that reads a little of an upload, refuses it, and goes away with the rest unread.
class Refuser {
 public:
  explicit Refuser(const std::filesystem::path& path) : listening_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    REQUIRE(bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(listening_.get(), 1) == 0);
    serving_ = std::jthread([this] { serve(); });
  }

 private:
  void serve() {
    const Fd client(accept(listening_.get(), nullptr, nullptr));
    std::array<char, 4096> some{};
    (void)recv(client.get(), some.data(), some.size(), 0);
    say(client, "HTTP/1.1 100 Continue\r\n\r\n");
    (void)recv(client.get(), some.data(), some.size(), MSG_WAITALL);
    const std::string body = R"({"code":"STO_001","message":"it has a backing file","details":{}})";
    say(client, "HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  static void say(const Fd& client, const std::string& text) {
    (void)send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }

  Fd listening_;
  std::jthread serving_;
};

}  // namespace

TEST_CASE("a refusal in the middle of a large upload is told, not lost") {
  const test::Folder folder;
  const auto file = folder.path / "disk.raw";
  std::ofstream(file) << "x";
  std::filesystem::resize_file(file, 256 << 20);
  for (int i = 0; i < 5; ++i) {
    const auto socket = folder.path / ("agent.sock" + std::to_string(i));
    const Refuser refuser(socket);
    const auto ended = test::typed(socket, {"image", "import", file.string(), "--name", "bad"});
    INFO(ended.err);
    CHECK(ended.exit == Exit::refused);
    CHECK(ended.err.find("it has a backing file [STO_001]") != std::string::npos);
  }
}

TEST_CASE("an answer is taken apart, and what is none is left alone") {
  CHECK(parse_answer("HTTP/1.1 400 Bad\r\nA: b\r\n\r\nbody")->status == 400);
  CHECK(parse_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 507 Full\r\n\r\n{}")->body == "{}");
  for (const char* none : {"", "HTTP/1.1 400 Bad\r\nA: b", "HTTP/1.1 100 Continue\r\n\r\n", "SSH-2.0-x\r\n\r\n",
                           "HTTP/1.1 4x0 Bad\r\n\r\n", "HTTP/1.1 102 Wait\r\n\r\n"})
    CHECK_FALSE(parse_answer(none));
}
