#include "storage/volumes.hpp"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "storage/luks.hpp"
#include "storage/qcow2.hpp"
#include "tool.hpp"
#include "world.hpp"

using namespace berth;
namespace fs = std::filesystem;

namespace {

constexpr const char *qemu_img = "/usr/bin/qemu-img", *qemu_io = "/usr/bin/qemu-io";

struct Volume : World {
  Image image = *import(raw_disk(), ImageFormat::raw);
  VolumeSpec spec{VolumeId::make(), user, image.id, 64 * MiB};

  fs::path overlay() const { return volumes.file(spec.id); }
  fs::path key() const { return folder.path / "keys" / (spec.id.str() + ".volume-key"); }
  Presence::State state() { return volumes.observe(spec)->state; }
  /// Options by which QEMU's programs open the overlay with a passphrase.
  std::vector<std::string> opened_by(const std::string& passphrase, const std::vector<std::string>& before) const {
    const auto file = folder.path / "passphrase";
    write(file, passphrase);
    auto arguments = before;
    for (const auto& option :
         {std::string("--object"), "secret,id=key,file=" + file.string(), std::string("--image-opts"),
          "driver=qcow2,file.filename=" + overlay().string() + ",encrypt.format=luks,encrypt.key-secret=key"})
      arguments.push_back(option);
    return arguments;
  }
  Finished img(const std::string& command) { return tool(qemu_img, opened_by(secrets.values.at(spec.id), {command})); }
  Finished io(const std::string& command, const std::string& passphrase) {
    return tool(qemu_io, opened_by(passphrase, {"-c", command}));
  }
};

}  // namespace

TEST_CASE("QEMU opens a fresh volume, with its key alone, and writes nothing readable") {
  if (!have(qemu_img) || !have(qemu_io)) return;
  Volume world;
  for (const Bytes size : {64 * MiB, 513 * MiB, 100 * GiB, 16 * 1024 * GiB}) {
    world.spec = {VolumeId::make(), world.user, world.image.id, size};
    REQUIRE(world.volumes.apply(world.spec));
    const auto checked = world.img("check");
    INFO(checked.output << checked.errors);
    CHECK(checked.status == 0);
    CHECK_THAT(checked.output, Catch::Contains("No errors"));
    const auto told = world.img("info");
    CHECK_THAT(told.output, Catch::Contains("(" + std::to_string(size) + " bytes)") &&
                                Catch::Contains("encrypted: yes") &&
                                Catch::Contains("backing file: " + world.image.disk.string()) &&
                                Catch::Contains("backing file format: raw"));
  }
  const auto passphrase = world.secrets.values.at(world.spec.id);
  CHECK(passphrase.size() == 64);
  CHECK(world.io("read -P 0x55 510 1", passphrase).status == 0);  // the image shines through
  CHECK(world.io("write -P 0x6b 1M 1M", passphrase).status == 0);
  CHECK(world.io("read -P 0x6b 1M 1M", passphrase).status == 0);
  CHECK(world.io("read -P 0x6c 1M 1M", passphrase).status != 0);
  CHECK(contents(world.overlay()).find(std::string(32, 0x6b)) == std::string::npos);
  CHECK(world.img("check").status == 0);

  const auto wrong = world.io("read 1M 1M", std::string(64, 'f'));
  CHECK(wrong.status != 0);
  CHECK_THAT(wrong.errors, Catch::Contains("Invalid password"));
}

TEST_CASE("a volume over a qcow2 image names it and its format") {
  if (!have(qemu_img)) return;
  Volume world;
  world.spec.image = world.import(Qcow2().bytes(), ImageFormat::qcow2)->id;
  REQUIRE(world.volumes.apply(world.spec));
  CHECK_THAT(world.img("info").output, Catch::Contains("backing file format: qcow2"));
  CHECK_THAT(world.img("check").output, Catch::Contains("No errors"));
}

