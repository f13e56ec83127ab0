// SPDX-License-Identifier: LGPL-2.1-or-later
// The format is docs/interop/qcow2.txt in QEMU's sources.
#include <fmt/format.h>

#include <algorithm>

#include "storage/inspector/disk.hpp"
#include "storage/inspector/numbers.hpp"

namespace berth::inspector {
namespace {

constexpr const char* convert = "make a plain image of it with 'qemu-img convert -O qcow2 OLD NEW' and import that";
constexpr const char* truncated_next = "copy the file again, whole; 'sha256sum' on both sides shows whether it arrived";

constexpr std::uint64_t most_l1_bytes = 32ULL << 20, most_refcount_bytes = 8ULL << 20;  // QEMU's own limits
constexpr std::uint64_t offset_mask = 0x00ff'ffff'ffff'fe00;                            // of L1 and L2 entries

struct Header {
  std::uint32_t version = 0, cluster_bits = 0, crypt_method = 0, l1_size = 0, refcount_clusters = 0, snapshots = 0;
  std::uint64_t backing_at = 0, size = 0, l1_at = 0, refcount_at = 0;
  std::uint64_t incompatible = 0, autoclear = 0;
  std::uint32_t refcount_order = 4, length = 72;
  std::uint64_t cluster() const { return std::uint64_t{1} << cluster_bits; }
  /// Bytes of the guest's disk behind one L2 table.
  std::uint64_t covered_by_l2() const { return cluster() / 8 * cluster(); }
};

Checked<Header> read_header(const Source& file) {
  const auto bytes = TRY(file.head(104));
  if (!stands_at(bytes, 0, "QFI\xfb"))
    return refuse("the file does not begin as a qcow2 image does",
                  "give the format it really has, or convert it to qcow2");
  if (bytes.size() < 72) return refuse("the file is truncated", truncated_next);
  Header header;
  header.version = u32(bytes, 4);
  if (header.version != 2 && header.version != 3)
    return refuse("this version of qcow2 is not known (2 and 3 are)", convert);
  if (header.version == 3 && bytes.size() < 104) return refuse("the file is truncated", truncated_next);
  header.backing_at = u64(bytes, 8);
  header.cluster_bits = u32(bytes, 20);
  header.size = u64(bytes, 24);
  header.crypt_method = u32(bytes, 32);
  header.l1_size = u32(bytes, 36);
  header.l1_at = u64(bytes, 40);
  header.refcount_at = u64(bytes, 48);
  header.refcount_clusters = u32(bytes, 56);
  header.snapshots = u32(bytes, 60);
  if (header.version == 2) return header;
  header.incompatible = u64(bytes, 72);
  header.autoclear = u64(bytes, 88);
  header.refcount_order = u32(bytes, 96);
  header.length = u32(bytes, 100);
  return header;
}

Checked<void> check_features(const Header& header) {
  constexpr std::uint64_t dirty = 1, corrupt = 2, data_file = 4, compression = 8, extended_l2 = 16;
  const auto bits = header.incompatible;
  if (header.backing_at != 0)
    return refuse("the image has a backing file: it is not whole without another file", convert);
  if (bits & data_file || header.autoclear & 2)
    return refuse("the image keeps its data in another file (external data file)", convert);
  if (header.crypt_method != 0) return refuse("the image is encrypted", convert);
  if (header.snapshots != 0) return refuse("the image has internal snapshots", convert);
  if (bits & dirty)
    return refuse("the image was not closed properly (dirty bit)",
                  "repair it with 'qemu-img check -r all FILE', then import it");
  if (bits & corrupt) return refuse("the image is marked as corrupt", "use an intact copy");
  if (bits & compression) return refuse("the image uses a compression other than zlib", convert);
  if (bits & extended_l2) return refuse("the image uses extended L2 entries", convert);
  if (bits != 0) return refuse("the image uses features that are not known here", convert);
  return {};
}

Checked<void> check_sizes(const Header& header, const Source& file, const Limits& limits) {
  if (header.cluster_bits < 9 || header.cluster_bits > 21)
    return refuse("the image's cluster size is not between 512 bytes and 2 MiB", convert);
  if (header.version == 3 && (header.length < 104 || header.length % 8 != 0 || header.length > header.cluster()))
    return refuse("the image's header has an impossible length", convert);
  if (header.refcount_order > 6) return refuse("the image's reference counts have an impossible width", convert);
  if (header.size == 0 || header.size % 512 != 0)
    return refuse("the image's virtual size is not a number of whole sectors", convert);
  if (header.size > limits.most_virtual)
    return refuse(
        fmt::format("the image's virtual size of {} bytes is above the limit of {}", header.size, limits.most_virtual),
        "make a smaller disk");
  if (header.size > limits.ratio_floor && header.size / limits.most_ratio >= file.size())
    return refuse(fmt::format("the image claims {} bytes out of a file of {}, more than {} to 1", header.size,
                              file.size(), limits.most_ratio),
                  "make a smaller disk; a volume over the image may be larger than it");
  return {};
}

Checked<void> check_tables(const Header& header, const Source& file) {
  const auto cluster = header.cluster();
  const auto l1_needed = (header.size + header.covered_by_l2() - 1) / header.covered_by_l2();
  if (header.l1_size < l1_needed || header.l1_size > most_l1_bytes / 8 || header.l1_at == 0 ||
      header.l1_at % cluster != 0)
    return refuse("the image's L1 table is not possible", convert);
  if (!file.has(header.l1_at, header.l1_size * std::uint64_t{8}))
    return refuse("the file is truncated: its L1 table is not within it", truncated_next);
  const auto refcount_bytes = header.refcount_clusters * cluster;
  if (refcount_bytes == 0 || refcount_bytes > most_refcount_bytes || header.refcount_at == 0 ||
      header.refcount_at % cluster != 0)
    return refuse("the image's table of reference counts is not possible", convert);
  if (!file.has(header.refcount_at, refcount_bytes))
    return refuse("the file is truncated: its reference counts are not within it", truncated_next);
  return {};
}

/// Extensions that say nothing about another file or another format: the names of features. Bitmaps would be loaded.
Checked<void> check_extensions(const Header& header, const Source& file) {
  constexpr std::uint32_t end = 0, feature_names = 0x6803f857;
  const auto head = TRY(file.head(header.cluster()));
  std::uint64_t at = header.length;
  while (at + 8 <= head.size()) {
    const auto type = u32(head, at);
    const std::uint64_t length = u32(head, at + 4);
    if (type == end) return {};
    if (type != feature_names) return refuse("the image's header has an extension that is not taken here", convert);
    if (length > head.size() - at - 8)
      return refuse("an extension of the image's header is longer than the header", convert);
    at += 8 + (length + 7) / 8 * 8;
  }
  return refuse("the extensions of the image's header do not end", convert);
}

/// The clusters that L2 tables name must lie within the file, or a part of the disk is missing.
class Mapping {
 public:
  Mapping(const Header& header, const Source& file) : header_(header), file_(file), l2_(header.cluster()) {}

