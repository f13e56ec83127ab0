// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <array>
#include <thread>

#include "cli/answers.hpp"
#include "cli/command.hpp"
#include "cli/lookup.hpp"
#include "cli/server_sent_events.hpp"
#include "cli/utf8.hpp"
#include "core/id.hpp"
#include "core/json.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::array<Option, 2> options{{
    {"session", "NAME", "only this session's; one that is gone is named by its id"},
    {"follow", "", "go on with what happens, until Ctrl-C"},
}};

constexpr std::chrono::seconds silence{30};

/// "step 3/7: waiting for the machine", "quota exceeded": what an event's data says to a person.
std::string data_text(const json& data) {
  if (!data.is_object()) return "";
  if (const auto step = data.find("step"); step != data.end() && step->is_string())
    return fmt::format("{}/{} {}", data.value("steps_done", 0), data.value("steps_total", 0), step->get<std::string>());
  std::string text;
  for (const auto& [key, value] : data.items()) {
    if (value.is_null()) continue;
    const auto shown = value.is_string() ? value.get<std::string>() : dump_json(value);
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, shown);
  }
  return text;
}

/// Prints events as they come and remembers the last.
class Printer {
 public:
  /// `last_id` is the event behind which to begin; empty for the agent to say.
  Printer(const Context& context, std::string last_id) : context_(context), last_id_(std::move(last_id)) {}

  void print(const ServerSentEvent& event) {
    last_id_ = event.id;
    const auto value = parse_json(event.data);
    if (!value) return;  // not an event of the API: nothing that could be shown
    if (context_.settings.json) {
      context_.screen.json(*value);
    } else if (const auto read = read_event(*value)) {
      context_.screen.out << line(*read) << std::flush;
    }
  }
  const std::string& last_id() const { return last_id_; }

 private:
  std::string line(const Event& event) const {
    const auto second = to_text(event.time).substr(0, std::string_view("2026-02-03T04:05:06").size()) + "Z";
    return fmt::format("{}  {:<19}  {:<8}  {}  {}\n", second, printable(event.type), shown(event.user),
                       shown(data_text(event.data)), shown(event.session));
  }

  static std::string shown(const std::string& word) { return word.empty() ? "-" : printable(word); }

  const Context& context_;
  std::string last_id_;
};

/// One connection, going on behind the last event that was printed.
Outcome<void> listen(const Context& context, Request request, Printer& printer) {
  request.headers = {{"Accept", "text/event-stream"}};
  if (!printer.last_id().empty()) request.headers.emplace_back("Last-Event-ID", printer.last_id());
  EventParser parser;
  return context.api.stream(
      request,
      [&](std::string_view bytes) {
        return parser.feed(bytes, [&](const auto& event) {
          printer.print(event);
          return true;
        });
      },
      silence);
}

/// Until somebody ends the program, or nobody has answered for a minute.
Outcome<Exit> follow_for_ever(const Context& context, const Request& request, Printer& printer) {
  auto last_contact = steady_clock::now();
  while (true) {
    auto ended = listen(context, request, printer);
    const bool unreached = !ended && ended.error().contact == Failure::Contact::unreachable;
    if (!unreached) last_contact = steady_clock::now();
    if (!ended && (!may_pass(ended.error()) || steady_clock::now() - last_contact > Api::patience))
      return std::unexpected(std::move(ended).error());
    std::this_thread::sleep_for(Api::pause_between_tries);
  }
}

/// What there is now. The agent hangs up on who does not read for some seconds, as a pager may: then it goes on behind
/// what was printed.
Outcome<Exit> print_all(const Context& context, const Request& request, Printer& printer) {
  while (true) {
    const auto before = printer.last_id();
    auto ended = listen(context, request, printer);
    if (ended) return Exit::ok;
    if (printer.last_id() == before) return std::unexpected(std::move(ended).error());
  }
}

Outcome<Request> request_of(const Context& context) {
  Request request{.method = "GET", .path = {"events"}};
  if (const auto& user = context.settings.asked_user) request.query.emplace_back("user", *user);
  const auto name = context.arguments.value("session");
  if (!name) return request;
  if (const auto id = SessionId::parse(*name)) {
    request.query.emplace_back("session", id->str());
  } else {
    const auto found = TRY(find_session(context, *name));
    request.query.emplace_back("session", TRY(read_session(found)).id);
  }
  return request;
}

Outcome<Exit> events(const Context& context) {
  auto request = TRY(request_of(context));
  if (context.arguments.has("follow")) {
    Printer printer(context, "0");
    return follow_for_ever(context, request, printer);
  }
  request.query.emplace_back("follow", "no");
  Printer printer(context, "");
  return print_all(context, request, printer);
}

}  // namespace

constinit const Command events_command{"events",
                                       "[--session NAME] [--follow]",
                                       "show what happened, and with --follow what happens",
                                       "The agent keeps events for some days. With --json, one event a line.",
                                       {.options = options},
                                       events};

}  // namespace berth::cli
