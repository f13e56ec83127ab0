// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/seed.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <map>

#include "core/file.hpp"
#include "specs.hpp"

using namespace berth;
using namespace berth::hypervisor;

namespace {

HostKey host_key() {
  std::string pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n-----END OPENSSH PRIVATE KEY-----\n";
  return {Secret::taking({reinterpret_cast<std::uint8_t*>(pem.data()), pem.size()}), "ssh-ed25519 AAAAhost"};
}

std::string text_of(const Secret& secret) {
  return {reinterpret_cast<const char*>(secret.bytes().data()), secret.size()};
}

struct Folder {
  std::string path = "/tmp/berth-seed-XXXXXX";
  Folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::map<std::string, std::string> files_in(const std::string& iso) {
  std::map<std::string, std::string> files;
  archive* reader = archive_read_new();
  archive_read_support_format_iso9660(reader);
  REQUIRE(archive_read_open_filename(reader, iso.c_str(), 10240) == ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    std::string text(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    REQUIRE(archive_read_data(reader, text.data(), text.size()) == static_cast<la_ssize_t>(text.size()));
    files[archive_entry_pathname(entry)] = text;
  }
  archive_read_free(reader);
  return files;
}

}  // namespace

TEST_CASE("user-data has the shape that guest images rely on") {
  CHECK(text_of(seed_user_data(test::machine(), host_key())) == R"(#cloud-config
hostname: web
preserve_hostname: false
disable_root: false
ssh_pwauth: false
ssh_deletekeys: true
ssh_genkeytypes: []
ssh_keys:
  ed25519_private: |
    -----BEGIN OPENSSH PRIVATE KEY-----
    AAAA
    BBBB
    -----END OPENSSH PRIVATE KEY-----
  ed25519_public: ssh-ed25519 AAAAhost
users:
  - name: root
    lock_passwd: true
    ssh_authorized_keys:
      - ")" + std::string(test::key_line) + "\"\n");
}

TEST_CASE("a machine without keys has an empty list of them") {
  auto spec = test::machine();
  spec.ssh_keys.clear();
  CHECK(text_of(seed_user_data(spec, host_key())).ends_with("    lock_passwd: true\n    ssh_authorized_keys: []\n"));
}

TEST_CASE("meta-data and network-config") {
  CHECK(seed_meta_data(test::machine()) == "instance-id: 01m7w99dq9xkf0v4ec9qyk8j68\nlocal-hostname: web\n");
  CHECK(seed_network_config(test::machine()) == R"(version: 2
ethernets:
  card:
    match:
      macaddress: "02:be:0a:42:00:02"
    dhcp4: true
    dhcp6: false
    link-local: []
)");
}

TEST_CASE("a seed is an iso9660 file labelled cidata that root alone can read") {
  const Folder folder;
  const auto path = folder.path + "/m.iso";
  for (int again = 0; again < 2; ++again) REQUIRE(write_seed(path, test::machine(), host_key()));
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  const auto bytes = read_file(path, 1 << 20).value();
  CHECK(bytes.substr(16 * 2048 + 1, 5) == "CD001");
  CHECK(bytes.substr(16 * 2048 + 40, 32) == "cidata" + std::string(26, ' '));
  const auto files = files_in(path);
  CHECK(files.size() == 3);
  CHECK(files.at("meta-data") == seed_meta_data(test::machine()));
  CHECK(files.at("network-config") == seed_network_config(test::machine()));
  CHECK(files.at("user-data") == text_of(seed_user_data(test::machine(), host_key())));
}

TEST_CASE("a seed has room for all the keys that a machine may have") {
  const Folder folder;
  auto spec = test::machine();
  const std::string begin = "ssh-rsa AAAAB3NzaC1yc2E";
  const std::string longest = begin + std::string(2048 - begin.size(), 'A');
  spec.ssh_keys.assign(most_ssh_keys, SshKey::parse(longest).value());
  const auto path = folder.path + "/m.iso";
  REQUIRE(write_seed(path, spec, host_key()));
  CHECK(files_in(path).at("user-data") == text_of(seed_user_data(spec, host_key())));
}

TEST_CASE("a seed that cannot be written is an error") {
  CHECK(write_seed("/nowhere/m.iso", test::machine(), host_key()).error().code == Code::storage_failed);
}