  Checked<void> check() {
    std::vector<std::uint8_t> l1(header_.l1_size * std::size_t{8});
    TRY(file_.read(header_.l1_at, l1));
    const auto cluster = header_.cluster();
    for (std::uint64_t i = 0, guest = 0; guest < header_.size; ++i, guest += header_.covered_by_l2()) {
      const auto at = u64(l1, i * 8) & offset_mask;
      if (at == 0) continue;
      if (at % cluster != 0) return refuse("an L2 table of the image is not where a cluster begins", convert);
      TRY(file_.read(at, l2_));
      TRY(check_l2(guest));
    }
    return {};
  }

 private:
  Checked<void> check_l2(std::uint64_t guest) {
    for (std::size_t i = 0; i < l2_.size() && guest < header_.size; i += 8, guest += header_.cluster()) {
      const auto entry = u64(l2_, i);
      if (entry == 0) continue;
      TRY(entry >> 62 & 1 ? check_compressed(entry) : check_standard(entry, guest));
    }
    return {};
  }

  Checked<void> check_standard(std::uint64_t entry, std::uint64_t guest) const {
    const auto at = entry & offset_mask;
    const bool zeros = header_.version == 3 && (entry & 1) != 0;
    if (at == 0 || zeros) return {};
    if (at % header_.cluster() != 0) return refuse("a cluster of the image is not where a cluster begins", convert);
    if (!file_.has(at, std::min(header_.cluster(), header_.size - guest)))
      return refuse("the file is truncated: a cluster of the disk is not within it", truncated_next);
    return {};
  }

  Checked<void> check_compressed(std::uint64_t entry) const {
    const auto at = entry & ((std::uint64_t{1} << (62 - (header_.cluster_bits - 8))) - 1);
    if (!file_.has(at, 1))
      return refuse("the file is truncated: a cluster of the disk is not within it", truncated_next);
    return {};
  }

  const Header& header_;
  const Source& file_;
  std::vector<std::uint8_t> l2_;
};

}  // namespace

Checked<std::uint64_t> check_qcow2(const Source& file, const Limits& limits) {
  const auto header = TRY(read_header(file));
  TRY(check_features(header));
  TRY(check_sizes(header, file, limits));
  TRY(check_tables(header, file));
  TRY(check_extensions(header, file));
  TRY(Mapping(header, file).check());
  return header.size;
}

}  // namespace berth::inspector
