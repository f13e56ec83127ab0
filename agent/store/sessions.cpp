// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/sessions.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "agent/api/error_json.hpp"
#include "agent/model_names.hpp"
#include "agent/phase.hpp"
#include "agent/store/keys.hpp"
#include "core/json.hpp"

namespace berth::agent {
namespace {

std::vector<Machine> machines_of(Database& db, const SessionId& session) {
  std::vector<Machine> machines;
  auto rows = db.query(
      "SELECT id, volume, hostname, address, ssh_port, host_key FROM machines WHERE session = ? ORDER BY id", session);
  while (rows.next())
    machines.push_back({rows.parsed<MachineId>(0), rows.parsed<VolumeId>(1), rows.text(2), rows.parsed<Ipv4>(3),
                        static_cast<std::uint16_t>(rows.number(4)), rows.text(5)});
  return machines;
}

/// The columns of session_rows (store_schema.cpp), in their order.
Session session_in(Database& db, const Rows& rows) {
  Session session;
  session.id = rows.parsed<SessionId>(0);
  session.name = rows.text(1);
  session.user = rows.parsed<UserId>(2);
  session.user_name = rows.text(3);
  session.subnet = rows.parsed<Subnet>(4);
  session.goal = rows.parsed(5, parse_goal);
  session.phase = rows.parsed(6, parse_phase);
  if (!rows.null(7)) session.reason = error_from_json(rows.text(7));
  session.image = rows.parsed<ImageId>(8);
  session.image_name = rows.text(9);
  session.size = {static_cast<std::uint32_t>(rows.number(10)), static_cast<Bytes>(rows.number(11)),
                  static_cast<Bytes>(rows.number(12))};
  session.created_at = rows.time(13);
  session.expires_at = rows.time(14);
  session.rung = rows.text(15);
  session.rung_reason = rows.text(16);
  session.ssh_keys = from_lines(rows.text(17));
  if (!rows.null(18)) session.operation = rows.parsed<OperationId>(18);
  session.machines = machines_of(db, session.id);
  return session;
}

std::vector<SessionId> ids(Rows rows) {
  std::vector<SessionId> found;
  while (rows.next()) found.push_back(rows.parsed<SessionId>(0));
  return found;
}

}  // namespace

void insert_session(Database& db, const Session& s, std::string_view request) {
  db.run(
      "INSERT INTO sessions (id, user, name, goal, phase, image, image_name, cpus, memory, disk, created_at, "
      "expires_at, "
      "rung, rung_reason, ssh_keys, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      s.id, s.user, s.name, name_of(s.goal), name_of(s.phase), s.image, s.image_name, s.size.cpus,
      static_cast<std::int64_t>(s.size.memory), static_cast<std::int64_t>(s.size.disk), s.created_at, s.expires_at,
      s.rung, s.rung_reason, to_lines(s.ssh_keys), request);
  for (const auto& m : s.machines)
    db.run("INSERT INTO machines (id, session, volume, hostname, address, ssh_port) VALUES (?, ?, ?, ?, ?, ?)", m.id,
           s.id, m.volume, m.hostname, m.address.str(), m.ssh_port);
}

std::optional<Session> find_session(Database& db, const SessionId& id) {
  auto rows = db.query("SELECT * FROM session_rows WHERE id = ? AND gone_at IS NULL", id);
  return rows.next() ? std::optional(session_in(db, rows)) : std::nullopt;
}

std::optional<Session> recall_session(Database& db, const SessionId& id) {
  auto rows = db.query("SELECT * FROM session_rows WHERE id = ?", id);
  return rows.next() ? std::optional(session_in(db, rows)) : std::nullopt;
}

std::optional<std::string> request_of(Database& db, const SessionId& id) {
  auto rows = db.query("SELECT request FROM sessions WHERE id = ?", id);
  return rows.next() ? std::optional(rows.text(0)) : std::nullopt;
}

std::optional<SessionId> session_of(Database& db, const MachineId& machine) {
  auto rows = db.query(
      "SELECT m.session FROM machines m JOIN sessions s ON s.id = m.session "
      "WHERE m.id = ? AND s.gone_at IS NULL",
      machine);
  return rows.next() ? std::optional(rows.parsed<SessionId>(0)) : std::nullopt;
}

std::optional<UserId> owner_of(Database& db, const SessionId& id) {
  auto rows = db.query("SELECT user FROM sessions WHERE id = ?", id);
  return rows.next() ? std::optional(rows.parsed<UserId>(0)) : std::nullopt;
}

bool name_is_taken(Database& db, const UserId& user, std::string_view name) {
  return db.number("SELECT EXISTS (SELECT 1 FROM sessions WHERE user = ? AND name = ? AND gone_at IS NULL)", user,
                   name) != 0;
}

std::vector<Session> list_sessions(Database& db, const SessionFilter& filter) {
  const auto phase = filter.phase ? std::optional(name_of(*filter.phase)) : std::nullopt;
  auto rows = db.query(
      "SELECT * FROM session_rows WHERE gone_at IS NULL AND (?1 IS NULL OR user_name = ?1) "
      "AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR phase = ?3) AND (?4 IS NULL OR id > ?4) "
      "ORDER BY id LIMIT ?5",
      filter.user, filter.name, phase, filter.after, static_cast<std::int64_t>(filter.limit));
  std::vector<Session> sessions;
  while (rows.next()) sessions.push_back(session_in(db, rows));
  return sessions;
}

std::vector<SessionId> live_sessions(Database& db) {
  return ids(db.query("SELECT id FROM sessions WHERE gone_at IS NULL ORDER BY id"));
}

std::vector<SessionId> expired_sessions(Database& db, Time now) {
  return ids(
      db.query("SELECT id FROM sessions WHERE gone_at IS NULL AND goal <> 'terminated' AND expires_at <= ?", now));
}

void move_session(Database& db, const Session& session, Goal goal, Phase phase, const std::optional<Error>& reason) {
  if (!allowed(session.phase, phase))
    throw std::logic_error(fmt::format("a session cannot go from {} to {}", name_of(session.phase), name_of(phase)));
  const auto why = reason ? std::optional(dump_json(error_to_json(*reason))) : std::nullopt;
  db.run("UPDATE sessions SET goal = ?, phase = ?, reason = ? WHERE id = ?", name_of(goal), name_of(phase), why,
         session.id);
}

void set_expiry(Database& db, const SessionId& id, Time expires_at) {
  db.run("UPDATE sessions SET expires_at = ? WHERE id = ?", expires_at, id);
}

void set_keys(Database& db, const SessionId& id, const std::vector<SshKey>& keys, bool pending) {
  db.run("UPDATE sessions SET ssh_keys = ?, keys_pending = ? WHERE id = ?", to_lines(keys), pending, id);
}

bool keys_are_pending(Database& db, const SessionId& id) {
  return db.number("SELECT keys_pending FROM sessions WHERE id = ?", id) != 0;
}

void set_host_key(Database& db, const MachineId& machine, std::string_view host_key) {
  db.run("UPDATE machines SET host_key = ? WHERE id = ?", host_key, machine);
}

void mark_gone(Database& db, const SessionId& id, Time now) {
  db.run("UPDATE sessions SET gone_at = ?, ssh_keys = '' WHERE id = ?", now, id);
}

}  // namespace berth::agent
