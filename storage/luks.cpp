// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/luks.hpp"

#include <fmt/format.h>
#include <libcryptsetup.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>

#include "core/fd.hpp"

namespace berth {
namespace {

constexpr std::uint64_t sector = 512;
constexpr std::size_t xts_key_size = 64;  // two AES-256 keys
constexpr off_t room = 4 << 20;           // more than a LUKS1 header with its eight slots

struct Free {
  void operator()(crypt_device* device) const noexcept { crypt_free(device); }
};
using Device = std::unique_ptr<crypt_device, Free>;

/// What the library says of a failure; it would print it.
struct Words {
  std::string text;
  static void add(int level, const char* message, void* self) {
    if (level == CRYPT_LOG_ERROR) static_cast<Words*>(self)->text += message;
  }
};

Error failed(const char* step, int error_number, const Words& words) {
  const bool full = error_number == ENOMEM || error_number == ENOSPC;
  return {full ? Code::storage_full : Code::storage_failed,
          "cannot make a LUKS header",
          {{"step", step}, {"reason", words.text.empty() ? std::strerror(error_number) : words.text}}};  // NOLINT
}

Result<Device> open_device(int fd, Words& words) {
  crypt_device* raw = nullptr;
  if (const int r = crypt_init(&raw, fmt::format("/proc/self/fd/{}", fd).c_str()); r < 0)
    return std::unexpected(failed("open", -r, words));
  Device device(raw);
  crypt_set_log_callback(raw, &Words::add, &words);
  crypt_set_rng_type(raw, CRYPT_RNG_URANDOM);
  crypt_pbkdf_type derivation{};
  derivation.type = CRYPT_KDF_PBKDF2;
  derivation.hash = "sha256";
  derivation.iterations = 1000;
  derivation.flags = CRYPT_PBKDF_NO_BENCHMARK;
  if (const int r = crypt_set_pbkdf_type(raw, &derivation); r < 0)
    return std::unexpected(failed("derivation", -r, words));
  return device;
}

Result<void> format(crypt_device* device, const Secret& passphrase, const Words& words) {
  crypt_params_luks1 parameters{};
  parameters.hash = "sha256";
  parameters.data_alignment = 8;  // sectors, as QEMU has it: the data would begin right behind the slots
  if (const int r =
          crypt_format(device, CRYPT_LUKS1, "aes", "xts-plain64", nullptr, nullptr, xts_key_size, &parameters);
      r < 0)
    return std::unexpected(failed("format", -r, words));
  if (const int r = crypt_keyslot_add_by_volume_key(
          device, 0, nullptr, 0, reinterpret_cast<const char*>(passphrase.bytes().data()), passphrase.size());
      r < 0)
    return std::unexpected(failed("add a key slot", -r, words));
  return {};
}

Result<LuksHeader> read_back(crypt_device* device, int fd, const Words& words) {
  std::uint64_t slot_at = 0, slot_length = 0;
  if (const int r = crypt_keyslot_area(device, 0, &slot_at, &slot_length); r < 0)
    return std::unexpected(failed("find the key slot", -r, words));
  LuksHeader header{std::vector<std::uint8_t>(slot_at + slot_length), crypt_get_data_offset(device) * sector};
  if (pread(fd, header.bytes.data(), header.bytes.size(), 0) != static_cast<ssize_t>(header.bytes.size()))
    return std::unexpected(failed("read it back", EIO, words));
  return header;
}

}  // namespace

Secret luks_passphrase(const Secret& key) {
  Secret digits(2 * key.size() + 1);
  sodium_bin2hex(reinterpret_cast<char*>(digits.bytes().data()), digits.size(), key.bytes().data(), key.size());
  return Secret::taking(digits.bytes().first(2 * key.size()));
}

Result<LuksHeader> make_luks_header(const Secret& passphrase) {
  static std::mutex one_at_a_time;  // libcryptsetup sets up its crypto and its random source without a lock
  const std::lock_guard lock(one_at_a_time);
  Words words;
  const Fd memory(memfd_create("luks", MFD_CLOEXEC));  // in memory: no loop device, no privilege, nothing to clean up
  if (!memory || ftruncate(memory.get(), room) != 0) return std::unexpected(failed("make room", errno, words));
  const auto device = TRY(open_device(memory.get(), words));
  TRY(format(device.get(), passphrase, words));
  return read_back(device.get(), memory.get(), words);
}

}  // namespace berth
