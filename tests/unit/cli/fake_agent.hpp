// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/dispatch.hpp"

namespace berth::cli::test {

/// A folder of its own, gone at the end.
struct Folder {
  Folder();
  ~Folder();
  std::filesystem::path path;
};

struct Call {
  std::string method, path;
  std::map<std::string, std::string> query, headers;
  std::string body;
};

struct Reply {
  int status = 200;
  std::string body{};
  std::string type = "application/json";
  bool breaks = false;  ///< the connection ends in the middle of the body
};
Reply json_reply(const nlohmann::json& value, int status = 200);

/// An agent that answers what a test says, over HTTP on a unix socket.
class FakeAgent {
 public:
  using Handler = std::function<Reply(const Call&)>;
  explicit FakeAgent(Handler handler);
  ~FakeAgent();
  std::filesystem::path socket() const { return folder_.path / "agent.sock"; }
  std::vector<Call> calls() const;

 private:
  struct Server;
  Folder folder_;
  mutable std::mutex lock_;
  std::vector<Call> calls_;
  std::unique_ptr<Server> server_;
};

/// What one command line printed, and how it ended.
struct Ended {
  Exit exit;
  std::string out, err;
};
/// Runs a command line against a socket, with a home and an environment of its own.
Ended typed(const std::filesystem::path& socket, std::vector<std::string> line,
            std::map<std::string, std::string> variables = {});

nlohmann::json session_json(const std::string& name = "web", const std::string& user = "alice",
                            const std::string& phase = "running");
nlohmann::json operation_json(const std::string& state = "succeeded", const std::string& kind = "create");
inline const std::string operation_id = "01hzzzzzzzzzzzzzzzzzzzzzz1";
inline const std::string session_id = "01hzzzzzzzzzzzzzzzzzzzzzz0";
inline const std::string host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFqzq0Gz0vb1bTqPBPLbBjSuZBcv7tKtJ0fYyUQ3cFtw";

}  // namespace berth::cli::test