TEST_CASE("the beginning of an overlay is what the format says") {
  const qcow2::Overlay overlay{1 * GiB, "/images/disk", "raw", 2'068'480};
  const auto bytes = qcow2::metadata(overlay);
  CHECK(bytes.size() == 4 * qcow2::cluster);
  CHECK(qcow2::file_length(overlay) == 36 * qcow2::cluster);
  CHECK(std::string(bytes.begin(), bytes.begin() + 8) == std::string("QFI\xfb\0\0\0\3", 8));
  CHECK(bytes[35] == 2);  // LUKS
  CHECK(bytes[39] == 2);  // two L1 entries of 512 MiB each
  const std::string text(bytes.begin(), bytes.begin() + 512);
  CHECK(text.find("/images/disk") != std::string::npos);
  const auto counted = [&](std::size_t n) {
    return bytes[2 * qcow2::cluster + 2 * n] << 8 | bytes[2 * qcow2::cluster + 2 * n + 1];
  };
  CHECK(counted(0) == 1);
  CHECK(counted(35) == 1);
  CHECK(counted(36) == 0);
  CHECK_THROWS(qcow2::metadata({1 * GiB, std::string(1024, 'x'), "raw", 2'068'480}));
  CHECK_THROWS(qcow2::metadata({1 * GiB + 1, "/images/disk", "raw", 2'068'480}));
  CHECK_THROWS(qcow2::metadata({2 * most_disk, "/images/disk", "raw", 2'068'480}));
}

TEST_CASE("no two volumes have a key or a header in common") {
  const auto passphrase = luks_passphrase(Secret::random(32));
  const auto one = make_luks_header(passphrase), other = make_luks_header(passphrase);
  REQUIRE(one);
  REQUIRE(other);
  CHECK(one->bytes != other->bytes);
  CHECK(one->bytes.size() == (8 + 500) * 512);  // header, slot 0
  CHECK(one->area == 4040 * 512);
  Volume world;
  REQUIRE(world.volumes.apply(world.spec));
  const auto first = world.secrets.values.at(world.spec.id);
  world.spec.id = VolumeId::make();
  REQUIRE(world.volumes.apply(world.spec));
  CHECK(world.secrets.values.at(world.spec.id) != first);
}

TEST_CASE("a volume is made once, for root alone, and removed whole") {
  Volume world;
  CHECK(world.state() == Presence::State::absent);
  REQUIRE(world.volumes.apply(world.spec));
  CHECK(world.state() == Presence::State::present);
  struct stat info {};
  REQUIRE(stat(world.overlay().c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  const auto before = contents(world.overlay());
  REQUIRE(world.volumes.apply(world.spec));
  CHECK(contents(world.overlay()) == before);
  CHECK(*world.volumes.list() == std::vector<Id>{world.spec.id});

  REQUIRE(world.volumes.remove(world.spec.id));
  CHECK(world.state() == Presence::State::absent);
  CHECK(world.secrets.values.empty());
  CHECK(files_in(world.folder.path / "volumes") == 0);
  CHECK_FALSE(fs::exists(world.key()));
  CHECK(world.volumes.remove(world.spec.id));
  CHECK(world.volumes.list()->empty());
}

TEST_CASE("after libvirtd's restart the key is loaded again and the overlay stays") {
  Volume world;
  REQUIRE(world.volumes.apply(world.spec));
  const auto before = contents(world.overlay());
  const auto values = std::exchange(world.secrets.values, {});
  CHECK(world.state() == Presence::State::damaged);
  REQUIRE(world.volumes.apply(world.spec));
  CHECK(world.secrets.values == values);
  CHECK(contents(world.overlay()) == before);
}

TEST_CASE("a volume that a machine has used is mended, and never made anew") {
  Volume world;
  REQUIRE(world.volumes.apply(world.spec));
  world.spec.fresh = false;
  world.secrets.values.clear();
  REQUIRE(world.volumes.apply(world.spec));
  CHECK(world.secrets.values.size() == 1);
  fs::remove(world.overlay());
  const auto applied = world.volumes.apply(world.spec);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code == Code::storage_failed);
  CHECK_FALSE(fs::exists(world.overlay()));
  CHECK(fs::exists(world.key()));
}

TEST_CASE("an overlay without its key is damaged, and never written again") {
  Volume world;
  REQUIRE(world.volumes.apply(world.spec));
  const auto before = contents(world.overlay());
  SECTION("no key file") {
    fs::remove(world.key());
  }
  SECTION("a damaged one") {
    damage(world.key(), 120);
  }
  SECTION("no user's key") {
    fs::remove(world.folder.path / "keys" / (world.user.str() + ".key"));
  }
  CHECK(world.state() == Presence::State::damaged);
  const auto applied = world.volumes.apply(world.spec);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code == Code::key_damaged);
  CHECK_THAT(describe(applied.error()), Catch::Contains("next: "));
  CHECK(contents(world.overlay()) == before);
  CHECK(world.volumes.list()->size() == 1);
  REQUIRE(world.volumes.remove(world.spec.id));
  CHECK(world.volumes.list()->empty());
}

