// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/api.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/un.h>

#include <thread>

#include "cli/early_answer.hpp"
#include "core/fd.hpp"
#include "core/json.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::size_t largest_answer = 64 << 20;
constexpr std::chrono::seconds usual_silence{60};    // no answer takes so long; work is done behind operations
constexpr std::chrono::seconds import_silence{900};  // an image is checked and copied before the answer

std::string target_of(const Request& request) {
  std::string target = "/api/v1";
  for (const auto& segment : request.path) target += "/" + httplib::encode_uri_component(segment);
  char mark = '?';
  for (const auto& [key, value] : request.query) {
    target += fmt::format("{}{}={}", mark, key, httplib::encode_uri_component(value));
    mark = '&';
  }
  return target;
}

httplib::Headers headers_of(const Request& request) {
  httplib::Headers headers;
  for (const auto& [key, value] : request.headers) headers.emplace(key, value);
  return headers;
}

httplib::Client client_of(const std::filesystem::path& socket, std::chrono::seconds silence) {
  httplib::Client client(socket.string(), 80);
  client.set_address_family(AF_UNIX);
  client.set_path_encode(false);
  client.set_connection_timeout(std::chrono::seconds(5));
  client.set_read_timeout(silence);
  client.set_write_timeout(usual_silence);
  client.set_payload_max_length(largest_answer);
  return client;
}

std::string text_of_detail(const json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

/// The agent's error object; an answer that is none (from something else behind the socket) is told by its status.
Failure failure_in(const std::string& body, int status) {
  const auto parsed = parse_json(body);
  if (!parsed || !parsed->is_object() || !parsed->contains("code") || !(*parsed)["code"].is_string()) {
    Failure failure(exit_of_status(status), "the agent answered with an error that has no code");
    return failure.error.details.emplace_back("http_status", std::to_string(status)), failure;
  }
  const auto wire = (*parsed)["code"].get<std::string>();
  Error error{code_of(wire), "the agent gave no message"};
  if (const auto message = parsed->find("message"); message != parsed->end() && message->is_string())
    error.message = message->get<std::string>();
  if (const auto details = parsed->find("details"); details != parsed->end() && details->is_object())
    for (const auto& [key, value] : details->items()) error.details.emplace_back(key, text_of_detail(value));
  if (error.code == Code::internal && parsed->contains("request_id"))
    error.details.emplace_back("request_id", text_of_detail((*parsed)["request_id"]));
  return failure_of(std::move(error), wire, status);
}

Failure broken(const std::filesystem::path& socket, httplib::Error error) {
  if (error == httplib::Error::Connection || error == httplib::Error::ConnectionTimeout) return unreachable(socket);
  Failure failure(Exit::unavailable, "the connection to the agent broke", "look at: systemctl status berth-agent");
  const bool we_stopped = error == httplib::Error::Canceled;  // because nothing more could be sent
  failure.error.details.emplace_back("reason", httplib::to_string(we_stopped ? httplib::Error::Write : error));
  failure.contact = Failure::Contact::lost;
  return failure;
}

Outcome<json> answer_of(int status, const std::string& text) {
  if (status < 200 || status > 299) return std::unexpected(failure_in(text, status));
  if (text.empty()) return json();
  auto body = parse_json(text);
  if (!body)
    return std::unexpected(
        Failure(Exit::failed, "the agent's answer is not JSON", "`berth version` compares the versions"));
  return std::move(*body);
}

Outcome<json> answer_of(const std::filesystem::path& socket, const httplib::Result& result) {
  if (!result) return std::unexpected(broken(socket, result.error()));
  return answer_of(result->status, result->body);
}

}  // namespace

bool may_pass(const Failure& failure) {
  return failure.contact != Failure::Contact::answered || failure.error.code == Code::starting;
}

