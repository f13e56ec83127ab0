// SPDX-License-Identifier: LGPL-2.1-or-later
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>

#include "agent/api/upload.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

/// A body that ends, or breaks, after so many bytes.
struct FakeBody : HttpBody {
  std::uint64_t whole = 0, until = 0, given = 0;
  std::uint64_t size() const override { return whole; }
  Result<std::size_t> read(std::span<char> into) override {
    if (given == whole) return 0;
    if (given == until) return std::unexpected(Error{Code::cancelled, "the client went away"});
    const auto some = std::min<std::uint64_t>(into.size(), until - given);
    std::ranges::fill(into.first(some), 'x');
    given += some;
    return some;
  }
};

FakeBody body(std::uint64_t whole, std::uint64_t until) {
  FakeBody body;
  body.whole = whole;
  body.until = until;
  return body;
}

/// Reads to the end, as an import does.
Result<Image> swallow(int fd) {
  Image image;
  std::array<char, 10'000> bytes;
  for (;;) {
    const auto got = ::read(fd, bytes.data(), bytes.size());
    if (got == 0) return image;
    if (got < 0) return std::unexpected(Error{Code::storage_failed, "cannot read", {{"errno", std::to_string(errno)}}});
    image.file_size += static_cast<std::uint64_t>(got);
  }
}

}  // namespace

TEST_CASE("a whole body reaches the import, which sees its end") {
  for (const std::uint64_t size : {0u, 1u, 5'000'000u}) {
    auto whole = body(size, size);
    CHECK(pass_upload(whole, swallow).value().file_size == size);
  }
}

TEST_CASE("half a body is never taken for a whole one") {
  auto half = body(5'000'000, 2'000'000);
  Result<Image> seen = Image();
  const auto result = pass_upload(half, [&](int fd) { return seen = swallow(fd); });
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::cancelled);
  REQUIRE_FALSE(seen);
  CHECK(seen.error().details.at(0).second == std::to_string(ECONNRESET));
}

TEST_CASE("an import that has had enough says why, and the rest of the body is not read") {
  auto large = body(1'000'000'000, 1'000'000'000);
  const auto result = pass_upload(large, [](int) -> Result<Image> {
    return std::unexpected(Error{Code::image_rejected, "no"});
  });
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::image_rejected);
  CHECK(large.given < 10'000'000);
}

TEST_CASE("an import that throws is a failure of ours, not a crash") {
  auto whole = body(10, 10);
  const auto result = pass_upload(whole, [](int) -> Result<Image> { throw std::runtime_error("secret"); });
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::internal);
}
