// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/quota.hpp"

namespace berth::agent {
namespace {

Quota quota_in(const Rows& rows, int column) {
  const auto figure = [&](int n) { return static_cast<std::uint64_t>(rows.number(column + n)); };
  return {figure(0), figure(1), figure(2), figure(3)};
}

}  // namespace

Quota reserved(Database& db, const std::optional<UserId>& user) {
  auto rows = db.query(
      "SELECT count(*), coalesce(sum(cpus), 0), coalesce(sum(memory), 0), coalesce(sum(disk), 0) FROM sessions "
      "WHERE gone_at IS NULL AND (?1 IS NULL OR user = ?1)",
      user);
  rows.next();
  return quota_in(rows, 0);
}

std::vector<std::pair<std::string, Quota>> reserved_by_user(Database& db) {
  std::vector<std::pair<std::string, Quota>> users;
  auto rows = db.query(
      "SELECT u.name, count(*), sum(s.cpus), sum(s.memory), sum(s.disk) FROM sessions s "
      "JOIN users u ON u.id = s.user WHERE s.gone_at IS NULL GROUP BY u.name ORDER BY u.name");
  while (rows.next()) users.emplace_back(rows.text(0), quota_in(rows, 1));
  return users;
}

std::set<Ipv4> held_addresses(Database& db, const UserId& user) {
  std::set<Ipv4> held;
  auto rows = db.query(
      "SELECT m.address FROM machines m JOIN sessions s ON s.id = m.session "
      "WHERE s.user = ? AND s.gone_at IS NULL",
      user);
  while (rows.next()) held.insert(rows.parsed<Ipv4>(0));
  return held;
}

std::set<std::uint16_t> held_ports(Database& db) {
  std::set<std::uint16_t> held;
  auto rows = db.query("SELECT m.ssh_port FROM machines m JOIN sessions s ON s.id = m.session WHERE s.gone_at IS NULL");
  while (rows.next()) held.insert(static_cast<std::uint16_t>(rows.number(0)));
  return held;
}

}  // namespace berth::agent