Outcome<json> Api::call_once(const Request& request) const {
  auto client = client_of(socket_, usual_silence);
  const auto target = target_of(request);
  const auto headers = headers_of(request);
  const auto body = request.body ? dump_json(*request.body) : std::string();
  constexpr auto type = "application/json";
  if (request.method == "POST") {
    return answer_of(socket_, request.body ? client.Post(target, headers, body, type) : client.Post(target, headers));
  }
  if (request.method == "DELETE") return answer_of(socket_, client.Delete(target, headers));
  return answer_of(socket_, client.Get(target, headers));
}

/// Once more and once more while the agent says that it is starting.
template <class Attempt>
auto Api::patiently(const Request& request, Attempt attempt) const -> decltype(attempt()) {
  auto answer = attempt();
  const auto end = steady_clock::now() + start_patience;
  const auto is_starting = [&] { return !answer && answer.error().error.code == Code::starting; };
  if (!request.waits || !is_starting()) return answer;
  while (is_starting() && steady_clock::now() < end) {
    waiting_(&answer.error());
    std::this_thread::sleep_for(pause_between_tries);
    answer = attempt();
  }
  waiting_(nullptr);
  return answer;
}

Outcome<json> Api::call(const Request& request) const {
  auto answer = patiently(request, [&] { return call_once(request); });
  const bool was_lost = !answer && answer.error().contact == Failure::Contact::lost;
  if (!was_lost || !request.repeatable) return answer;
  const auto end = steady_clock::now() + patience;
  while (!answer && may_pass(answer.error()) && steady_clock::now() < end) {
    waiting_(&answer.error());
    std::this_thread::sleep_for(pause_between_tries);
    answer = call_once(request);
  }
  waiting_(nullptr);
  const bool gone = !answer && request.method == "DELETE" && answer.error().error.code == Code::not_found;
  return gone ? json() : std::move(answer);
}

Outcome<json> Api::upload(const Request& request, const Upload& file) const {
  return patiently(request, [&] { return upload_once(request, file); });
}

Outcome<void> Api::stream(const Request& request, const std::function<bool(std::string_view)>& take,
                          std::chrono::seconds silence) const {
  return patiently(request, [&] { return stream_once(request, take, silence); });
}

Outcome<json> Api::upload_once(const Request& request, const Upload& file) const {
  auto client = client_of(socket_, import_silence);
  // The library drops what was answered when it could not send all; a refusal of a large file is read from here.
  Fd connection;
  client.set_socket_options([&](int socket) { connection = Fd(fcntl(socket, F_DUPFD_CLOEXEC, 0)); });
  std::vector<char> chunk(256 * 1024);
  bool shrunk = false;
  const auto provide = [&](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
    const auto got = pread(file.fd, chunk.data(), std::min(length, chunk.size()), static_cast<off_t>(offset));
    shrunk = got <= 0;
    if (shrunk || !sink.write(chunk.data(), static_cast<std::size_t>(got))) return false;
    if (file.sent) file.sent(offset + static_cast<std::size_t>(got));
    return true;
  };
  const auto result =
      client.Post(target_of(request), headers_of(request), file.size, provide, "application/octet-stream");
  if (shrunk)
    return std::unexpected(Failure(Exit::failed, "the file cannot be read to its end; does somebody write it?"));
  if (!result && connection)
    if (const auto early = take_early_answer(connection.get())) return answer_of(early->status, early->body);
  return answer_of(socket_, result);
}

Outcome<void> Api::stream_once(const Request& request, const std::function<bool(std::string_view)>& take,
                               std::chrono::seconds silence) const {
  auto client = client_of(socket_, silence);
  int status = 0;
  bool enough = false;
  std::string refusal;
  const auto head = [&](const httplib::Response& response) {
    status = response.status;
    return true;
  };
  const auto body = [&](const char* bytes, std::size_t size) {
    if (status != 200) {
      refusal.append(bytes, size);
      return refusal.size() < largest_answer;
    }
    enough = !take({bytes, size});
    return !enough;
  };
  const auto result = client.Get(target_of(request), headers_of(request), head, body);
  if (enough || (result && status == 200)) return {};
  if (!result) return std::unexpected(broken(socket_, result.error()));
  return std::unexpected(failure_in(refusal, status));
}

}  // namespace berth::cli
