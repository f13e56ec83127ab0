// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/imports.hpp"

#include <sstream>
#include <stdexcept>

namespace berth::agent {
namespace {

std::string to_lines(const std::set<ImageId>& ids) {
  std::string lines;
  for (const auto& id : ids) lines += id.str() + '\n';
  return lines;
}

std::set<ImageId> from_lines(const std::string& lines) {
  std::set<ImageId> ids;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) {
    const auto id = ImageId::parse(line);
    if (!id) throw std::runtime_error(describe(id.error()));
    ids.insert(*id);
  }
  return ids;
}

}  // namespace

std::int64_t begin_import(Database& db, std::string_view name, const std::set<ImageId>& strangers, Time now) {
  db.run("INSERT INTO imports (name, begun_at, strangers) VALUES (?, ?, ?)", name, now, to_lines(strangers));
  return db.connection().getLastInsertRowid();
}

void end_import(Database& db, std::int64_t id) {
  db.run("DELETE FROM imports WHERE id = ?", id);
}

std::vector<OpenImport> open_imports(Database& db, Time begun_since) {
  std::vector<OpenImport> imports;
  for (auto rows = db.query("SELECT id, strangers FROM imports WHERE begun_at >= ?", begun_since); rows.next();)
    imports.push_back({rows.number(0), from_lines(rows.text(1))});
  return imports;
}

void forget_imports(Database& db, Time begun_before) {
  db.run("DELETE FROM imports WHERE begun_at < ?", begun_before);
}

}  // namespace berth::agent
