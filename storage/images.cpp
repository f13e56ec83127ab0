// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/images.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "storage/folder.hpp"
#include "storage/image_folder.hpp"
#include "storage/spool.hpp"

namespace berth {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view incoming_prefix = ".incoming-", removed_prefix = ".removed-";

/// A folder of our own beside the images, which goes with everything in it unless it became one of them.
class Aside {
 public:
  static Result<Aside> make(const fs::path& folder, std::string_view prefix) {
    auto name = (folder / (std::string(prefix) + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) return std::unexpected(file_error("make a folder for", name, errno));
    return Aside(name);
  }
  Aside(Aside&& other) noexcept : path_(std::exchange(other.path_, fs::path())) {}
  Aside& operator=(Aside&&) = delete;
  ~Aside() {
    std::error_code ignored;  // what stays is swept at the next start
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit Aside(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Error mismatch(const ImageId& expected, const ImageId& found) {
  return {Code::checksum_mismatch,
          "the file's SHA-256 is not the one that was given",
          {{"expected", expected.str()},
           {"found", found.str()},
           {"next", "download the file again, or correct the checksum"}}};
}

}  // namespace

Result<void> Images::prepare() {
  TRY(make_folder(folder_, 0711));
  return sweep(folder_, [](std::string_view name) {
    return name.starts_with(incoming_prefix) || name.starts_with(removed_prefix);
  });
}

Result<Image> Images::import(int file, ImageFormat format, const std::optional<ImageId>& expected) {
  const auto aside = TRY(Aside::make(folder_, incoming_prefix));
  return take_over(aside.path(), file, format, expected);
}

Result<Image> Images::take_over(const fs::path& aside, int file, ImageFormat format,
                                const std::optional<ImageId>& expected) {
  const auto path = aside / image_folder::incoming;
  const auto spooled = TRY(spool(file, path, limits_));
  if (expected && *expected != spooled.id) return std::unexpected(mismatch(*expected, spooled.id));
  const Fd copy(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!copy) return std::unexpected(file_error("open", path, errno));
  const auto inspection = TRY(inspector_.inspect(copy.get(), spooled.size, format, limits_));
  (void)TRY(image_folder::build(aside, spooled.id, spooled.size, inspection, limits_.reserve));
  return settle(aside, spooled.id);
}

Result<Image> Images::settle(const fs::path& aside, const ImageId& id) {
  const auto kept = keep();
  if (::rename(aside.c_str(), (folder_ / id.str()).c_str()) == 0)
    TRY(sync_folder(folder_));
  else if (errno != EEXIST && errno != ENOTEMPTY)
    return std::unexpected(file_error("rename", aside, errno));
  return find(id);
}

Result<Image> Images::find(const ImageId& id) const {
  const auto folder = folder_ / id.str();
  if (::access(folder.c_str(), F_OK) != 0 && errno == ENOENT)
    return std::unexpected(
        Error{Code::not_found, "the image is not on this host", {{"image", id.str()}, {"next", "import it again"}}});
  return image_folder::read(folder, id);
}

Result<std::vector<Image>> Images::list() const {
  std::vector<Image> images;
  for (const auto& name : TRY(names_in(folder_))) {
    const auto id = ImageId::parse(name);
    if (!id) continue;
    if (auto image = find(*id)) images.push_back(std::move(*image));
  }
  return images;
}

Result<void> Images::remove(const ImageId& id) {
  const std::unique_lock lock(removal_);
  const auto volumes = TRY(keys_.volumes_over(id));
  if (!volumes.empty())
    return std::unexpected(Error{
        Code::image_in_use,
        "a volume lies over the image",
        {{"image", id.str()}, {"volume", volumes.front().str()}, {"next", "terminate the sessions that use it"}}});
  const auto aside = TRY(Aside::make(folder_, removed_prefix));
  if (::rename((folder_ / id.str()).c_str(), (aside.path() / "image").c_str()) != 0 && errno != ENOENT)
    return std::unexpected(file_error("remove", folder_ / id.str(), errno));
  return sync_folder(folder_);
}

}  // namespace berth
