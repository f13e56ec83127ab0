#include "storage/keys.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "storage/host_key.hpp"
#include "storage/wrap.hpp"
#include "temporary.hpp"
#include "tool.hpp"

using namespace berth;
namespace fs = std::filesystem;

namespace {

Secret fixed(std::uint8_t value) {
  Secret key(key_size);
  std::ranges::fill(key.bytes(), value);
  return key;
}

bool same(const Secret& a, const Secret& b) {
  return std::ranges::equal(a.bytes(), b.bytes());
}

struct Host {
  Temporary folder;
  Keys keys{folder.path / "keys", fixed(7)};
  UserId alice = UserId::make(), bob = UserId::make();
  VolumeId volume = VolumeId::make();
  ImageId image = *ImageId::parse(std::string(64, 'a'));

  Host() {
    REQUIRE(keys.prepare());
    REQUIRE(keys.apply(KeySpec{alice}));
    REQUIRE(keys.apply(KeySpec{bob}));
  }
  fs::path file(const UserId& user) const { return folder.path / "keys" / (user.str() + ".key"); }
  fs::path file(const VolumeId& id) const { return folder.path / "keys" / (id.str() + ".volume-key"); }
  Presence::State state(const UserId& user) { return keys.observe(KeySpec{user})->state; }
};

}  // namespace

TEST_CASE("a key opens only under the key that wrapped it and with what it was bound to") {
  const auto key = Secret::random(key_size);
  const auto wrapped = wrap(key, fixed(1), "volume a");
  CHECK(same(*unwrap(wrapped, fixed(1), "volume a"), key));
  CHECK_FALSE(unwrap(wrapped, fixed(2), "volume a"));
  CHECK_FALSE(unwrap(wrapped, fixed(1), "volume b"));
  CHECK(wrap(key, fixed(1), "volume a") != wrapped);
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    auto changed = wrapped;
    changed[i] ^= 1;
    CHECK_FALSE(unwrap(changed, fixed(1), "volume a"));
  }
}

