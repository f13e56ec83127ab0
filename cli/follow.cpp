// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/follow.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <thread>

#include "cli/farewell.hpp"
#include "cli/server_sent_events.hpp"
#include "cli/utf8.hpp"
#include "core/json.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::chrono::seconds silence{20};  // then the operation is asked for, and the stream opened anew

Step step_of(const Operation& operation) {
  return {operation.step, operation.steps_done, operation.steps_total};
}

/// The step in an event's data, where it has one.
std::optional<Step> step_of(const ServerSentEvent& event) {
  const auto parsed = parse_json(event.data);
  if (!parsed || !parsed->is_object()) return {};
  const auto data = parsed->value("data", json::object());
  const auto number = [&](const char* name) {
    const auto found = data.find(name);
    return found != data.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  };
  const auto what = data.find("step");
  if (what == data.end() || !what->is_string()) return {};
  return Step{what->get<std::string>(), number("steps_done"), number("steps_total")};
}

bool is_last(const ServerSentEvent& event) {
  return event.type == "operation.succeeded" || event.type == "operation.failed";
}

/// One operation's events, over as many connections as it takes.
class Listener {
 public:
  Listener(const Api& api, std::string operation, Progress& progress)
      : api_(api), operation_(std::move(operation)), progress_(progress) {}

  /// Until the operation's last event, or the stream ends or breaks. What it was is for a look at the operation to
  /// tell.
  void listen() {
    Request request{.method = "GET", .path = {"events"}, .query = {{"operation", operation_}}, .waits = false};
    request.headers = {{"Accept", "text/event-stream"}};
    if (!last_id_.empty()) request.headers.emplace_back("Last-Event-ID", last_id_);
    EventParser parser;
    (void)api_.stream(
        request, [&](std::string_view bytes) { return parser.feed(bytes, [&](const auto& e) { return take(e); }); },
        silence);
  }

 private:
  bool take(const ServerSentEvent& event) {
    last_id_ = event.id;
    if (is_last(event)) return false;
    if (auto step = step_of(event)) progress_.show(std::move(*step));
    return true;
  }

  const Api& api_;
  std::string operation_, last_id_;
  Progress& progress_;
};

Failure given_up(Failure failure, const std::string& operation) {
  failure.next = fmt::format("when the agent is back: berth operation {} --wait", operation);
  return failure;
}

}  // namespace

Step waiting_for_agent(const Failure& why) {
  if (why.error.code != Code::starting) return {"waiting for the agent, which does not answer"};
  Step step{"waiting for the agent, which is starting"};
  for (const auto& [name, value] : why.error.details) {
    if (name == "sessions_done") step.done = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "sessions_total") step.total = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "waiting_for") step.what += ": " + value;
  }
  return step;
}

Outcome<json> follow(const Api& api, const json& started, Progress& progress) {
  auto latest = started;
  auto operation = TRY(read_operation(latest));
  Listener listener(api, operation.id, progress);
  auto last_contact = steady_clock::now();
  while (operation.running()) {
    listener.listen();  // it tells the operation from its beginning
    auto answer =
        api.call({.method = "GET", .path = {"operations", operation.id}, .repeatable = false, .waits = false});
    if (answer) {
      last_contact = steady_clock::now();
      latest = std::move(*answer);
      operation = TRY(read_operation(latest));
    } else if (!may_pass(answer.error()) || steady_clock::now() - last_contact > Api::patience) {
      return std::unexpected(given_up(std::move(answer).error(), operation.id));
    }
    if (!operation.running()) break;
    progress.show(answer ? step_of(operation) : waiting_for_agent(answer.error()));
    std::this_thread::sleep_for(Api::pause_between_tries);
  }
  return latest;
}

Outcome<json> await_operation(const Context& context, const json& operation, const std::string& subject) {
  const auto begun = TRY(read_operation(operation));
  const Farewell farewell(
      fmt::format("\nberth: interrupted; the operation goes on. Wait for its end with:\n  berth operation {} --wait\n",
                  printable(begun.id)));
  Progress progress(context.screen, style_of(context.screen, context.settings.quiet), subject);
  return follow(context.api, operation, progress);
}

Outcome<void> success_of(const json& value) {
  const auto operation = TRY(read_operation(value));
  if (operation.state == "succeeded") return {};
  const auto reason = operation.reason.value_or(Reason{"", {Code::internal, "the operation failed without a reason"}});
  auto failure = failure_of(reason.error, reason.wire_code, 0);
  failure.exit = exit_of_failed_operation(reason.error.code);
  return std::unexpected(std::move(failure));
}

}  // namespace berth::cli
