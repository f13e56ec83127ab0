// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/id.hpp"

namespace berth {

/// Makes one folder with exactly this mode, or gives an existing one this mode. The folder above must be there.
Result<void> make_folder(const std::filesystem::path& path, mode_t mode);

/// The names in a folder, sorted; an absent folder has none.
Result<std::vector<std::string>> names_in(const std::filesystem::path& folder);

/// The ids of the files "ID" + suffix, other names left out.
Result<std::vector<Id>> ids_in(const std::filesystem::path& folder, std::string_view suffix);

/// Removes every entry whose name `left_over` takes for a remainder of a crash, folders with what is in them.
Result<void> sweep(const std::filesystem::path& folder, const std::function<bool(std::string_view)>& left_over);

}  // namespace berth
