// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/store/images.hpp"

namespace berth::agent {
namespace {

Image image_in(const Rows& rows) {
  return {rows.parsed<ImageId>(0), rows.text(1), static_cast<Bytes>(rows.number(2)), static_cast<Bytes>(rows.number(3)),
          rows.number(4) != 0,     rows.time(5)};
}

}  // namespace

void insert_image(Database& db, const Image& image) {
  db.run("INSERT INTO images (id, name, file_size, virtual_size, has_kernel, imported_at) VALUES (?, ?, ?, ?, ?, ?)",
         image.id, image.name, static_cast<std::int64_t>(image.file_size),
         static_cast<std::int64_t>(image.virtual_size), image.has_kernel, image.imported_at);
}

std::optional<Image> find_image(Database& db, std::string_view name_or_id) {
  auto rows = db.query("SELECT * FROM images WHERE name = ?1 OR id = ?1 ORDER BY name <> ?1 LIMIT 1", name_or_id);
  return rows.next() ? std::optional(image_in(rows)) : std::nullopt;
}

std::vector<Image> list_images(Database& db) {
  std::vector<Image> images;
  for (auto rows = db.query("SELECT * FROM images ORDER BY name"); rows.next();) images.push_back(image_in(rows));
  return images;
}

bool is_in_use(Database& db, const ImageId& image) {
  return db.number("SELECT EXISTS (SELECT 1 FROM sessions WHERE image = ? AND gone_at IS NULL)", image) != 0;
}

void delete_image(Database& db, const ImageId& image) {
  db.run("DELETE FROM images WHERE id = ?", image);
}

}  // namespace berth::agent
