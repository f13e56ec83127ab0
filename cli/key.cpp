// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>

#include <array>

#include "cli/change.hpp"
#include "cli/command.hpp"
#include "cli/key_files.hpp"
#include "cli/lookup.hpp"
#include "cli/table.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

constexpr std::array options{no_wait_option};

Outcome<Session> session_of(const Context& context) {
  const auto found = TRY(find_session(context, context.arguments.words()[0]));
  return read_session(found);
}

/// Keys one after another: the agent takes one change of a session at a time.
Outcome<Exit> add(const Context& context) {
  const auto keys = TRY(read_key_file(context.arguments.words()[1]));
  const auto session = TRY(session_of(context));
  for (const auto& key : keys) {
    Request request{.method = "POST", .path = {"sessions", session.id, "ssh-keys"}};
    request.body = json{{"key", key.line()}};
    const auto accepted = TRY(context.api.call(request));
    TRY(conclude(context, accepted, fmt::format("lets in {}", key.fingerprint())));
  }
  return Exit::ok;
}

/// A fingerprint as it is, or those of a file's keys.
Outcome<std::vector<std::string>> fingerprints(const std::string& word) {
  if (word.starts_with("SHA256:")) return std::vector{word};
  const auto keys = TRY(read_key_file(word));
  std::vector<std::string> all;
  for (const auto& key : keys) all.push_back(key.fingerprint());
  return all;
}

Outcome<Exit> remove(const Context& context) {
  const auto gone = TRY(fingerprints(context.arguments.words()[1]));
  const auto session = TRY(session_of(context));
  for (const auto& fingerprint : gone) {
    const auto accepted =
        TRY(context.api.call({.method = "DELETE", .path = {"sessions", session.id, "ssh-keys", fingerprint}}));
    TRY(conclude_removal(context, session.name, accepted, fmt::format("no longer lets in {}", fingerprint)));
  }
  return Exit::ok;
}

Outcome<Exit> list(const Context& context) {
  const auto found = TRY(find_session(context, context.arguments.words()[0]));
  if (context.settings.json) {
    context.screen.json(TRY(field(found, "ssh_keys")));
    return Exit::ok;
  }
  const auto session = TRY(read_session(found));
  Table table({"FINGERPRINT", "TYPE", "COMMENT"});
  for (const auto& key : session.ssh_keys)
    table.row({key.fingerprint, key.line.substr(0, key.line.find(' ')), key.comment});
  context.screen.out << (table.empty() ? "no keys\n" : table.text(context.screen));
  return Exit::ok;
}

}  // namespace

constinit const Command key_add_command{"key add",
                                        "NAME FILE [--no-wait]",
                                        "let the public keys in a file log in, while the machine runs",
                                        "",
                                        {.options = options, .least_words = 2, .most_words = 2},
                                        add};

constinit const Command key_remove_command{"key remove",
                                           "NAME FINGERPRINT|FILE [--no-wait]",
                                           "let a key no longer log in",
                                           "FINGERPRINT is as `berth key list NAME` prints it: SHA256:…",
                                           {.options = options, .least_words = 2, .most_words = 2},
                                           remove};

constinit const Command key_list_command{
    "key list", "NAME", "list the keys that may log in", "", {.options = {}, .least_words = 1, .most_words = 1}, list};

}  // namespace berth::cli
