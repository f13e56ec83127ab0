// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/objects.hpp"

namespace berth::agent {
namespace {

const char* ids_of(Kind kind) {
  switch (kind) {
    case Kind::key:
    case Kind::network:
      return "SELECT DISTINCT user FROM sessions WHERE gone_at IS NULL";
    case Kind::volume:
      return "SELECT m.volume FROM machines m JOIN sessions s ON s.id = m.session WHERE s.gone_at IS NULL";
    case Kind::firewall:
    case Kind::domain:
      return "SELECT m.id FROM machines m JOIN sessions s ON s.id = m.session WHERE s.gone_at IS NULL";
  }
  std::unreachable();
}

}  // namespace

std::set<Id> known_objects(Database& db, Kind kind) {
  std::set<Id> ids;
  for (auto rows = db.query(ids_of(kind)); rows.next();) ids.insert(rows.parsed<Id>(0));
  return ids;
}

}  // namespace berth::agent
