#include "storage/images.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <thread>

#include "storage/image_folder.hpp"
#include "tool.hpp"
#include "world.hpp"

using namespace berth;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

/// The refusal's reason; nothing may be left behind.
std::string refused(const std::string& bytes, ImageFormat format) {
  World world;
  const auto image = world.import(bytes, format);
  REQUIRE_FALSE(image);
  CHECK(image.error().code == Code::image_rejected);
  CHECK(world.images_left() == 0);
  CHECK_THAT(describe(image.error()), Catch::Contains("next: "));
  return describe(image.error());
}

std::string refused(const Qcow2& image) {
  return refused(image.bytes(), ImageFormat::qcow2);
}

}  // namespace

TEST_CASE("an image is kept under its checksum, read-only, and found again") {
  World world;
  const auto bytes = Qcow2().bytes();
  const auto image = world.import(bytes, ImageFormat::qcow2);
  REQUIRE(image);
  CHECK(image->virtual_size == 1 << 20);
  CHECK(image->file_size == bytes.size());
  CHECK(image->disk_format == DiskFormat::qcow2);
  CHECK_FALSE(image->boot);
  CHECK(image->disk == world.folder.path / "images" / image->id.str() / "disk");
  CHECK(contents(image->disk) == bytes);
  CHECK(mode_of(image->disk) == 0444);
  CHECK(mode_of(image->disk.parent_path()) == 0711);
  CHECK(mode_of(image->disk.parent_path().parent_path()) == 0711);

  CHECK(world.import(bytes, ImageFormat::qcow2, image->id));
  CHECK(world.images_left() == 1);
  CHECK(world.images.find(image->id)->disk == image->disk);
  CHECK(world.images.list()->size() == 1);
  REQUIRE(world.images.remove(image->id));
  CHECK(world.images_left() == 0);
  CHECK(world.images.remove(image->id));
  CHECK(world.images.find(image->id).error().code == Code::not_found);
}

TEST_CASE("an image's id is its SHA-256") {
  World world;
  write(world.folder.path / "disk.raw", raw_disk());
  const auto image = world.import(raw_disk(), ImageFormat::raw);
  REQUIRE(image);
  CHECK(image->virtual_size == 1 << 20);
  const auto sum = tool("/usr/bin/sha256sum", {(world.folder.path / "disk.raw").string()});
  CHECK(sum.output.substr(0, 64) == image->id.str());
}

TEST_CASE("a bundle becomes a disk, a kernel, an initrd and a command line") {
  World world;
  auto members = bundle_members();
  SECTION("with a raw disk") {}
  SECTION("with a qcow2 disk, in another order") {
    members[3] = {"disk.qcow2", Qcow2().bytes()};
    std::swap(members[0], members[3]);
  }
  const auto image = world.import(tar(members, 10240), ImageFormat::bundle);
  REQUIRE(image);
  REQUIRE(image->boot);
  CHECK(image->boot->cmdline == "console=ttyS0 root=/dev/vda");
  CHECK(contents(image->boot->kernel) == kernel());
  CHECK(contents(image->boot->initrd) == "an initrd");
  CHECK(contents(image->disk) == (image->disk_format == DiskFormat::raw ? raw_disk() : Qcow2().bytes()));
  CHECK(image->virtual_size == 1 << 20);
  for (const auto* name : {"disk", "kernel", "initrd", "cmdline", "image.json"})
    CHECK(mode_of(image->disk.parent_path() / name) == 0444);
  CHECK(files_in(image->disk.parent_path()) == 5);
}

TEST_CASE("tar makes bundles that are taken") {
  if (!have("/usr/bin/tar")) return;
  World world;
  const auto folder = world.folder.path / "members";
  fs::create_directory(folder);
  for (const auto& member : bundle_members()) write(folder / member.name, member.bytes);
  for (const auto* format : {"--format=ustar", "--format=gnu"}) {
    const auto file = world.folder.path / "bundle.tar";
    REQUIRE(tool("/usr/bin/tar",
                 {format, "-C", folder.string(), "-cf", file.string(), "kernel", "initrd", "cmdline", "disk.raw"})
                .status == 0);
    const auto image = world.import_file(file, ImageFormat::bundle);
    if (!image) FAIL(describe(image.error()));
  }
}