TEST_CASE("a user's key is made once, for root alone, and outlives the process") {
  Host host;
  struct stat info {};
  REQUIRE(stat(host.file(host.alice).c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  REQUIRE(stat((host.folder.path / "keys").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0700);
  const auto before = contents(host.file(host.alice));
  REQUIRE(host.keys.apply(KeySpec{host.alice}));
  CHECK(contents(host.file(host.alice)) == before);

  REQUIRE(host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  Keys restarted(host.folder.path / "keys", fixed(7));
  CHECK(same(*restarted.volume_key(host.volume, host.alice), *host.keys.volume_key(host.volume, host.alice)));
  CHECK(restarted.list()->size() == 2);
}

TEST_CASE("a damaged key file is named, left as it is, and not replaced") {
  Host host;
  const auto path = host.file(host.alice);
  SECTION("one bit") {
    damage(path, 40);
  }
  SECTION("its magic") {
    damage(path, 0);
  }
  SECTION("cut short") {
    fs::resize_file(path, 30);
  }
  SECTION("empty") {
    fs::resize_file(path, 0);
  }
  SECTION("far too long") {
    fs::resize_file(path, 100'000);
  }
  SECTION("another user's file") {
    write(path, contents(host.file(host.bob)));
  }
  const auto before = contents(path);
  CHECK(host.state(host.alice) == Presence::State::damaged);
  const auto applied = host.keys.apply(KeySpec{host.alice});
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code == Code::key_damaged);
  CHECK_THAT(describe(applied.error()), Catch::Contains(path.string()) && Catch::Contains("next: restore"));
  CHECK(contents(path) == before);
  CHECK_FALSE(host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  CHECK_FALSE(fs::exists(host.file(host.volume)));
  CHECK(host.state(host.bob) == Presence::State::present);
}

TEST_CASE("under another host key every user's key is damaged") {
  Host host;
  Keys other(host.folder.path / "keys", fixed(8));
  CHECK(other.observe(KeySpec{host.alice})->state == Presence::State::damaged);
}

TEST_CASE("a volume's key needs its user's key, and belongs to that user alone") {
  Host host;
  CHECK(host.keys.make_volume_key(host.volume, {UserId::make(), host.image}).error().code == Code::not_found);
  CHECK(*host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  CHECK_FALSE(*host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  CHECK(host.keys.volume_key(host.volume, host.bob).error().code == Code::key_damaged);
  CHECK(host.keys.volume_key(VolumeId::make(), host.alice).error().code == Code::not_found);
  CHECK(host.keys.make_volume_key(host.volume, {host.alice, *ImageId::parse(std::string(64, 'b'))}).error().code ==
        Code::already_exists);
}

TEST_CASE("a volume's damaged key file is named and kept, whatever byte is wrong") {
  Host host;
  REQUIRE(host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  const auto path = host.file(host.volume);
  const auto whole = contents(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    write(path, whole);
    damage(path, at);
    const bool says_whose = at >= 8 && at < 34;  // told by the caller too, so a wrong name there loses nothing
    const auto key = host.keys.volume_key(host.volume, host.alice);
    CHECK(key.has_value() == says_whose);
    if (!key) CHECK(key.error().code == Code::key_damaged);
    CHECK(host.keys.make_volume_key(host.volume, {host.alice, host.image}).has_value() == says_whose);
    CHECK(fs::exists(path));
  }
}

TEST_CASE("a user's key is not removed while a volume needs it") {
  Host host;
  REQUIRE(host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  SECTION("as it should be") {}
  SECTION("when the volume's file is damaged") {
    damage(host.file(host.volume), 150);
  }
  SECTION("when the volume's file names another user by mistake") {
    damage(host.file(host.volume), 33);
  }
  SECTION("when the user's key is damaged itself") {
    damage(host.file(host.alice), 50);
  }
  CHECK(host.keys.remove(host.alice).error().code == Code::wrong_state);
  CHECK(fs::exists(host.file(host.alice)));
  REQUIRE(host.keys.remove_volume_key(host.volume));
  REQUIRE(host.keys.remove(host.alice));
  CHECK(host.state(host.alice) == Presence::State::absent);
  CHECK(host.state(host.bob) == Presence::State::present);
}

TEST_CASE("an erased key's bytes are gone from the file before its name is") {
  Host host;
  const auto path = host.file(host.alice), second = host.folder.path / "link";
  fs::create_hard_link(path, second);
  const auto before = contents(second);
  REQUIRE(host.keys.remove(host.alice));
  CHECK_FALSE(fs::exists(path));
  CHECK(contents(second).size() == before.size());
  CHECK(contents(second) != before);
  CHECK(host.keys.remove(host.alice));
}

TEST_CASE("an erasure that was cut short does not lock its user out, and is completed") {
  Host host;
  const auto path = host.file(host.alice);
  const fs::path gone = path.string() + ".gone", second = host.folder.path / "link";
  fs::rename(path, gone);
  fs::create_hard_link(gone, second);
  const auto before = contents(second);
  CHECK(host.state(host.alice) == Presence::State::absent);
  CHECK(host.keys.list()->size() == 1);
  SECTION("at the next start") {
    REQUIRE(host.keys.apply(KeySpec{host.alice}));
    const auto fresh = contents(path);
    REQUIRE(host.keys.prepare());
    CHECK(contents(path) == fresh);
  }
  SECTION("when it is asked for again") {
    REQUIRE(host.keys.remove(host.alice));
  }
  SECTION("when the user's next key is erased") {
    REQUIRE(host.keys.apply(KeySpec{host.alice}));
    REQUIRE(host.keys.remove(host.alice));
    CHECK_FALSE(fs::exists(path));
  }
  CHECK_FALSE(fs::exists(gone));
  CHECK(contents(second) != before);
}

TEST_CASE("an erasure that fails half way leaves nothing under the key's own name") {
  Host host;
  const auto path = host.file(host.alice);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{0, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &none);
  const auto removed = host.keys.remove(host.alice);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(removed);
  CHECK(host.state(host.alice) == Presence::State::absent);
  REQUIRE(host.keys.remove(host.alice));
  CHECK(files_in(path.parent_path()) == 1);
}

TEST_CASE("who lies over an image is known from key files, in doubt too") {
  Host host;
  REQUIRE(host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  const auto other = *ImageId::parse(std::string(64, 'c'));
  CHECK(host.keys.volumes_over(host.image)->size() == 1);
  CHECK(host.keys.volumes_over(other)->empty());
  fs::resize_file(host.file(host.volume), 20);
  CHECK(host.keys.volumes_over(other)->size() == 1);
}

TEST_CASE("a key file that cannot be read keeps nobody from the others") {
  Host host;
  REQUIRE(host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  fs::create_directory(host.file(VolumeId::make()));
  CHECK(host.keys.volumes_over(host.image)->size() == 2);
  CHECK(host.keys.remove(host.alice).error().code == Code::wrong_state);
  REQUIRE(host.keys.remove_volume_key(host.volume));
  CHECK(host.keys.remove(host.alice));
}

TEST_CASE("a volume's key file tells its image") {
  Host host;
  CHECK(host.keys.image_under(host.volume).error().code == Code::key_damaged);
  REQUIRE(host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  CHECK(host.keys.image_under(host.volume) == host.image);
}

TEST_CASE("what a crash left half written is swept, and foreign names are not listed") {
  Host host;
  write(host.file(host.alice).string() + ".new", "half");
  write(host.folder.path / "keys" / "notes.key", "mine");
  REQUIRE(host.keys.prepare());
  CHECK_FALSE(fs::exists(host.file(host.alice).string() + ".new"));
  CHECK(fs::exists(host.folder.path / "keys" / "notes.key"));
  CHECK(host.keys.list()->size() == 2);
}

TEST_CASE("many threads that want one user's key get the same one") {
  Temporary folder;
  Keys keys(folder.path / "keys", fixed(7));
  REQUIRE(keys.prepare());
  const auto user = UserId::make();
  const auto image = *ImageId::parse(std::string(64, 'a'));
  std::vector<VolumeId> volumes(8);
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (auto& volume : volumes) {
    volume = VolumeId::make();
    threads.emplace_back([&keys, &failed, user, image, volume] {
      if (!keys.apply(KeySpec{user}) || !keys.make_volume_key(volume, {user, image})) ++failed;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  for (const auto& volume : volumes) CHECK(keys.volume_key(volume, user).has_value());
}

TEST_CASE("the host key is 32 bytes or a clear refusal") {
  Temporary folder;
  const auto file = folder.path / "host-key";
  CHECK_THAT(describe(read_host_key(folder.path).error()), Catch::Contains(file.string()) && Catch::Contains("next:"));
  write(file, std::string(31, 'k'));
  CHECK(read_host_key(folder.path).error().code == Code::key_damaged);
  write(file, std::string(33, 'k'));
  CHECK(read_host_key(folder.path).error().code == Code::key_damaged);
  write(file, std::string(32, 'k'));
  CHECK(same(*read_host_key(folder.path), fixed('k')));
}

TEST_CASE("a machine's SSH host key follows from its volume, and OpenSSH reads it") {
  Host host;
  REQUIRE(host.keys.make_volume_key(host.volume, {host.alice, host.image}));
  const auto line = *host.keys.ssh_public_key(host.volume, host.alice);
  CHECK(line == *host.keys.ssh_public_key(host.volume, host.alice));
  REQUIRE(SshKey::parse(line));
  const auto other = VolumeId::make();
  REQUIRE(host.keys.make_volume_key(other, {host.alice, host.image}));
  CHECK(line != *host.keys.ssh_public_key(other, host.alice));

  const auto pem = *host.keys.ssh_private_key(host.volume, host.alice);
  CHECK(same(pem, *host.keys.ssh_private_key(host.volume, host.alice)));
  if (!have("/usr/bin/ssh-keygen")) return;
  const auto path = host.folder.path / "id";
  write(path, std::string(pem.bytes().begin(), pem.bytes().end()));
  fs::permissions(path, fs::perms::owner_read);
  const auto read = tool("/usr/bin/ssh-keygen", {"-y", "-f", path.string()});
  INFO(read.errors);
  CHECK(read.status == 0);
  CHECK(read.output == line + "\n");
}
