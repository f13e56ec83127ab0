// What touches the machine: files, programs, secrets, configuration, the clock.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/secret.hpp"

using namespace berth;
namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("berth-core-" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<po::variables_map> configured(const std::string& ini, std::vector<const char*> arguments = {}) {
  const Folder folder;
  const auto file = folder.path / "test.conf";
  std::ofstream(file) << ini;
  po::options_description options;
  options.add_options()("limit", po::value<std::string>()->default_value("7"), "")(
      "name", po::value<std::string>()->default_value("x"), "");
  arguments.insert(arguments.begin(), "test");
  return read_config(options, static_cast<int>(arguments.size()), arguments.data(), file);
}

}  // namespace

TEST_CASE("a file is replaced whole, with its mode, and a failed write leaves the old one") {
  const Folder folder;
  const auto file = folder.path / "key";
  REQUIRE(write_file(file, bytes("old"), 0600));
  REQUIRE(write_file(file, bytes("new"), 0600));
  CHECK(*read_file(file, 100) == "new");
  struct stat info {};
  REQUIRE(stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  CHECK_FALSE(fs::exists(file.string() + ".new"));
  CHECK_FALSE(write_file(folder.path / "no" / "such", bytes("x"), 0600));
  fs::create_directory(folder.path / "folder");
  CHECK_FALSE(write_file(folder.path / "folder", bytes("x"), 0600));
  CHECK_FALSE(fs::exists(folder.path / "folder.new"));
  CHECK(write_file("/dev/full/x", bytes("x"), 0600).error().code == Code::storage_failed);
}

TEST_CASE("reading refuses what is too long, a link, a folder, a pipe") {
  const Folder folder;
  std::ofstream(folder.path / "long") << "12345";
  fs::create_symlink(folder.path / "long", folder.path / "link");
  REQUIRE(mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  CHECK(read_file(folder.path / "long", 5));
  for (const char* bad : {"link", "pipe", ".", "absent"}) CHECK_FALSE(read_file(folder.path / bad, 5));
  CHECK_FALSE(read_file(folder.path / "long", 4));
}

TEST_CASE("removing an absent file is success") {
  const Folder folder;
  CHECK(remove_file(folder.path / "absent"));
}

TEST_CASE("a program gets its arguments and nothing of our environment, and is killed at its deadline") {
  const auto echoed = run({.path = "/bin/echo", .arguments = {"a b", "$HOME", ";ls"}});
  REQUIRE(echoed);
  CHECK(echoed->output == "a b $HOME ;ls\n");
  CHECK(run({.path = "/usr/bin/env", .environment = {"ONLY=this"}})->output == "ONLY=this\n");
  CHECK(run({.path = "/bin/false"})->status == 1);
  CHECK_FALSE(run({.path = "/no/such/program"}));
  CHECK(run({.path = "/bin/cat"})->status == 0);
  const auto before = std::chrono::steady_clock::now();
  CHECK_FALSE(run({.path = "/bin/sleep", .arguments = {"60"}, .deadline = std::chrono::milliseconds(50)}));
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(30));
  CHECK(run({.path = "/usr/bin/yes", .deadline = std::chrono::milliseconds(50)}).error().code == Code::internal);
}

TEST_CASE("a secret wipes its source and moves") {
  std::array<std::uint8_t, 4> source{1, 2, 3, 4};
  auto secret = Secret::taking(source);
  CHECK(source == std::array<std::uint8_t, 4>{});
  const Secret moved = std::move(secret);
  CHECK(moved.size() == 4);
  CHECK(moved.bytes()[3] == 4);
  static_assert(!std::is_copy_constructible_v<Secret>);
}

TEST_CASE("times are shown as RFC 3339") {
  CHECK(to_text(Time(std::chrono::milliseconds(1'770'091'506'789))) == "2026-02-03T04:05:06.789Z");
  CHECK(to_text(Time(std::chrono::milliseconds(5))) == "1970-01-01T00:00:00.005Z");
}

TEST_CASE("configuration refuses nonsense, naming the key") {
  CHECK(config_text(*configured("# a comment\n\nlimit = 9\n"), "limit") == "9");
  CHECK(config_text(*configured(""), "limit") == "7");
  CHECK(config_text(*configured("limit = 9\n", {"--limit=3"}), "limit") == "3");
  for (const char* bad :
       {"limt = 9", "limit =", "limit = 9 # behind", "limit = 9\nlimit = 8", "[section]\nlimit = 9", "limit"}) {
    INFO(bad);
    REQUIRE_FALSE(configured(bad));
    CHECK(configured(bad).error().details.back().first == "file");
  }
  CHECK_FALSE(configured("", {"--lim=3"}));
  CHECK_FALSE(configured("", {"--limit"}));
  CHECK_FALSE(configured("", {"stray"}));
  CHECK_FALSE(configured("", {"--config=/no/such/file"}));
}

TEST_CASE("configured numbers neither wrap nor overflow") {
  const auto number = [](const std::string& text) {
    return config_number(*configured("limit = " + text), "limit", 1, 1ULL << 40, true);
  };
  CHECK(*number("512M") == 512ULL << 20);
  CHECK(*number("1T") == 1ULL << 40);
  for (const char* bad : {"-1", "0", "2T", "1.5", "99999999999999999999", "16777216T", "1X", "1MM", "M", "0x10"})
    CHECK_FALSE(number(bad));
  CHECK(*config_flag(*configured("limit = yes"), "limit"));
  CHECK_FALSE(config_flag(*configured("limit = true"), "limit"));
}