TEST_CASE("a wrong checksum is refused, and nothing stays behind") {
  World world;
  const auto image = world.import(raw_disk(), ImageFormat::raw, ImageId::parse(std::string(64, '0')).value());
  REQUIRE_FALSE(image);
  CHECK(image.error().code == Code::checksum_mismatch);
  CHECK_THAT(describe(image.error()),
             Catch::Contains("expected: 000") && Catch::Contains("found: ") && Catch::Contains("next: "));
  CHECK(world.images_left() == 0);
}

TEST_CASE("text that pretends to be an image is refused in every format") {
  const std::string text =
      "# Disk DescriptorFile\nversion=1\nRW 63 FLAT \"/etc/shadow\" 0\n" + std::string(2 << 20, '\n');
  CHECK_THAT(refused(text, ImageFormat::qcow2), Catch::Contains("does not begin as a qcow2 image"));
  CHECK_THAT(refused(text, ImageFormat::raw), Catch::Contains("VMDK descriptor"));
  CHECK_THAT(refused(text, ImageFormat::bundle), Catch::Contains("not an uncompressed tar"));
  CHECK_THAT(refused(std::string(2 << 20, 'x'), ImageFormat::raw), Catch::Contains("begins with text"));
  CHECK_THAT(refused("", ImageFormat::raw), Catch::Contains("next: "));
}

TEST_CASE("a qcow2 image that needs something outside itself is refused") {
  CHECK_THAT(refused({.backing_length = 11, .backing_at = 512}), Catch::Contains("backing file"));
  CHECK_THAT(refused({.incompatible = 4}), Catch::Contains("external data file"));
  CHECK_THAT(refused({.autoclear = 2}), Catch::Contains("external data file"));
  CHECK_THAT(refused({.extensions = {{0x44415441, "/etc/shadow"}}}), Catch::Contains("extension"));
  CHECK_THAT(refused({.extensions = {{0xe2792aca, "raw"}}}), Catch::Contains("extension"));
  CHECK_THAT(refused({.crypt = 2}), Catch::Contains("encrypted"));
  CHECK_THAT(refused({.snapshots = 1}), Catch::Contains("snapshots"));
}

TEST_CASE("a qcow2 image with unknown or unsound features is refused") {
  CHECK_THAT(refused({.version = 4}), Catch::Contains("version"));
  CHECK_THAT(refused({.incompatible = 1}), Catch::Contains("dirty"));
  CHECK_THAT(refused({.incompatible = 2}), Catch::Contains("corrupt"));
  CHECK_THAT(refused({.incompatible = 8}), Catch::Contains("compression"));
  CHECK_THAT(refused({.incompatible = 16}), Catch::Contains("extended L2"));
  CHECK_THAT(refused({.incompatible = 1ULL << 40}), Catch::Contains("not known here"));
  CHECK_THAT(refused({.cluster_bits = 8}), Catch::Contains("cluster size"));
  CHECK_THAT(refused({.cluster_bits = 22}), Catch::Contains("cluster size"));
  CHECK_THAT(refused({.cluster_bits = 0xffffffff}), Catch::Contains("cluster size"));
  CHECK_THAT(refused({.header_length = 100}), Catch::Contains("header"));
  CHECK_THAT(refused({.header_length = 0xfffffff8}), Catch::Contains("header"));
  CHECK_THAT(refused({.refcount_order = 7}), Catch::Contains("reference counts"));
  CHECK_THAT(refused({.extensions = {{0x6803f857, std::string(70'000 - 65'536, 'x')}, {0x1234, ""}}}),
             Catch::Contains("extension"));
}

