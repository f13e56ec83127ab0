// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "agent/engine/termination.hpp"
#include "agent/images.hpp"
#include "agent/store/events.hpp"
#include "agent/store/facts.hpp"
#include "agent/store/journal.hpp"
#include "agent/store/objects.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/store.hpp"
#include "agent/store/users.hpp"
#include "agent/store/wall_clock.hpp"

namespace berth::agent {
namespace {

/// The first objects that bear our mark, for an error; empty when there are none.
Result<std::string> marked(Host& host) {
  for (const auto kind : kinds) {
    const auto ids = TRY(host.driver(kind).list());
    if (!ids.empty()) return fmt::format("{} of kind {}, such as {}", ids.size(), name_of(kind), ids.front().str());
  }
  return "";
}

Result<void> refuse_an_empty_database(Surroundings& with) {
  if (with.settings.adopt_nothing) return {};
  const bool used = TRY(with.store.read([](Database& db) -> Result<bool> { return ever_used(db); }));
  if (used) return {};
  const auto found = TRY(marked(with.host));
  if (found.empty()) return {};
  return std::unexpected(Error{Code::wrong_state,
                               "the database is empty, but the host has objects of Berth's",
                               {{"found", found},
                                {"next",
                                 "bring the database back, or set adopt_nothing=yes: then running machines that "
                                 "nobody knows are removed, volumes and keys stay"}}});
}

void start_again(Database& db, const Session& session, Time now) {
  if (const auto other = operation_under_way(db, session.id))
    finish_operation(db, *other, Error{Code::guest_stopped, "the host was booted meanwhile"}, now);
  move_session(db, session, Goal::running, Phase::starting);
  open_operation(db, OperationKind::start, session, now);
}

Result<void> notice_a_boot(Surroundings& with) {
  const auto boot = with.host.boot_id();
  return with.store.write([&](Database& db) -> Result<void> {
    const auto before = fact(db, "boot_id");
    if (before != boot) trust_wall_clock(db, with.clock);
    if (before == boot || boot.empty()) return {};  // an id that cannot be read is no sign of a boot
    remember(db, "boot_id", boot);
    if (!before) return {};
    forget_steps(db);
    for (const auto& id : live_sessions(db))
      if (const auto session = find_session(db, id); session && session->phase == Phase::running)
        start_again(db, *session, with.clock.now());
    return {};
  });
}

/// A network is looked up again under its user's lock: a session of the user's may have come since. Machines' ids never
/// come again.
Result<bool> remove_unknown(Surroundings& with, Kind kind, const Id& id) {
  std::unique_lock<std::mutex> shared;
  if (kind == Kind::network) {
    const UserId user(id);
    shared = with.users.hold(user);
    const bool used = TRY(with.store.read([&](Database& db) -> Result<bool> { return has_sessions(db, user); }));
    if (used) return false;
  }
  TRY(with.host.driver(kind).remove(id));
  return true;
}

Unknown unknown(Kind kind, const Id& id) {
  return {std::string(name_of(kind)), id.str()};
}

Result<void> sweep_kind(Surroundings& with, Kind kind, Findings& findings) {
  with.pulse.beat();
  const auto there = TRY(with.host.driver(kind).list());
  const auto ours = TRY(with.store.read([&](Database& db) -> Result<std::set<Id>> { return known_objects(db, kind); }));
  for (const auto& id : there) {
    if (ours.contains(id)) continue;
    if (kind == Kind::key || kind == Kind::volume) {
      findings.kept.push_back(unknown(kind, id));
      continue;
    }
    with.pulse.beat();
    if (auto removed = remove_unknown(with, kind, id); !removed)
      findings.refused.push_back(std::move(removed).error());
    else if (*removed)
      findings.removed.push_back(unknown(kind, id));
  }
  return {};
}

Result<void> sweep_images(Surroundings& with, Findings& findings) {
  with.pulse.beat();
  auto strays = TRY(with.images.sweep());
  for (const auto& id : strays.removed) findings.removed.push_back({"image", id.str()});
  for (const auto& id : strays.kept) findings.kept.push_back({"image", id.str()});
  std::ranges::move(strays.refused, std::back_inserter(findings.refused));
  return {};
}

}  // namespace

Result<void> recover(Surroundings& with) {
  TRY(refuse_an_empty_database(with));
  return notice_a_boot(with);
}

Result<Findings> sweep(Surroundings& with) {
  Findings findings;
  for (const auto kind : kinds | std::views::reverse) TRY(sweep_kind(with, kind, findings));
  TRY(sweep_images(with, findings));
  return findings;
}

Result<std::vector<SessionId>> expire(Surroundings& with) {
  const bool something = TRY(with.store.read([&](Database& db) -> Result<bool> {
    return wall_clock_was_set(db, with.clock) ||
           (!wall_clock_settles(with.clock) && !expired_sessions(db, with.clock.now()).empty());
  }));
  if (!something) return std::vector<SessionId>{};
  return with.store.write([&](Database& db) -> Result<std::vector<SessionId>> {
    const auto now = follow_wall_clock(db, with.clock, with.settings);
    if (wall_clock_settles(with.clock)) return std::vector<SessionId>{};
    const auto ending = expired_sessions(db, now);
    for (const auto& id : ending) {
      auto session = find_session(db, id).value();
      session.operation = begin_termination(db, session, now).id;
      append_event(db, now, session_event("session.expired", session));
    }
    return ending;
  });
}

}  // namespace berth::agent
