// A host's storage in a temporary folder, with the real inspector, and libvirt's secrets replaced by a map.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <map>

#include "core/fd.hpp"
#include "crafted.hpp"
#include "storage/images.hpp"
#include "storage/keys.hpp"
#include "storage/volumes.hpp"
#include "temporary.hpp"

/// Keeps secrets in memory; can be told to fail like a libvirtd that is away.
struct MemorySecrets : berth::SecretStore {
  std::map<berth::VolumeId, std::string> values;
  bool away = false;
  berth::Error failed() const { return {berth::Code::libvirt_failed, "libvirtd is away", {}}; }
  berth::Result<void> put(const berth::VolumeId& volume, const std::filesystem::path&,
                          const berth::Secret& passphrase) override {
    if (away) return std::unexpected(failed());
    values[volume] = std::string(passphrase.bytes().begin(), passphrase.bytes().end());
    return {};
  }
  berth::Result<bool> has(const berth::VolumeId& volume) override {
    if (away) return std::unexpected(failed());
    return values.contains(volume);
  }
  berth::Result<void> drop(const berth::VolumeId& volume) override {
    if (away) return std::unexpected(failed());
    values.erase(volume);
    return {};
  }
};

/// The inspector is built beside this program.
inline berth::Inspector inspector() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return {self.parent_path().parent_path().parent_path() / "storage" / "berth-image-inspector", 65534, 65534};
}

struct World {
  Temporary folder;
  MemorySecrets secrets;
  berth::Keys keys;
  berth::Images images;
  berth::Volumes volumes;
  berth::UserId user = berth::UserId::make();

  explicit World(berth::ImageLimits limits = small())
      : keys(folder.path / "keys", berth::Secret::random(32)),
        images(folder.path / "images", keys, inspector(), limits),
        volumes(folder.path / "volumes", keys, images, secrets) {
    prepare();
    REQUIRE(keys.apply(berth::KeySpec{user}));
  }
  void prepare() {
    REQUIRE(keys.prepare());
    REQUIRE(images.prepare());
    REQUIRE(volumes.prepare());
  }
  static berth::ImageLimits small() {
    berth::ImageLimits limits;
    limits.most_file = 256 * berth::MiB;
    limits.reserve = 0;
    return limits;
  }

  berth::Result<berth::Image> import(const std::string& bytes, berth::ImageFormat format,
                                     const std::optional<berth::ImageId>& expected = std::nullopt) {
    const auto path = folder.path / "given";
    write(path, bytes);
    return import_file(path, format, expected);
  }
  berth::Result<berth::Image> import_file(const std::filesystem::path& path, berth::ImageFormat format,
                                          const std::optional<berth::ImageId>& expected = std::nullopt) {
    const berth::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(file);
    return images.import(file.get(), format, expected);
  }
  std::size_t images_left() const { return files_in(folder.path / "images"); }
};
