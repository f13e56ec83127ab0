// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "core/file.hpp"

namespace berth {

namespace fs = std::filesystem;

Result<void> make_folder(const fs::path& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return std::unexpected(file_error("make a folder for", path, errno));
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::unexpected(file_error("look at", path, errno));
  if (!S_ISDIR(info.st_mode)) return std::unexpected(file_error("make a folder for", path, ENOTDIR));
  if (::chmod(path.c_str(), mode) != 0) return std::unexpected(file_error("set the mode of", path, errno));
  return {};
}

Result<std::vector<std::string>> names_in(const fs::path& folder) {
  std::error_code fault;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault))
    names.push_back(entry->path().filename());
  if (fault && fault != std::errc::no_such_file_or_directory)
    return std::unexpected(file_error("list", folder, fault.value()));
  std::ranges::sort(names);
  return names;
}

Result<std::vector<Id>> ids_in(const fs::path& folder, std::string_view suffix) {
  std::vector<Id> ids;
  for (const std::string_view name : TRY(names_in(folder)))
    if (name.size() == Id::text_length + suffix.size() && name.ends_with(suffix))
      if (const auto id = Id::parse(name.substr(0, Id::text_length))) ids.push_back(*id);
  return ids;
}

Result<void> sweep(const fs::path& folder, const std::function<bool(std::string_view)>& left_over) {
  for (const std::string& name : TRY(names_in(folder))) {
    std::error_code fault;
    if (left_over(name)) fs::remove_all(folder / name, fault);
    if (fault) return std::unexpected(file_error("remove", folder / name, fault.value()));
  }
  return {};
}

}  // namespace berth