TEST_CASE("what a crash cut short is completed or swept") {
  Volume world;
  SECTION("after the key") {
    REQUIRE(world.keys.make_volume_key(world.spec.id, {world.user, world.image.id}));
    CHECK(world.state() == Presence::State::damaged);
    CHECK(*world.volumes.list() == std::vector<Id>{world.spec.id});
  }
  SECTION("within the overlay") {
    REQUIRE(world.keys.make_volume_key(world.spec.id, {world.user, world.image.id}));
    write(world.overlay().string() + ".new", "half");
  }
  SECTION("within the overlay, then restarted") {
    write(world.overlay().string() + ".new", "half");
    world.prepare();
    CHECK(files_in(world.folder.path / "volumes") == 0);
  }
  REQUIRE(world.volumes.apply(world.spec));
  CHECK(world.state() == Presence::State::present);
  CHECK(files_in(world.folder.path / "volumes") == 1);
}

TEST_CASE("a removal that was cut short is completed") {
  Volume world;
  REQUIRE(world.volumes.apply(world.spec));
  SECTION("after the key") {
    REQUIRE(world.keys.remove_volume_key(world.spec.id));
  }
  SECTION("before the key") {
    fs::remove(world.overlay());
  }
  REQUIRE(world.volumes.remove(world.spec.id));
  CHECK(world.volumes.list()->empty());
  CHECK(world.secrets.values.empty());
}

TEST_CASE("removal goes on when libvirt does not answer, and says so") {
  Volume world;
  REQUIRE(world.volumes.apply(world.spec));
  world.secrets.away = true;
  CHECK(world.volumes.remove(world.spec.id).error().code == Code::libvirt_failed);
  CHECK_FALSE(fs::exists(world.overlay()));
  CHECK_FALSE(fs::exists(world.key()));
  world.secrets.away = false;
  REQUIRE(world.volumes.remove(world.spec.id));
  CHECK(world.secrets.values.empty());
}

TEST_CASE("a volume needs its image, and at least its size") {
  Volume world;
  auto spec = world.spec;
  spec.image = *ImageId::parse(std::string(64, 'e'));
  CHECK(world.volumes.apply(spec).error().code == Code::not_found);
  const auto large = world.import(raw_disk(80 << 20), ImageFormat::raw);
  REQUIRE(large);
  spec.image = large->id;
  const auto applied = world.volumes.apply(spec);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code == Code::invalid_field);
  CHECK_THAT(describe(applied.error()), Catch::Contains("ask for 83886080 bytes or more"));
  CHECK(world.volumes.list()->empty());
  CHECK(world.secrets.values.empty());
}

TEST_CASE("an image stays while a volume lies over it") {
  Volume world;
  REQUIRE(world.volumes.apply(world.spec));
  CHECK(world.images.remove(world.image.id).error().code == Code::image_in_use);
  CHECK(world.images.find(world.image.id));
  REQUIRE(world.volumes.remove(world.spec.id));
  REQUIRE(world.images.remove(world.image.id));
}

TEST_CASE("a full file system is said, and what was half made is gone") {
  Volume world;
  const auto volumes = world.folder.path / "volumes";
  if (mount("tmpfs", volumes.c_str(), "tmpfs", 0, "size=300k") != 0) {
    skip("mounting a small file system needs root");
    return;
  }
  const auto applied = world.volumes.apply(world.spec);
  CHECK(files_in(volumes) == 0);
  umount2(volumes.c_str(), MNT_DETACH);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code == Code::storage_full);
  CHECK_FALSE(fs::exists(world.key()));
  CHECK(world.volumes.apply(world.spec));
}

TEST_CASE("many threads make, ask for and remove volumes at once") {
  Volume world;
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      VolumeSpec spec = world.spec;
      spec.id = VolumeId::make();
      for (int round = 0; round < 3; ++round)
        if (!world.volumes.apply(spec) || world.volumes.observe(spec)->state != Presence::State::present ||
            !world.volumes.list() || !world.volumes.remove(spec.id))
          ++failed;
    });
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(world.volumes.list()->empty());
}

TEST_CASE("a volume is made in a moment", "[.][bench]") {
  Volume world;
  for (int i = 0; i < 10; ++i) {
    world.spec.id = VolumeId::make();
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(world.volumes.apply(world.spec));
    const auto took = std::chrono::steady_clock::now() - begin;
    WARN(std::chrono::duration_cast<std::chrono::microseconds>(took).count() << " µs");
  }
}
