// Programs that judge what the room makes: qemu-img, qemu-io, ssh-keygen.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/process.hpp"

/// Says why a test is skipped; with CI=true that fails it.
inline void skip(const std::string& why) {
  const char* ci = std::getenv("CI");
  if (ci != nullptr && std::string_view(ci) == "true") FAIL(why);
  WARN("skipped: " << why);
}

/// False, and said so, where the program is missing.
inline bool have(const std::string& program) {
  if (access(program.c_str(), X_OK) == 0) return true;
  skip(program + " is missing");
  return false;
}

inline berth::Finished tool(std::string program, std::vector<std::string> arguments) {
  auto finished = berth::run({.path = std::move(program), .arguments = std::move(arguments)});
  REQUIRE(finished);
  return *finished;
}
