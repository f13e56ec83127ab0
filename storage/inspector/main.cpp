// SPDX-License-Identifier: LGPL-2.1-or-later
// berth-image-inspector FORMAT UID GID MOST_VIRTUAL MOST_RATIO RATIO_FLOOR 3<FILE
//
// Looks into an image file that nobody trusts, without any privilege, and prints its verdict (inspector/verdict). Ends
// with 0 when there is a verdict, 64 when it was called wrongly, 70 when it could not lock itself up.
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "storage/inspector/sandbox.hpp"
#include "storage/inspector/verdict.hpp"

namespace {

constexpr int wrong_usage = 64, no_sandbox = 70;  // sysexits.h

template <class T>
bool parse(const char* text, T& number) {
  const char* end = text + std::strlen(text);
  const auto [stop, fault] = std::from_chars(text, end, number);
  return fault == std::errc() && stop == end;
}

[[noreturn]] void end(int fd, std::string_view text, int status) {
  while (!text.empty()) {
    const auto put = ::write(fd, text.data(), text.size());
    if (put <= 0) break;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  _exit(status);
}

}  // namespace

int main(int argc, char** argv) {
  uid_t user = 0;
  gid_t group = 0;
  berth::inspector::Limits limits;
  struct stat file {};
  if (argc != 7 || !parse(argv[2], user) || !parse(argv[3], group) || !parse(argv[4], limits.most_virtual) ||
      !parse(argv[5], limits.most_ratio) || limits.most_ratio == 0 || !parse(argv[6], limits.ratio_floor) ||
      fstat(3, &file) != 0 || !S_ISREG(file.st_mode))
    end(STDERR_FILENO, "usage: berth-image-inspector FORMAT UID GID MOST_VIRTUAL MOST_RATIO RATIO_FLOOR 3<FILE\n",
        wrong_usage);
  if (const auto fault = berth::inspector::enter_sandbox(user, group); !fault.empty())
    end(STDERR_FILENO, "cannot lock myself up: " + fault + "\n", no_sandbox);
  const berth::inspector::Source source(3, 0, static_cast<std::uint64_t>(file.st_size));
  end(STDOUT_FILENO, berth::inspector::verdict(source, argv[1], limits), 0);
}
