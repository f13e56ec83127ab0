// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/images.hpp"

#include <mutex>

#include "agent/host/host.hpp"
#include "agent/store/events.hpp"
#include "agent/store/images.hpp"
#include "agent/store/imports.hpp"
#include "agent/store/store.hpp"
#include "core/json.hpp"
#include "core/label.hpp"

namespace berth::agent {
namespace {

constexpr std::chrono::seconds longest_sweep{2};

Error taken(const Image& other) {
  return {Code::already_exists,
          "there is an image of that name or with these contents",
          {{"name", other.name}, {"id", other.id.str()}, {"next", "use that one, or remove it first"}}};
}

Event image_event(const char* type, const Image& image) {
  Event event;
  event.type = type;
  event.data = dump_json({{"id", image.id.str()}, {"name", image.name}});
  return event;
}

/// The image that is there already, when it is this one.
Result<std::optional<Image>> same(Database& db, const Image& image) {
  for (const auto& key : {image.name, image.id.str()})
    if (const auto other = find_image(db, key)) {
      if (other->id == image.id && other->name == image.name) return other;
      return std::unexpected(taken(*other));
    }
  return std::nullopt;
}

Result<void> give_back(Database& db, const Image& image, Time now) {
  insert_image(db, image);
  append_event(db, now, image_event("image.imported", image));
  return {};
}

}  // namespace

Result<Image> Images::import(int data_fd, std::string_view name, std::string_view format, std::string_view sha256) {
  const auto label = TRY(parse_image_label(name, "name"));
  std::shared_lock importing(importing_);
  const auto under_way = TRY(begin(label));
  auto image = host_.import_image(data_fd, format, sha256);
  if (!image) {
    // An answer that never came leaves open what has become of the file.
    if (image.error().code != Code::hypervisor_unavailable) end(under_way);
    return image;
  }
  image->name = label;
  image->imported_at = clock_.now();
  auto kept = store_.write([&](Database& db) -> Result<Image> {
    const auto before = TRY(same(db, *image));
    end_import(db, under_way);
    if (before) return *before;
    insert_image(db, *image);
    append_event(db, image->imported_at, image_event("image.imported", *image));
    return *image;
  });
  importing.unlock();
  if (!kept && discard(image->id)) end(under_way);
  return kept;
}

/// Remembers that there will be a file, perhaps, and which ones were there without a name before.
Result<std::int64_t> Images::begin(std::string_view name) {
  const auto there = TRY(host_.list_images());
  return store_.write([&](Database& db) -> Result<std::int64_t> {
    std::set<ImageId> strangers;
    for (const auto& image : there)
      if (!find_image(db, image.id.str())) strangers.insert(image.id);
    return begin_import(db, name, strangers, clock_.now());
  });
}

/// What stays when this fails is forgotten in time, and until then a sweep looks after it.
void Images::end(std::int64_t import) {
  (void)store_.write([&](Database& db) -> Result<void> {
    end_import(db, import);
    return {};
  });
}

/// Removes the file of an image that got no name. Another import may be about to name it: then it is left to that, and
/// to the next sweep. Whether nothing is left to be done.
bool Images::discard(const ImageId& id) {
  const std::unique_lock alone(importing_, std::try_to_lock);
  if (!alone) return false;
  const auto named = store_.read([&](Database& db) -> Result<bool> { return find_image(db, id.str()).has_value(); });
  if (!named) return false;
  return *named || host_.remove_image(id).has_value();
}

Result<std::vector<Image>> Images::list() {
  return store_.read([](Database& db) -> Result<std::vector<Image>> { return list_images(db); });
}

/// The name goes first: from then on no session can be made over the file.
Result<void> Images::remove(std::string_view name_or_id) {
  const std::unique_lock alone(importing_, longest_sweep);
  if (!alone)
    return std::unexpected(Error{Code::busy, "an image is being imported", {{"next", "try again when that is done"}}});
  const auto image = TRY(store_.write([&](Database& db) -> Result<Image> {
    const auto found = find_image(db, name_or_id);
    if (!found)
      return std::unexpected(Error{Code::not_found, "there is no such image", {{"image", std::string(name_or_id)}}});
    if (is_in_use(db, found->id))
      return std::unexpected(Error{Code::image_in_use,
                                   "a session needs the image",
                                   {{"image", found->name}, {"next", "terminate the sessions that use it"}}});
    delete_image(db, found->id);
    append_event(db, clock_.now(), image_event("image.removed", *found));
    return *found;
  }));
  auto removed = host_.remove_image(image.id);
  if (!removed) TRY(store_.write([&](Database& db) -> Result<void> { return give_back(db, image, clock_.now()); }));
  return removed;
}

}  // namespace berth::agent