TEST_CASE("a qcow2 image of an absurd size is refused") {
  CHECK_THAT(refused({.l1_size = 122'880, .size = 60ULL << 40}), Catch::Contains("above the limit"));
  CHECK_THAT(refused({.size = 0}), Catch::Contains("virtual size"));
  CHECK_THAT(refused({.size = 1'000'001}), Catch::Contains("virtual size"));
  CHECK_THAT(refused({.size = ~0ULL - 511}), Catch::Contains("above the limit"));
  CHECK_THAT(refused({.l1_size = 2048, .size = 1ULL << 40}), Catch::Contains("1000 to 1"));
}

TEST_CASE("an almost empty qcow2 image of a usual size is taken") {
  World world;
  CHECK(world.import(Qcow2{.l1_size = 128, .size = 64 * GiB}.bytes(), ImageFormat::qcow2));
  CHECK(world.import(Qcow2{.version = 2}.bytes(), ImageFormat::qcow2));
  CHECK(world.import(Qcow2{.extensions = {{0x6803f857, std::string(48, '\1')}}}.bytes(), ImageFormat::qcow2));
}

TEST_CASE("a qcow2 image whose tables or clusters are not within the file is refused") {
  CHECK_THAT(refused({.l1_at = 100 << 16}), Catch::Contains("truncated"));
  CHECK_THAT(refused({.l1_at = ~0ULL << 16}), Catch::Contains("truncated"));
  CHECK_THAT(refused({.l1_at = 12345}), Catch::Contains("L1 table"));
  CHECK_THAT(refused({.l1_size = 0}), Catch::Contains("L1 table"));
  CHECK_THAT(refused({.l1_size = 0xffffffff}), Catch::Contains("L1 table"));
  CHECK_THAT(refused({.refcount_at = 100 << 16}), Catch::Contains("truncated"));
  CHECK_THAT(refused({.refcount_clusters = 0}), Catch::Contains("reference counts"));
  CHECK_THAT(refused({.refcount_clusters = 0xffffffff}), Catch::Contains("reference counts"));
  CHECK_THAT(refused({.l2_at = 100 << 16}), Catch::Contains("truncated"));
  CHECK_THAT(refused({.l2_at = (4 << 16) + 512}), Catch::Contains("L2 table"));
  CHECK_THAT(refused({.data_at = 100 << 16}), Catch::Contains("truncated"));
  CHECK_THAT(refused({.data_at = 1 << 30, .l2_entry_bits = 1ULL << 62}), Catch::Contains("truncated"));
  for (const std::size_t size : {3, 50, 80, 103, 104, 512, 70'000, 200'000, 300'000, 350'000})
    CHECK_THAT(refused({.file_size = size}), Catch::Contains("truncated") || Catch::Contains("qcow2"));
}

TEST_CASE("raw disks must be disks") {
  CHECK_THAT(refused(raw_disk((1 << 20) + 100), ImageFormat::raw), Catch::Contains("sector"));
  CHECK_THAT(refused(raw_disk(4096), ImageFormat::raw), Catch::Contains("too small"));
  CHECK_THAT(refused(std::string(1 << 20, '\0'), ImageFormat::raw), Catch::Contains("neither a partition table"));
  auto disguised = Qcow2().bytes();
  disguised.resize(1 << 20);
  CHECK_THAT(refused(disguised.replace(510, 2, "\x55\xaa"), ImageFormat::raw), Catch::Contains("qcow"));
  World world;
  std::string ext4(1 << 20, '\0');
  CHECK(world.import(ext4.replace(1080, 2, "\x53\xef"), ImageFormat::raw));
}

TEST_CASE("a bundle has exactly its members") {
  const auto with = [](auto change) {
    auto members = bundle_members();
    change(members);
    return refused(tar(members), ImageFormat::bundle);
  };
  using Members = std::vector<Member>&;
  CHECK_THAT(with([](Members m) { m.erase(m.begin()); }), Catch::Contains("lacks the member 'kernel'"));
  CHECK_THAT(with([](Members m) { m.pop_back(); }), Catch::Contains("disk.raw or disk.qcow2"));
  CHECK_THAT(with([](Members m) {
               m.push_back({"disk.qcow2", Qcow2().bytes()});
             }),
             Catch::Contains("disk.raw or disk.qcow2"));
  CHECK_THAT(with([](Members m) { m.push_back(m[1]); }), Catch::Contains("twice"));
  CHECK_THAT(with([](Members m) { m.push_back({"notes", "x"}); }), Catch::Contains("other than"));
  CHECK_THAT(with([](Members m) { m[0].name = "../kernel"; }), Catch::Contains("other than"));
  CHECK_THAT(with([](Members m) { m[0].name = "./kernel"; }), Catch::Contains("other than"));
  CHECK_THAT(with([](Members m) { m[0].name = "/etc/shadow"; }), Catch::Contains("other than"));
  CHECK_THAT(with([](Members m) { m[1] = {"initrd", "", '2', "/etc/shadow"}; }), Catch::Contains("regular file"));
  CHECK_THAT(with([](Members m) { m[1] = {"initrd", "", '1', "kernel"}; }), Catch::Contains("regular file"));
  CHECK_THAT(with([](Members m) { m[1].type = 'x'; }), Catch::Contains("extended headers"));
  CHECK_THAT(with([](Members m) { m[0].bytes = "#!/bin/sh\n"; }), Catch::Contains("not a Linux kernel"));
  CHECK_THAT(with([](Members m) { m[1].bytes = ""; }), Catch::Contains("'initrd' is empty"));
  CHECK_THAT(with([](Members m) { m[2].bytes = "two\nlines\n"; }), Catch::Contains("'cmdline'"));
  CHECK_THAT(with([](Members m) { m[2].bytes = std::string(1025, 'x'); }), Catch::Contains("'cmdline'"));
  CHECK_THAT(with([](Members m) { m[2].bytes = "bell\a"; }), Catch::Contains("'cmdline'"));
  CHECK_THAT(with([](Members m) { m[3].bytes = "text"; }), Catch::Contains("text"));
  CHECK_THAT(with([](Members m) {
               m[3] = {"disk.qcow2", Qcow2{.backing_at = 512}.bytes()};
             }),
             Catch::Contains("backing file"));
}

TEST_CASE("a bundle that is cut off or has something behind it is refused") {
  const auto whole = tar(bundle_members());
  for (const std::size_t size : {100UL, 512UL, 5000UL, whole.size() - 1500, whole.size() - 1024})
    CHECK_THAT(refused(whole.substr(0, size), ImageFormat::bundle), Catch::Contains("truncated"));
  CHECK_THAT(refused(whole + "more", ImageFormat::bundle), Catch::Contains("behind the end"));
  auto bent = whole;
  bent[124] = '9';
  CHECK_THAT(refused(bent, ImageFormat::bundle), Catch::Contains("not an uncompressed tar"));
}

TEST_CASE("an import stops at the limits of the file and of the disk") {
  auto limits = World::small();
  SECTION("a file that says its size") {
    limits.most_file = (1 << 20) - 1;
    World world(limits);
    CHECK(world.import(raw_disk(), ImageFormat::raw).error().code == Code::too_large);
    CHECK(world.images_left() == 0);
  }
  SECTION("a stream that does not end") {
    limits.most_file = 8 << 20;
    World world(limits);
    CHECK(world.import_file("/dev/zero", ImageFormat::raw).error().code == Code::too_large);
    CHECK(world.images_left() == 0);
  }
  SECTION("the reserve of the file system") {
    limits.reserve = ~0ULL / 2;
    World world(limits);
    const auto image = world.import(raw_disk(), ImageFormat::raw);
    CHECK(image.error().code == Code::storage_full);
    CHECK_THAT(describe(image.error()), Catch::Contains("next: "));
    CHECK(world.images_left() == 0);
  }
}

TEST_CASE("a bundle is unpacked only where its copies leave the reserve") {
  Temporary folder;
  if (mount("tmpfs", folder.path.c_str(), "tmpfs", 0, "size=8m") != 0) {
    skip("mounting a small file system needs root");
    return;
  }
  write(folder.path / image_folder::incoming, std::string(3 << 20, 'x'));
  const Inspection inspection{
      {3 << 10, 2 << 20}, DiskFormat::raw, 2 << 20, Inspection::Boot{{0, 1024}, {1024, 1024}, {2048, 9}}};
  const auto build = [&](Bytes reserve) {
    return image_folder::build(folder.path, ImageId(), 3 << 20, inspection, reserve);
  };
  const auto refused = build(4 << 20);
  const auto left = files_in(folder.path);
  const auto built = build(2 << 20);
  umount2(folder.path.c_str(), MNT_DETACH);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::storage_full);
  CHECK_THAT(describe(refused.error()), Catch::Contains("2099209") && Catch::Contains("4194304"));
  CHECK(left == 1);
  CHECK(built);
}

TEST_CASE("an image may come through a pipe") {
  World world;
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  std::thread writer([fd = ends[1]] {
    const auto bytes = raw_disk();
    for (std::size_t at = 0; at < bytes.size();)
      at += static_cast<std::size_t>(::write(fd, bytes.data() + at, bytes.size() - at));
    close(fd);
  });
  const Fd from(ends[0]);
  CHECK(world.images.import(from.get(), ImageFormat::raw, std::nullopt));
  writer.join();
}

TEST_CASE("the same image imported by many at once is one image") {
  World world;
  write(world.folder.path / "given", tar(bundle_members()));
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      const Fd file(open((world.folder.path / "given").c_str(), O_RDONLY | O_CLOEXEC));
      if (world.images.import(file.get(), ImageFormat::bundle, std::nullopt)) ++done;
    });
  for (auto& thread : threads) thread.join();
  CHECK(done == 6);
  CHECK(world.images_left() == 1);
}

