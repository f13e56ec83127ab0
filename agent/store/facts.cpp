// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/facts.hpp"

namespace berth::agent {

std::optional<std::string> fact(Database& db, std::string_view name) {
  auto rows = db.query("SELECT value FROM facts WHERE name = ?", name);
  return rows.next() ? std::optional(rows.text(0)) : std::nullopt;
}

void remember(Database& db, std::string_view name, std::string_view value) {
  db.run("INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value);
}

}  // namespace berth::agent
