// Programs that judge what the room makes: qemu-img, qemu-io, ssh-keygen.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/process.hpp"

/// False, and said so, where the program is missing; with CI=true that fails the test.
inline bool have(const std::string& program) {
  if (access(program.c_str(), X_OK) == 0) return true;
  const char* ci = std::getenv("CI");
  if (ci != nullptr && std::string_view(ci) == "true") FAIL(program << " is missing");
  WARN("skipped: " << program << " is missing");
  return false;
}

inline berth::Finished tool(std::string program, std::vector<std::string> arguments) {
  auto finished = berth::run({.path = std::move(program), .arguments = std::move(arguments)});
  REQUIRE(finished);
  return *finished;
}
