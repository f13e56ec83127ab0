// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "agent/model.hpp"
#include "agent/store/database.hpp"

namespace berth::agent {

void insert_image(Database& db, const Image& image);
/// By name, else by id.
std::optional<Image> find_image(Database& db, std::string_view name_or_id);
/// Ordered by name.
std::vector<Image> list_images(Database& db);
/// Whether the volume of a session that is not gone lies over it.
bool is_in_use(Database& db, const ImageId& image);
void delete_image(Database& db, const ImageId& image);

}  // namespace berth::agent
