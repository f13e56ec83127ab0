// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <array>

#include "cli/command.hpp"
#include "cli/lookup.hpp"
#include "cli/quantity.hpp"
#include "cli/utf8.hpp"

namespace berth::cli {
namespace {

constexpr std::array<Option, 1> options{{{"by", "DURATION", "such as 90s, 15m, 8h or 7d; needed"}}};

Outcome<Exit> extend(const Context& context) {
  const auto by = context.arguments.value("by");
  if (!by) return std::unexpected(Failure(Exit::usage, "--by is missing", "such as: berth extend NAME --by 2h"));
  const auto seconds = TRY(parse_duration(*by, "--by"));
  const auto found = TRY(find_session(context, context.arguments.words()[0]));
  const auto id = TRY(read_session(found)).id;
  // Not sent again over a broken connection: twice would extend twice.
  Request request{.method = "POST", .path = {"sessions", id, "actions", "extend"}, .repeatable = false};
  request.body = nlohmann::json{{"seconds", seconds.count()}};
  auto answer = context.api.call(request);
  if (!answer && answer.error().contact == Failure::Contact::lost)
    answer.error().next = "whether it was extended: berth show NAME";
  const auto value = TRY(std::move(answer));
  if (context.settings.json) {
    context.screen.json(value);
    return Exit::ok;
  }
  const auto session = TRY(read_session(value));
  context.screen.out << fmt::format("{} ends {}\n", printable(session.name),
                                    relative_text(session.expires_at, context.clock.now()));
  return Exit::ok;
}

}  // namespace

constinit const Command extend_command{"extend",
                                       "NAME --by DURATION",
                                       "move the end of a session's time to live",
                                       "",
                                       {.options = options, .least_words = 1, .most_words = 1},
                                       extend};

}  // namespace berth::cli
