// Image files made byte by byte, right ones and wrong ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

/// A qcow2 file of version 3 with clusters of 64 KiB: header, refcount table and block, L1 table, one L2 table and one
/// cluster of data. Every field may be set to something wrong.
struct Qcow2 {
  std::string magic = "QFI\xfb";
  std::uint32_t version = 3, backing_length = 0, cluster_bits = 16, crypt = 0, l1_size = 1, refcount_clusters = 1,
                snapshots = 0;
  std::uint64_t backing_at = 0, size = 1 << 20, l1_at = 3 << 16, refcount_at = 1 << 16, l2_at = 4 << 16,
                data_at = 5 << 16;
  std::uint64_t incompatible = 0, autoclear = 0, l2_entry_bits = 1ULL << 63;
  std::uint32_t refcount_order = 4, header_length = 104;
  std::vector<std::pair<std::uint32_t, std::string>> extensions{};
  std::size_t file_size = 6 << 16;

  std::string bytes() const {
    std::string file(std::max<std::size_t>(file_size, 6 << 16), '\0');
    put(file, 0, magic);
    number(file, 4, version, 4), number(file, 8, backing_at, 8), number(file, 16, backing_length, 4);
    number(file, 20, cluster_bits, 4), number(file, 24, size, 8), number(file, 32, crypt, 4);
    number(file, 36, l1_size, 4), number(file, 40, l1_at, 8), number(file, 48, refcount_at, 8);
    number(file, 56, refcount_clusters, 4), number(file, 60, snapshots, 4);
    if (version >= 3) {
      number(file, 72, incompatible, 8), number(file, 88, autoclear, 8);
      number(file, 96, refcount_order, 4), number(file, 100, header_length, 4);
    }
    std::size_t at = version >= 3 ? 104 : 72;
    for (const auto& [type, data] : extensions) {
      number(file, at, type, 4), number(file, at + 4, data.size(), 4);
      put(file, at + 8, data);
      at += 8 + (data.size() + 7) / 8 * 8;
    }
    if (backing_at != 0) put(file, backing_at, "/etc/shadow");
    number(file, 1 << 16, 2 << 16, 8);
    for (std::size_t i = 0; i < 6; ++i) number(file, (2 << 16) + 2 * i, 1, 2);
    number(file, 3 << 16, l2_at | 1ULL << 63, 8);
    number(file, 4 << 16, data_at | l2_entry_bits, 8);
    file.resize(file_size);
    return file;
  }

  static void put(std::string& file, std::size_t at, const std::string& text) { file.replace(at, text.size(), text); }
  static void number(std::string& file, std::size_t at, std::uint64_t value, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) file[at + i] = static_cast<char>(value >> (8 * (length - 1 - i)));
  }
};

/// A raw disk with the signature of a boot sector.
inline std::string raw_disk(std::size_t size = 1 << 20) {
  std::string disk(size, '\0');
  disk.replace(510, 2, "\x55\xaa");
  return disk;
}

inline std::string kernel() {
  std::string bytes(4096, 'k');
  bytes.replace(0x1fe, 2, "\x55\xaa");
  bytes.replace(0x202, 4, "HdrS");
  return bytes;
}

/// One member of a tar archive.
struct Member {
  std::string name, bytes;
  char type = '0';
  std::string link = "";
};

inline std::string tar(const std::vector<Member>& members, std::size_t end = 1024) {
  std::string archive;
  for (const auto& member : members) {
    std::string header(512, '\0');
    header.replace(0, member.name.size(), member.name);
    header.replace(100, 8, "0000444\0", 8).replace(108, 8, "0000000\0", 8).replace(116, 8, "0000000\0", 8);
    std::string size(12, '\0');
    std::snprintf(size.data(), size.size(), "%011lo", static_cast<unsigned long>(member.bytes.size()));
    header.replace(124, 12, size).replace(136, 12, "00000000000\0", 12);
    header[156] = member.type;
    header.replace(157, member.link.size(), member.link).replace(257, 8, "ustar\00000", 8);
    header.replace(148, 8, 8, ' ');
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    std::string digits(8, ' ');
    std::snprintf(digits.data(), 7, "%06o", sum);
    digits[6] = '\0', digits[7] = ' ';
    header.replace(148, 8, digits);
    archive += header + member.bytes + std::string((512 - member.bytes.size() % 512) % 512, '\0');
  }
  return archive + std::string(end, '\0');
}

inline std::vector<Member> bundle_members() {
  return {{"kernel", kernel()},
          {"initrd", "an initrd"},
          {"cmdline", "console=ttyS0 root=/dev/vda\n"},
          {"disk.raw", raw_disk()}};
}
