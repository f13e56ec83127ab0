// SPDX-License-Identifier: LGPL-2.1-or-later
// The format is "ustar" of POSIX.1-2017, pax, and for large members GNU tar's numbers in base 256.
#include "storage/inspector/bundle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "storage/inspector/numbers.hpp"

namespace berth::inspector {
namespace {

constexpr const char* make_one =
    "make it with 'tar --format=ustar -cf FILE kernel initrd cmdline disk.raw' (or disk.qcow2) in their own folder";
constexpr std::size_t block = 512, longest_cmdline = 1024;
constexpr std::uint64_t most_kernel = 256ULL << 20, most_initrd = 1ULL << 30;
constexpr std::array<std::string_view, 5> known{"kernel", "initrd", "cmdline", "disk.raw", "disk.qcow2"};

using Block = std::array<std::uint8_t, block>;
using Members = std::map<std::string, Source, std::less<>>;

bool is_zero(const Block& bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

/// Octal digits that end in a NUL or a space, or GNU's binary number with the highest bit set.
std::optional<std::uint64_t> number(std::span<const std::uint8_t> field) {
  if (field[0] == 0x80) {
    const auto high = field.subspan(1, field.size() - 9);
    if (std::ranges::any_of(high, [](std::uint8_t byte) { return byte != 0; })) return std::nullopt;
    return big_endian(field, field.size() - 8, 8);
  }
  std::uint64_t value = 0;
  std::size_t i = 0;
  for (; i < field.size() && field[i] >= '0' && field[i] <= '7'; ++i) value = value << 3 | (field[i] - '0');
  if (i == 0 || (i < field.size() && field[i] != 0 && field[i] != ' ')) return std::nullopt;
  return value;
}

/// The sum of the header's bytes, its own field taken as spaces.
bool checksum_is_right(const Block& header) {
  std::uint64_t sum = 8 * ' ';
  for (std::size_t i = 0; i < block; ++i)
    if (i < 148 || i >= 156) sum += header[i];
  return number(std::span(header).subspan(148, 8)) == sum;
}

struct Entry {
  std::string name;
  std::uint64_t size = 0;
};

Checked<Entry> read_entry(const Block& header) {
  if (!stands_at(header, 257, "ustar") || !checksum_is_right(header))
    return refuse("the file is not an uncompressed tar archive", make_one);
  const char* name = reinterpret_cast<const char*>(header.data());
  Entry entry{std::string(name, std::find(name, name + 100, '\0')), 0};
  const auto type = header[156];
  if (type == 'x' || type == 'g' || type == 'L' || type == 'K')
    return refuse("the archive has extended headers", make_one);
  if (type != '0' && type != 0) return refuse("the archive has a member that is not a regular file", make_one);
  if (header[345] != 0 || std::ranges::find(known, entry.name) == known.end())
    return refuse("the archive has a member other than kernel, initrd, cmdline and disk.raw or disk.qcow2", make_one);
  const auto size = number(std::span(header).subspan(124, 12));
  if (!size) return refuse("the archive has a member of an impossible size", make_one);
  entry.size = *size;
  return entry;
}

/// Nothing may hide behind the archive's end.
Checked<void> check_rest(const Source& file, std::uint64_t at) {
  std::array<std::uint8_t, 64 * 1024> bytes{};
  while (at < file.size()) {
    const auto chunk = std::span(bytes).first(std::min<std::uint64_t>(bytes.size(), file.size() - at));
    TRY(file.read(at, chunk));
    if (std::ranges::any_of(chunk, [](std::uint8_t byte) { return byte != 0; }))
      return refuse("there is something behind the end of the archive", make_one);
    at += chunk.size();
  }
  return {};
}

Checked<Members> read_members(const Source& file) {
  Members members;
  std::uint64_t at = 0;
  for (;;) {
    Block header{};
    if (!file.has(at, block)) return refuse("the archive is truncated", "copy the file again, whole");
    TRY(file.read(at, header));
    if (is_zero(header)) break;
    const auto entry = TRY(read_entry(header));
    at += block;
    if (!file.has(at, entry.size)) return refuse("the archive is truncated", "copy the file again, whole");
    if (!members.emplace(entry.name, file.part(at, entry.size)).second)
      return refuse("the archive has a member twice", make_one);
    at += (entry.size + block - 1) / block * block;
  }
  TRY(check_rest(file, at));
  return members;
}

Checked<Source> member(const Members& members, std::string_view name) {
  const auto found = members.find(name);
  if (found == members.end()) return refuse(fmt::format("the archive lacks the member '{}'", name), make_one);
  return found->second;
}

/// The header of Linux' x86 boot protocol: signature 0xAA55 at 0x1FE, "HdrS" at 0x202.
Checked<void> check_kernel(const Source& kernel) {
  const auto head = TRY(kernel.head(block + block));
  if (!stands_at(head, 0x1fe, "\x55\xaa") || !stands_at(head, 0x202, "HdrS") || kernel.size() > most_kernel)
    return refuse("the member 'kernel' is not a Linux kernel (bzImage) of at most 256 MiB", make_one);
  return {};
}

Checked<void> check_cmdline(const Source& cmdline) {
  const auto bytes = TRY(cmdline.head(longest_cmdline + 2));
  std::string_view line(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (line.ends_with('\n')) line.remove_suffix(1);
  const bool printable = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
  if (line.empty() || line.size() > longest_cmdline || !printable)
    return refuse("the member 'cmdline' is not one line of at most 1024 printable characters", make_one);
  return {};
}

}  // namespace

Checked<Bundle> read_bundle(const Source& file) {
  const auto members = TRY(read_members(file));
  const bool raw = members.contains("disk.raw"), qcow2 = members.contains("disk.qcow2");
  if (raw == qcow2) return refuse("the archive must have either disk.raw or disk.qcow2", make_one);
  const Bundle bundle{TRY(member(members, "kernel")), TRY(member(members, "initrd")), TRY(member(members, "cmdline")),
                      TRY(member(members, qcow2 ? "disk.qcow2" : "disk.raw")), qcow2};
  TRY(check_kernel(bundle.kernel));
  if (bundle.initrd.size() == 0 || bundle.initrd.size() > most_initrd)
    return refuse("the member 'initrd' is empty or larger than 1 GiB", make_one);
  TRY(check_cmdline(bundle.cmdline));
  return bundle;
}

}  // namespace berth::inspector
