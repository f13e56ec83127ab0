// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/seed.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "core/file.hpp"
#include "core/names.hpp"

namespace berth::hypervisor {
namespace {

struct FreeArchive {
  void operator()(archive* handle) const noexcept { archive_write_free(handle); }
};
struct FreeEntry {
  void operator()(archive_entry* handle) const noexcept { archive_entry_free(handle); }
};
using ArchivePtr = std::unique_ptr<archive, FreeArchive>;
using EntryPtr = std::unique_ptr<archive_entry, FreeEntry>;

constexpr std::size_t largest_seed = 1024 * 1024;  // 64 keys of 2 KiB, and what iso9660 adds, are under 600 KiB

Error failed(const DomainSpec& spec, archive* writer) {
  const char* reason = archive_error_string(writer);
  return {Code::storage_failed,
          "cannot make a machine's seed",
          {{"machine", spec.machine.str()}, {"reason", reason != nullptr ? reason : "no memory"}}};
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// "    line\n" for every line: the body of a YAML block.
void append_block(std::string& text, std::string_view lines) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    text.append("    ").append(lines.substr(0, end)).append("\n");
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

int add(archive* writer, const char* name, std::span<const std::uint8_t> bytes) {
  const EntryPtr entry(archive_entry_new());
  if (!entry) return ARCHIVE_FATAL;
  archive_entry_set_pathname(entry.get(), name);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0400);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (const int r = archive_write_header(writer, entry.get()); r != ARCHIVE_OK) return r;
  return archive_write_data(writer, bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size())
             ? ARCHIVE_OK
             : ARCHIVE_FATAL;
}

/// The library writes the primary volume's label in capitals, as the strictest reading of ISO 9660 wants it; guests
/// look for "cidata". The label stands in sector 16 from byte 40 on (ECMA-119, 8.4).
void label(std::span<std::uint8_t> image) {
  constexpr std::string_view name = "cidata";
  std::ranges::copy(name, image.subspan(16 * 2048 + 40).begin());
}

Result<std::size_t> fill(std::vector<std::uint8_t>& image, const DomainSpec& spec, const HostKey& key) {
  const ArchivePtr writer(archive_write_new());
  if (!writer) return std::unexpected(failed(spec, nullptr));
  std::size_t used = 0;
  const auto user_data = seed_user_data(spec, key);
  int r = archive_write_set_format_iso9660(writer.get());
  if (r == ARCHIVE_OK) r = archive_write_set_options(writer.get(), "volume-id=cidata,!pad");
  if (r == ARCHIVE_OK) r = archive_write_open_memory(writer.get(), image.data(), image.size(), &used);
  if (r == ARCHIVE_OK) r = add(writer.get(), "meta-data", bytes_of(seed_meta_data(spec)));
  if (r == ARCHIVE_OK) r = add(writer.get(), "network-config", bytes_of(seed_network_config(spec)));
  if (r == ARCHIVE_OK) r = add(writer.get(), "user-data", user_data.bytes());
  if (r == ARCHIVE_OK) r = archive_write_close(writer.get());
  if (r != ARCHIVE_OK) return std::unexpected(failed(spec, writer.get()));
  label(image);
  return used;
}

}  // namespace

std::string seed_meta_data(const DomainSpec& spec) {
  return fmt::format("instance-id: {}\nlocal-hostname: {}\n", spec.machine.str(), spec.hostname);
}

std::string seed_network_config(const DomainSpec& spec) {
  return fmt::format(R"(version: 2
ethernets:
  card:
    match:
      macaddress: "{}"
    dhcp4: true
    dhcp6: false
    link-local: []
)",
                     names::mac(spec.address));
}

Secret seed_user_data(const DomainSpec& spec, const HostKey& key) {
  std::string text;
  text.reserve(8 * 1024 + spec.ssh_keys.size() * 2200);  // once: a string that grows leaves copies behind
  text += fmt::format(R"(#cloud-config
hostname: {}
preserve_hostname: false
disable_root: false
ssh_pwauth: false
ssh_deletekeys: true
ssh_genkeytypes: []
ssh_keys:
  ed25519_private: |
)",
                      spec.hostname);
  const auto pem = key.private_pem.bytes();
  append_block(text, {reinterpret_cast<const char*>(pem.data()), pem.size()});
  text += fmt::format("  ed25519_public: {}\nusers:\n  - name: root\n    lock_passwd: true\n", key.public_line);
  text += spec.ssh_keys.empty() ? "    ssh_authorized_keys: []\n" : "    ssh_authorized_keys:\n";
  for (const auto& line : spec.ssh_keys) text += fmt::format("      - \"{}\"\n", line.line());
  return Secret::taking({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

Result<void> write_seed(const std::filesystem::path& path, const DomainSpec& spec, const HostKey& key) {
  std::vector<std::uint8_t> image(largest_seed);
  const auto used = fill(image, spec, key);
  Result<void> written;
  if (used)
    written = write_file(path, std::span(image).first(*used), 0600);
  else
    written = std::unexpected(used.error());
  sodium_memzero(image.data(), image.size());
  return written;
}

}  // namespace berth::hypervisor
