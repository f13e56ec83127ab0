// The inspector's parsers on files that are almost right: whatever the bytes, there is a verdict, and a range that is
// taken lies within the file.
#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "core/fd.hpp"
#include "crafted.hpp"
#include "storage/inspector.hpp"
#include "storage/inspector/verdict.hpp"

using namespace berth;

namespace {

constexpr inspector::Limits inner{16ULL << 40, 1000, 64ULL << 30};

void check_all_mutations(const std::string& right, ImageFormat format, const std::vector<std::size_t>& places) {
  std::mt19937 random(7);
  const Fd file(memfd_create("mutation", MFD_CLOEXEC));
  REQUIRE(pwrite(file.get(), right.data(), right.size(), 0) == static_cast<ssize_t>(right.size()));
  const auto judge = [&](std::size_t size) {
    const auto text = inspector::verdict(inspector::Source(file.get(), 0, size), name_of(format), inner);
    const auto read = parse_verdict(text, format, size, ImageLimits());
    INFO(text);
    CHECK((read ||
           (text.starts_with("{\"next\":") && describe(read.error()).find("clear verdict") == std::string::npos)));
    return read.has_value();
  };
  CHECK(judge(right.size()));
  constexpr std::array<unsigned char, 6> interesting{0, 1, 0x7f, 0x80, 0xfe, 0xff};
  for (int round = 0; round < 4000; ++round) {
    std::vector<std::size_t> changed;
    for (unsigned n = 1 + random() % 4; n > 0; --n) {
      changed.push_back(places[random() % places.size()]);
      const unsigned char byte =
          random() % 2 ? interesting[random() % interesting.size()] : static_cast<unsigned char>(random());
      REQUIRE(pwrite(file.get(), &byte, 1, static_cast<off_t>(changed.back())) == 1);
    }
    judge(random() % 8 == 0 ? random() % right.size() : right.size());
    for (const auto at : changed) REQUIRE(pwrite(file.get(), &right[at], 1, static_cast<off_t>(at)) == 1);
  }
}

}  // namespace

TEST_CASE("every mutation of a qcow2 image gets a verdict") {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < 128; ++at) places.push_back(at);
  for (std::size_t at = 0; at < 8; ++at) places.insert(places.end(), {(3 << 16) + at, (4 << 16) + at});
  check_all_mutations(Qcow2().bytes(), ImageFormat::qcow2, places);
}

TEST_CASE("every mutation of a bundle gets a verdict") {
  auto members = bundle_members();
  members[3] = {"disk.qcow2", Qcow2().bytes()};
  const auto right = tar(members);
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at + 512 <= right.size(); at += 512)
    if (right.compare(at + 257, 5, "ustar") == 0)
      for (std::size_t i = 0; i < 512; ++i) places.push_back(at + i);
  check_all_mutations(right, ImageFormat::bundle, places);
}
