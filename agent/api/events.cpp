// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/events.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "agent/api/answer.hpp"
#include "agent/api/json.hpp"
#include "agent/events.hpp"
#include "agent/sessions.hpp"
#include "core/json.hpp"
#include "core/label.hpp"

namespace berth::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t batch = 50;
constexpr std::size_t most_unsent = 64 * 1024;   // written at a time; who does not take it in time loses the stream
constexpr std::chrono::milliseconds slice{500};  // how soon a client that left, or a stop of the daemon, is noticed
constexpr auto any_id = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// What a client wants to hear.
struct Wish {
  EventFilter filter;
  std::optional<std::uint64_t> after;  ///< it has seen all up to here
  bool follow = true;                  ///< what happens later, too
};

Result<std::optional<std::uint64_t>> last_event_id(const HttpRequest& request) {
  const auto text = request.header("Last-Event-ID");
  if (text.empty()) return std::nullopt;
  std::uint64_t id = 0;
  const char* end = text.data() + text.size();
  const auto [rest, fault] = std::from_chars(text.data(), end, id);
  if (fault != std::errc{} || rest != end || id > any_id)
    return std::unexpected(Error{Code::invalid_field, "must be the id of an event", {{"field", "Last-Event-ID"}}});
  return id;
}

Result<Wish> wish_of(ApiCall& call) {
  Wish wish;
  wish.filter.user = TRY(call.query.parsed("user", [](std::string_view text) { return parse_label(text, "user"); }));
  wish.filter.session = TRY(call.query.parsed("session", SessionId::parse));
  wish.filter.operation = TRY(call.query.parsed("operation", OperationId::parse));
  wish.after = TRY(call.query.number("after", 0, any_id));
  const auto last = TRY(last_event_id(call.http));  // a browser that comes again says so, under the same address
  if (last) wish.after = last;
  wish.follow = TRY(call.query.yes_or_no("follow", true));
  TRY(call.query.done());
  return wish;
}

std::string message_of(const Event& event) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.type, dump_json(to_json(event)));
}

bool ends_operation(const Event& event) {
  return event.type == "operation.succeeded" || event.type == "operation.failed";
}

/// One client's stream.
class EventStream {
 public:
  EventStream(Events& events, Sessions& sessions, Wish wish)
      : events_(events), sessions_(sessions), wish_(std::move(wish)) {}

  void run(HttpSink& client) {
    if (!client.write(": Berth events\n\n") || !begin(client)) return;
    while (client.open()) {
      const auto newest = events_.newest();
      const bool over = operation_is_over();
      const auto some = events_.after(seen_, wish_.filter, batch);
      if (!some) return;
      if (seen_ < before_oldest()) {  // forgotten meanwhile: a slow client, or a filter that let nothing through
        if (!skip_the_lost(client)) return;
        continue;
      }
      if (!tell(client, *some) || ended_) return;
      if (some->size() == batch) continue;
      if (over || !wish_.follow) return;
      seen_ = std::max(seen_, newest);  // what the filter kept back need not be read again
      if (!events_.wait(seen_, slice) && !beat(client)) return;
    }
  }

 private:
  /// Where to start, and a word about what is no longer there.
  bool begin(HttpSink& client) {
    if (!wish_.after) {
      const bool from_now_on = wish_.follow && !wish_.filter.operation;
      seen_ = from_now_on ? events_.newest() : before_oldest();
      return true;
    }
    seen_ = *wish_.after;
    return (seen_ >= before_oldest() && seen_ <= events_.newest()) || skip_the_lost(client);
  }

  /// The last event that is no longer kept.
  std::uint64_t before_oldest() {
    const auto oldest = events_.oldest();
    return oldest > 0 ? oldest - 1 : events_.newest();
  }

  bool skip_the_lost(HttpSink& client) {
    const auto newest = events_.newest(), kept_behind = before_oldest();
    const bool from_elsewhere = seen_ > newest;  // an id of another database, or of the future
    const auto asked_for = std::exchange(seen_, from_elsewhere ? newest : kept_behind);
    Event lost;
    lost.id = seen_;
    lost.time = SystemClock().now();
    lost.type = "events.lost";
    lost.data = fmt::format(R"({{"asked_for":{},"oldest":{},"newest":{}}})", asked_for, events_.oldest(), newest);
    return client.write(message_of(lost));
  }

  bool operation_is_over() {
    if (!wish_.filter.operation) return false;
    const auto operation = sessions_.operation(*wish_.filter.operation);
    return !operation || operation->state != OperationState::running;
  }

  bool tell(HttpSink& client, const std::vector<Event>& some) {
    std::string text;
    for (const auto& event : some) {
      const auto message = message_of(event);
      if (text.size() + message.size() > most_unsent && !client.write(std::exchange(text, {}))) return false;
      text += message;
      seen_ = event.id;
      ended_ = wish_.filter.operation && ends_operation(event);
      if (ended_) break;
    }
    if (some.empty()) return true;
    told_ = steady_clock::now();
    return client.write(text);
  }

  bool beat(HttpSink& client) {
    if (steady_clock::now() - told_ < heartbeat) return true;
    told_ = steady_clock::now();
    return client.write(": still here\n\n");
  }

  Events& events_;
  Sessions& sessions_;
  const Wish wish_;
  std::uint64_t seen_ = 0;
  bool ended_ = false;
  steady_clock::time_point told_ = steady_clock::now();
};

Result<HttpAnswer> stream(Events& events, Sessions& sessions, ApiCall& call) {
  auto wish = TRY(wish_of(call));
  if (wish.filter.operation) TRY(sessions.operation(*wish.filter.operation));
  if (wish.filter.session && wish.follow && !wish.after) TRY(sessions.get(*wish.filter.session));
  HttpAnswer answer{.type = "text/event-stream", .headers = {{"Cache-Control", "no-store"}}};
  answer.stream = [&events, &sessions, wish = std::move(wish)](HttpSink& client) {
    EventStream(events, sessions, wish).run(client);
  };
  return answer;
}

}  // namespace

std::vector<ApiRoute> event_routes(Events& events, Sessions& sessions) {
  return {{.method = "GET",
           .pattern = "/api/v1/events",
           .action = [&events, &sessions](ApiCall& call) { return stream(events, sessions, call); },
           .lane = Lane::stream}};
}

}  // namespace berth::agent