TEST_CASE("what a crash left of an import or a removal is swept") {
  World world;
  const auto image = world.import(raw_disk(), ImageFormat::raw);
  REQUIRE(image);
  for (const auto* name : {".incoming-abcdef", ".removed-abcdef"}) {
    fs::create_directory(world.folder.path / "images" / name);
    write(world.folder.path / "images" / name / "incoming", "half");
  }
  REQUIRE(world.images.prepare());
  CHECK(world.images_left() == 1);
  CHECK(world.images.find(image->id));
}

TEST_CASE("an image that lost a file is said to be not whole") {
  World world;
  const auto image = world.import(tar(bundle_members()), ImageFormat::bundle);
  REQUIRE(image);
  SECTION("the disk") {
    fs::remove(image->disk);
  }
  SECTION("the kernel") {
    fs::remove(image->boot->kernel);
  }
  SECTION("what is known of it") {
    fs::remove(image->disk.parent_path() / "image.json");
  }
  CHECK(world.images.find(image->id).error().code == Code::storage_failed);
  CHECK(world.images.list()->empty());
}

TEST_CASE("images that QEMU makes are taken") {
  if (!have("/usr/bin/qemu-img")) return;
  World world;
  const auto source = world.folder.path / "source.raw", made = world.folder.path / "made.qcow2";
  std::string bytes = raw_disk(5 << 20);
  for (std::size_t i = 1 << 20; i < bytes.size(); i += 7) bytes[i] = static_cast<char>(i * 31 >> 3);
  write(source, bytes.substr(0, bytes.size() - 512 * 3));
  const auto check = [&](std::vector<std::string> arguments) {
    const auto finished = tool("/usr/bin/qemu-img", std::move(arguments));
    INFO(finished.errors);
    REQUIRE(finished.status == 0);
    const auto image = world.import_file(made, ImageFormat::qcow2);
    if (!image) FAIL_CHECK(describe(image.error()));
    fs::remove(made);
  };
  for (const auto* options :
       {"compat=1.1", "compat=0.10", "cluster_size=512", "cluster_size=2M", "preallocation=metadata",
        "preallocation=falloc", "lazy_refcounts=on", "refcount_bits=1"}) {
    INFO(options);
    check({"convert", "-q", "-f", "raw", "-O", "qcow2", "-o", options, source.string(), made.string()});
    check({"create", "-q", "-f", "qcow2", "-o", options, made.string(), "100M"});
  }
  check({"convert", "-q", "-c", "-f", "raw", "-O", "qcow2", source.string(), made.string()});
}

