// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <array>

#include "cli/answers.hpp"
#include "cli/change.hpp"
#include "cli/command.hpp"
#include "cli/farewell.hpp"
#include "cli/key_files.hpp"
#include "cli/lookup.hpp"
#include "cli/own_key.hpp"
#include "cli/quantity.hpp"
#include "core/id.hpp"
#include "core/label.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

constexpr std::array<Option, 8> options{{
    {"image", "IMAGE", "name or SHA-256 of an image (`berth image list`); needed"},
    {"size", "SIZE", "small (1 CPU, 512M, 4G), medium (2, 2G, 16G) or large (4, 8G, 64G); else small"},
    {"cpus", "N", "instead of the size's"},
    {"memory", "SIZE", "such as 512M or 4G, instead of the size's"},
    {"disk", "SIZE", "such as 4G, instead of the size's"},
    {"ttl", "DURATION", "such as 90s, 15m, 8h or 7d; then the session ends. Else the host's default"},
    {"ssh-key", "FILE", "public keys that may log in; may be given several times. Else a key of berth's own", true},
    no_wait_option,
}};

Result<std::string> parse_image(const std::string& text) {
  if (auto id = ImageId::parse(text)) return id->str();
  return parse_image_label(text, "--image");
}

Outcome<std::string> parse_size_name(const std::string& text) {
  constexpr std::array<std::string_view, 3> names{"small", "medium", "large"};
  if (std::ranges::find(names, text) != names.end()) return text;
  return std::unexpected(
      Failure(Exit::usage, "--size must be small, medium or large", "or say --cpus, --memory and --disk"));
}

Outcome<json> ssh_keys(const Context& context) {
  auto lines = json::array();
  for (const auto& file : context.arguments.values("ssh-key")) {
    const auto keys = TRY(read_key_file(file));
    for (const auto& key : keys) lines.push_back(key.line());
  }
  if (!lines.empty()) return lines;
  const auto own = TRY(own_key(context.settings.environment));
  lines.push_back(own.key.line());
  return lines;
}

Outcome<void> add_size(const Arguments& arguments, json& body) {
  if (const auto size = arguments.value("size")) body["size"] = TRY(parse_size_name(*size));
  if (const auto cpus = arguments.value("cpus")) body["cpus"] = TRY(parse_count(*cpus, "--cpus", 1, most_cpus));
  if (const auto memory = arguments.value("memory")) body["memory_bytes"] = TRY(parse_size(*memory, "--memory"));
  if (const auto disk = arguments.value("disk")) body["disk_bytes"] = TRY(parse_size(*disk, "--disk"));
  return {};
}

Outcome<json> body_of(const Context& context) {
  const auto& arguments = context.arguments;
  json body;
  body["name"] = TRY(parse_label(arguments.words()[0], "NAME"));
  body["user"] = TRY(parse_label(context.settings.user, "--user"));
  const auto image = arguments.value("image");
  if (!image) return std::unexpected(Failure(Exit::usage, "--image is missing", "`berth image list` shows the images"));
  body["image"] = TRY(parse_image(*image));
  TRY(add_size(arguments, body));
  if (const auto ttl = arguments.value("ttl")) {
    const auto seconds = TRY(parse_duration(*ttl, "--ttl"));
    body["ttl_seconds"] = seconds.count();
  }
  body["ssh_keys"] = TRY(ssh_keys(context));
  // Both make a request that was sent twice over a broken connection one request.
  body["id"] = SessionId::make().str();
  return body;
}

Outcome<Exit> create(const Context& context) {
  Request request{.method = "POST", .path = {"sessions"}};
  request.body = TRY(body_of(context));
  request.headers = {{"Idempotency-Key", Id::make().str()}};
  Outcome<json> accepted;
  {
    const Farewell farewell("\nberth: interrupted; whether the session is being made is to be seen with: berth list\n");
    accepted = context.api.call(request);
  }
  if (!accepted) return std::unexpected(std::move(accepted).error());
  TRY(conclude(context, *accepted, "is running"));
  if (!context.settings.json && !context.arguments.has("no-wait"))
    context.screen.out << fmt::format("log in: {}\n", hint(context, "ssh", context.arguments.words()[0]));
  return Exit::ok;
}

}  // namespace

constinit const Command create_command{
    "create",
    "NAME --image IMAGE [OPTIONS]",
    "make a session and wait until its machine answers",
    "NAME has 1 to 32 of a-z, 0-9 and inner hyphens, a letter first. Without --ssh-key, a key of berth's own in "
    "~/.config/berth (made when it is not there) may log in, and `berth ssh` offers it.",
    {.options = options, .least_words = 1, .most_words = 1},
    create};

}  // namespace berth::cli
