// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/idempotency.hpp"

namespace berth::agent {

std::optional<UsedKey> find_key(Database& db, std::string_view user, std::string_view key) {
  auto rows = db.query("SELECT request, session FROM idempotency WHERE user = ? AND key = ?", user, key);
  if (!rows.next()) return std::nullopt;
  return UsedKey{rows.text(0), rows.parsed<SessionId>(1)};
}

void insert_key(Database& db, std::string_view user, std::string_view key, const UsedKey& use) {
  db.run("INSERT INTO idempotency (user, key, request, session) VALUES (?, ?, ?, ?)", user, key, use.request,
         use.session);
}

}  // namespace berth::agent
