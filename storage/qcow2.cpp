// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/qcow2.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace berth::qcow2 {
namespace {

constexpr unsigned cluster_bits = 16;
static_assert(cluster == Bytes{1} << cluster_bits);

// Where things are: the header, the refcount table and its one block, then the L1 table, then the LUKS header.
constexpr Bytes refcount_table_at = 1 * cluster, refcount_block_at = 2 * cluster, l1_at = 3 * cluster;
constexpr Bytes covered_by_l2 = cluster / 8 * cluster;  // 512 MiB of the guest's disk
constexpr std::uint32_t luks = 2, refcount_order = 4, header_length = 112;
constexpr std::uint32_t backing_format_extension = 0xe2792aca, encryption_extension = 0x0537be77, end_of_extensions = 0;
constexpr std::size_t longest_backing_name = 1023;

constexpr Bytes clusters(Bytes bytes) {
  return (bytes + cluster - 1) / cluster;
}
constexpr Bytes l1_entries(Bytes size) {
  return (size + covered_by_l2 - 1) / covered_by_l2;
}
constexpr Bytes luks_at(Bytes size) {
  return l1_at + clusters(l1_entries(size) * 8) * cluster;
}

/// Big-endian numbers and text at running positions.
class Writer {
 public:
  explicit Writer(std::vector<std::uint8_t>& into, Bytes at = 0) : into_(into), at_(at) {}
  Writer& number(std::uint64_t value, unsigned bytes) {
    for (unsigned left = bytes; left-- > 0;) into_[at_++] = static_cast<std::uint8_t>(value >> (8 * left));
    return *this;
  }
  Writer& u16(std::uint64_t value) { return number(value, 2); }
  Writer& u32(std::uint64_t value) { return number(value, 4); }
  Writer& u64(std::uint64_t value) { return number(value, 8); }
  Writer& text(std::string_view text) {
    std::ranges::copy(text, into_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += text.size();
    return *this;
  }
  Writer& align(Bytes to) {
    at_ = (at_ + to - 1) / to * to;
    return *this;
  }
  Bytes at() const { return at_; }

 private:
  std::vector<std::uint8_t>& into_;
  Bytes at_;
};

/// Returns where the backing file's name goes: behind the last extension.
Bytes write_extensions(std::vector<std::uint8_t>& file, const Overlay& overlay) {
  Writer out(file, header_length);
  out.u32(backing_format_extension).u32(overlay.backing_format.size()).text(overlay.backing_format).align(8);
  out.u32(encryption_extension).u32(16).u64(luks_at(overlay.size)).u64(overlay.luks_area);
  out.u32(end_of_extensions).u32(0);
  return out.at();
}

void write_header(std::vector<std::uint8_t>& file, const Overlay& overlay) {
  const Bytes name_at = write_extensions(file, overlay);
  Writer(file, name_at).text(overlay.backing_file);
  Writer out(file);
  out.text("QFI\xfb").u32(3).u64(name_at).u32(overlay.backing_file.size());
  out.u32(cluster_bits).u64(overlay.size).u32(luks);
  out.u32(l1_entries(overlay.size)).u64(l1_at);
  out.u64(refcount_table_at).u32(1);
  out.u32(0).u64(0);         // snapshots
  out.u64(0).u64(0).u64(0);  // incompatible, compatible, autoclear features
  out.u32(refcount_order).u32(header_length);
}

void write_refcounts(std::vector<std::uint8_t>& file, Bytes clusters_used) {
  Writer(file, refcount_table_at).u64(refcount_block_at);
  Writer block(file, refcount_block_at);
  for (Bytes i = 0; i < clusters_used; ++i) block.u16(1);
}

void check(const Overlay& overlay) {
  if (overlay.size == 0 || overlay.size % 512 != 0 || overlay.size > most_disk || overlay.luks_area == 0 ||
      overlay.backing_file.empty() || overlay.backing_file.size() > longest_backing_name ||
      overlay.backing_format.size() > 8 || clusters(file_length(overlay)) > cluster / 2)
    throw std::invalid_argument("not a possible overlay");
}

}  // namespace

Bytes file_length(const Overlay& overlay) {
  return luks_at(overlay.size) + clusters(overlay.luks_area) * cluster;
}

std::vector<std::uint8_t> metadata(const Overlay& overlay) {
  check(overlay);
  std::vector<std::uint8_t> file(luks_at(overlay.size));
  write_header(file, overlay);
  write_refcounts(file, clusters(file_length(overlay)));
  return file;
}

}  // namespace berth::qcow2
