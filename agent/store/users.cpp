// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/users.hpp"

#include <algorithm>
#include <vector>

namespace berth::agent {
namespace {

std::vector<Subnet> taken_blocks(Database& db) {
  std::vector<Subnet> blocks;
  for (auto rows = db.query("SELECT subnet FROM users"); rows.next();) blocks.push_back(rows.parsed<Subnet>(0));
  return blocks;
}

/// Blocks overlap when one holds the other's base; a block of an earlier configuration may have another size.
std::optional<Subnet> free_block(Database& db, const Settings& settings) {
  const auto taken = taken_blocks(db);
  for (std::uint32_t n = 0; n < settings.pool.blocks(settings.user_prefix); ++n) {
    const auto block = settings.pool.block(settings.user_prefix, n);
    const auto overlaps = [&](const Subnet& other) {
      return other.contains(block.base()) || block.contains(other.base());
    };
    if (std::ranges::none_of(taken, overlaps)) return block;
  }
  return std::nullopt;
}

bool forget_an_idle_user(Database& db) {
  return db.run(
             "DELETE FROM users WHERE id = (SELECT u.id FROM users u WHERE NOT EXISTS "
             "(SELECT 1 FROM sessions s WHERE s.user = u.id AND s.gone_at IS NULL) ORDER BY u.id LIMIT 1)") > 0;
}

}  // namespace

std::optional<User> find_user(Database& db, std::string_view name) {
  auto rows = db.query("SELECT id, name, subnet FROM users WHERE name = ?", name);
  if (!rows.next()) return std::nullopt;
  return User{rows.parsed<UserId>(0), rows.text(1), rows.parsed<Subnet>(2)};
}

Result<User> user_for(Database& db, std::string_view name, const Settings& settings, Time now) {
  if (auto known = find_user(db, name)) return *known;
  auto block = free_block(db, settings);
  while (!block && forget_an_idle_user(db)) block = free_block(db, settings);
  if (!block)
    return std::unexpected(Error{Code::addresses_exhausted,
                                 "no block of addresses is left for another user",
                                 {{"pool", settings.pool.str()}, {"next", "terminate another user's sessions"}}});
  const User user{UserId::make(), std::string(name), *block};
  db.run("INSERT INTO users (id, name, subnet, created_at) VALUES (?, ?, ?, ?)", user.id, user.name, user.subnet.str(),
         now);
  return user;
}

bool has_sessions(Database& db, const UserId& user, const std::optional<SessionId>& besides) {
  return db.number("SELECT EXISTS (SELECT 1 FROM sessions WHERE user = ?1 AND gone_at IS NULL AND id IS NOT ?2)", user,
                   besides) != 0;
}

bool ever_used(Database& db) {
  return db.number("SELECT EXISTS (SELECT 1 FROM users)") != 0;
}

}  // namespace berth::agent
