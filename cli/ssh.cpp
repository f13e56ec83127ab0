// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "cli/command.hpp"
#include "cli/follow.hpp"
#include "cli/lookup.hpp"
#include "cli/own_key.hpp"
#include "cli/ssh_command_line.hpp"

namespace berth::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* ssh_program = "/usr/bin/ssh";
constexpr std::array<Option, 1> options{{
    {"identity", "FILE", "a private key; the only one that is offered then"},
}};

/// Waits for whatever brings the machine up; the session as it is then.
Outcome<Session> settled(const Context& context, const json& found) {
  auto session = TRY(read_session(found));
  if ((session.phase != "creating" && session.phase != "starting") || session.operation.empty()) return session;
  const auto operation = TRY(context.api.call({.method = "GET", .path = {"operations", session.operation}}));
  const auto ended = TRY(await_operation(context, operation, session.name));
  TRY(success_of(ended));
  const auto now = TRY(context.api.call({.method = "GET", .path = {"sessions", session.id}}));
  return read_session(now);
}

Outcome<void> check_running(const Context& context, const Session& session) {
  if (session.phase == "running" && !session.machines.empty()) return {};
  Failure failure(Exit::refused, fmt::format("{} is {}, not running", session.name, session.phase),
                  "start it: " + hint(context, "start", session.name));
  if (session.reason) failure.error.details.emplace_back("reason", describe(session.reason->error));
  if (session.phase != "stopped" && session.phase != "failed")
    failure.next = "look at: " + hint(context, "show", session.name);
  return std::unexpected(std::move(failure));
}

/// Our own key where there is one, then the usual files: naming one makes ssh forget those.
SshIdentities identities_of(const Context& context, const Session& session) {
  if (const auto file = context.arguments.value("identity")) return {{fs::absolute(*file)}, true};
  SshIdentities identities;
  const auto& env = context.settings.environment;
  if (const auto own = existing_own_key(env)) {
    identities.files.push_back(own->file);
    // Keys of an agent would be tried first, and a server takes only so many.
    identities.only = std::ranges::any_of(
        session.ssh_keys, [&](const AuthorizedKey& key) { return key.fingerprint == own->key.fingerprint(); });
  }
  for (const char* usual : {"id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"}) {
    const auto file = home_folder(env) / ".ssh" / usual;
    std::error_code fault;
    if (fs::exists(file, fault)) identities.files.push_back(file);
  }
  return identities;
}

/// Becomes ssh; returns only when that is not possible.
Failure become_ssh(const Screen& screen, const std::vector<std::string>& line) {
  std::vector<char*> words;
  for (const auto& word : line) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  screen.out << std::flush;
  screen.err << std::flush;
  execv(ssh_program, words.data());
  Failure failure(Exit::failed, fmt::format("cannot run {}", ssh_program), "is openssh-client installed?");
  failure.error.details.emplace_back("reason", std::error_code(errno, std::generic_category()).message());
  return failure;
}

Outcome<Exit> ssh(const Context& context) {
  const auto found = TRY(find_session(context, context.arguments.words()[0]));
  const auto session = TRY(settled(context, found));
  TRY(check_running(context, session));
  const auto target = TRY(SshTarget::of(session.machines.front()));
  const auto line = ssh_command_line(target, identities_of(context, session), context.arguments.rest());
  return std::unexpected(become_ssh(context.screen, line));
}

}  // namespace

constinit const Command ssh_command{
    "ssh",
    "NAME [-- COMMAND...]",
    "open a shell in a session's machine, or run a command there",
    "Waits for a session that is being made. The machine's host key is known beforehand; another one is refused. "
    "berth's own key, your agent's and your usual ones are offered. Ends as ssh does.",
    {.options = options, .least_words = 1, .most_words = 1, .takes_rest = true},
    ssh};

}  // namespace berth::cli
