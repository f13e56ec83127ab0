// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "core/fd.hpp"

using namespace berth;

namespace {

/// A new file without a name, on the file system of that folder.
Fd file_in(const std::string& folder) {
  auto name = folder + "/berth-file-XXXXXX";
  Fd file(mkostemp(name.data(), O_CLOEXEC));
  REQUIRE(file);
  REQUIRE(unlink(name.c_str()) == 0);
  return file;
}

}  // namespace

TEST_CASE("bytes are copied within a file system and from one to another") {
  std::string text(3'000'000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i % 251);
  for (const std::string from_folder : {"/tmp", "/dev/shm"}) {
    const auto from = file_in(from_folder), to = file_in("/tmp");
    REQUIRE(write_all(from.get(), {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, from_folder));
    REQUIRE(copy_bytes(from.get(), 1000, 2'500'000, to.get(), "/tmp"));
    std::string copy(3'000'000, ' ');
    REQUIRE(pread(to.get(), copy.data(), copy.size(), 0) == 2'500'000);
    CHECK(copy.substr(0, 2'500'000) == text.substr(1000, 2'500'000));
  }
}

TEST_CASE("a copy of more than there is is refused") {
  const auto from = file_in("/tmp"), to = file_in("/tmp");
  CHECK_FALSE(copy_bytes(from.get(), 0, 1, to.get(), "/tmp"));
}
