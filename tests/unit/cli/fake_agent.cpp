// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fake_agent.hpp"

#include <httplib.h>

#include <thread>

namespace berth::cli::test {

using nlohmann::json;

Folder::Folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "berth-cli-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

Reply json_reply(const json& value, int status) {
  return {status, value.dump()};
}

struct FakeAgent::Server {
  httplib::Server http;
  std::thread thread;
};

namespace {

Call call_of(const httplib::Request& request) {
  Call call{request.method, request.path, {}, {}, request.body};
  for (const auto& [key, value] : request.params) call.query[key] = value;
  for (const auto& [key, value] : request.headers) call.headers[key] = value;
  return call;
}

void answer(const Reply& reply, httplib::Response& response) {
  response.status = reply.status;
  if (!reply.breaks) return response.set_content(reply.body, reply.type);
  response.set_content_provider(reply.body.size() + 1000, reply.type,
                                [body = reply.body](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                  return offset == 0 && sink.write(body.data(), body.size());
                                });
}

}  // namespace

FakeAgent::FakeAgent(Handler handler) : server_(std::make_unique<Server>()) {
  const auto serve = [this, handler](const httplib::Request& request, httplib::Response& response) {
    const auto call = call_of(request);
    {
      const std::lock_guard guard(lock_);
      calls_.push_back(call);
    }
    answer(handler(call), response);
  };
  auto& http = server_->http;
  http.Get(".*", serve).Post(".*", serve).Delete(".*", serve);
  http.set_address_family(AF_UNIX);
  if (!http.bind_to_port(socket().string(), 80)) throw std::runtime_error("cannot listen");
  server_->thread = std::thread([&http] { http.listen_after_bind(); });
  http.wait_until_ready();
}

FakeAgent::~FakeAgent() {
  server_->http.stop();
  server_->thread.join();
}

std::vector<Call> FakeAgent::calls() const {
  const std::lock_guard guard(lock_);
  return calls_;
}

Ended typed(const std::filesystem::path& socket, std::vector<std::string> line,
            std::map<std::string, std::string> variables) {
  const Folder home;
  variables.insert({{"HOME", home.path.string()}, {"BERTH_SOCKET", socket.string()}, {"BERTH_USER", "alice"}});
  std::ostringstream out, err;
  const Screen screen{out, err};
  const auto environment = [&](const char* name) {
    return variables.contains(name) ? variables.at(name) : std::string();
  };
  const auto exit = run(line, environment, screen, SystemClock());
  return {exit, out.str(), err.str()};
}

namespace {

/// As it is when it was parsed: numbers made in C++ have another type.
json as_received(const json& value) {
  return json::parse(value.dump());
}

}  // namespace

json session_json(const std::string& name, const std::string& user, const std::string& phase) {
  const json machine{{"id", "01hzzzzzzzzzzzzzzzzzzzzzz2"},
                     {"hostname", name},
                     {"address", "10.66.0.2"},
                     {"ssh", {{"user", "root"}, {"port", 22}, {"host_port", 20001}, {"host_key", host_key}}}};
  const json session{{"id", session_id},
                     {"name", name},
                     {"user", user},
                     {"goal", "running"},
                     {"phase", phase},
                     {"reason", nullptr},
                     {"image", {{"name", "tiny"}, {"id", std::string(64, 'a')}}},
                     {"cpus", 1},
                     {"memory_bytes", 128 << 20},
                     {"disk_bytes", 256 << 20},
                     {"created_at", "2026-02-03T04:05:06.789Z"},
                     {"expires_at", "2126-02-03T04:05:06.789Z"},
                     {"rung", "cold"},
                     {"rung_reason", "there is no template"},
                     {"machines", json::array({machine})},
                     {"ssh_keys", json::array()},
                     {"operation", nullptr}};
  return as_received(session);
}

json operation_json(const std::string& state, const std::string& kind) {
  json error = nullptr;
  if (state == "failed")
    error = {{"code", "VM_003"}, {"message", "the machine did not answer"}, {"details", {{"waited", "60 s"}}}};
  json ended = nullptr;
  if (state != "running") ended = "2026-02-03T04:05:16.789Z";
  const json operation{{"id", operation_id},    {"kind", kind},
                       {"session", session_id}, {"user", "alice"},
                       {"state", state},        {"step", "waiting for the machine"},
                       {"steps_done", 3},       {"steps_total", 7},
                       {"error", error},        {"created_at", "2026-02-03T04:05:06.789Z"},
                       {"finished_at", ended}};
  return as_received(operation);
}

}  // namespace berth::cli::test
