// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "storage/room.hpp"

namespace berth {
namespace {

constexpr std::size_t chunk_size = 1 << 20;

Error too_large(const ImageLimits& limits) {
  return {Code::too_large,
          fmt::format("an image file may have {} bytes at most", limits.most_file),
          {{"next", "import a smaller file; 'qemu-img convert -c -O qcow2' compresses a disk"}}};
}

/// One piece of the stream; empty at its end.
Result<std::span<const std::uint8_t>> next(int from, std::span<std::uint8_t> buffer,
                                           std::chrono::milliseconds patience) {
  for (;;) {
    pollfd ready{from, POLLIN, 0};
    const int count = poll(&ready, 1, static_cast<int>(patience.count()));
    if (count == 0)
      return std::unexpected(
          Error{Code::request_timeout, "the image file stopped coming", {{"next", "import it again"}}});
    const auto got = count < 0 ? count : ::read(from, buffer.data(), buffer.size());
    if (got >= 0) return buffer.first(static_cast<std::size_t>(got));
    if (errno != EINTR && errno != EAGAIN)
      return std::unexpected(
          Error{Code::storage_failed, "the image file cannot be read", {{"reason", std::strerror(errno)}}});  // NOLINT
  }
}

}  // namespace

Result<Spooled> spool(int from, const std::filesystem::path& to, const ImageLimits& limits,
                      std::chrono::milliseconds patience) {
  struct stat source {};
  if (fstat(from, &source) == 0 && S_ISREG(source.st_mode) && static_cast<Bytes>(source.st_size) > limits.most_file)
    return std::unexpected(too_large(limits));
  const Fd out(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) return std::unexpected(file_error("create", to, errno));
  std::vector<std::uint8_t> buffer(chunk_size);
  crypto_hash_sha256_state hash;
  crypto_hash_sha256_init(&hash);
  Spooled spooled;
  for (;;) {
    const auto piece = TRY(next(from, buffer, patience));
    if (piece.empty()) break;
    spooled.size += piece.size();
    if (spooled.size > limits.most_file) return std::unexpected(too_large(limits));
    TRY(check_room(out.get(), piece.size(), limits.reserve, to));
    TRY(write_all(out.get(), piece, to));
    crypto_hash_sha256_update(&hash, piece.data(), piece.size());
  }
  if (fsync(out.get()) != 0) return std::unexpected(file_error("write", to, errno));
  ImageId::Digest digest{};
  crypto_hash_sha256_final(&hash, digest.data());
  spooled.id = ImageId(digest);
  return spooled;
}

}  // namespace berth