TEST_CASE("a verdict is not believed beyond what it may say") {
  const ImageLimits limits;
  const auto parsed = [&](const char* text, ImageFormat format = ImageFormat::raw) {
    return parse_verdict(text, format, 4096, limits);
  };
  const char* good = R"({"verdict":"taken","disk_format":"raw","virtual_size":4096,"disk":{"offset":0,"size":4096}})";
  CHECK(parsed(good));
  CHECK_FALSE(parsed(good, ImageFormat::qcow2));
  CHECK_FALSE(parsed(good, ImageFormat::bundle));
  for (const auto* bad :
       {"", "{}", "[]", R"({"verdict":"taken"})",
        R"({"verdict":"taken","disk_format":"raw","virtual_size":4096,"disk":{"offset":0,"size":4097}})",
        R"({"verdict":"taken","disk_format":"raw","virtual_size":4096,"disk":{"offset":1,"size":4095}})",
        R"({"verdict":"taken","disk_format":"raw","virtual_size":99999999999999999,"disk":{"offset":0,"size":4096}})",
        R"({"verdict":"taken","disk_format":"raw","virtual_size":4097,"disk":{"offset":0,"size":4096}})",
        R"({"verdict":"taken","disk_format":"vmdk","virtual_size":4096,"disk":{"offset":0,"size":4096}})",
        R"({"verdict":"taken","disk_format":"raw","virtual_size":4096,"disk":{"offset":0,"size":4096},"more":1})",
        R"({"verdict":"refused","reason":"\u001b[2Jgone","next":"x"})"}) {
    INFO(bad);
    const auto verdict = parsed(bad);
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error().code == Code::image_rejected);
    CHECK_THAT(describe(verdict.error()), !Catch::Contains("gone"));
  }
  const auto bundle = [&](const char* cmdline) {
    return parse_verdict(
        std::string(R"({"verdict":"taken","disk_format":"raw","virtual_size":512,"disk":{"offset":0,"size":512},
      "kernel":{"offset":512,"size":512},"initrd":{"offset":1024,"size":512},"cmdline":)") +
            cmdline + "}",
        ImageFormat::bundle, 4096, limits);
  };
  CHECK(bundle(R"({"offset":2048,"size":100})"));
  CHECK_FALSE(bundle(R"({"offset":2048,"size":2000})"));
  CHECK_FALSE(bundle(R"({"offset":18446744073709551615,"size":2})"));
}

TEST_CASE("a bundle whose members are the same bytes again and again is refused") {
  const auto bundle = [](const char* initrd) {
    return parse_verdict(
        std::string(R"({"verdict":"taken","disk_format":"raw","virtual_size":512,"disk":{"offset":0,"size":2048},
      "kernel":{"offset":0,"size":1024},"cmdline":{"offset":0,"size":24},"initrd":)") +
            initrd + "}",
        ImageFormat::bundle, 4096, ImageLimits());
  };
  CHECK(bundle(R"({"offset":0,"size":1000})"));
  const auto verdict = bundle(R"({"offset":0,"size":1001})");
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == Code::image_rejected);
}

TEST_CASE("an inspector that is not there or cannot work says so, and nothing is taken") {
  Temporary folder;
  Keys keys(folder.path / "keys", Secret::random(32));
  Images images(folder.path / "images", keys, Inspector("/nonexistent/inspector", 65534, 65534), World::small());
  REQUIRE(images.prepare());
  write(folder.path / "given", raw_disk());
  const Fd file(open((folder.path / "given").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(images.import(file.get(), ImageFormat::raw, std::nullopt));
  CHECK(files_in(folder.path / "images") == 0);
}
