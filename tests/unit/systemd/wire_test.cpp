// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>

#include "systemd/bus_wire.hpp"

using namespace berth;

TEST_CASE("an error is the same on both ends of the bus") {
  const Error error{Code::key_damaged, "a key \"does\" not open", {{"path", "/a"}, {"reason", "b\nc"}}};
  CHECK(bus::error_name(error.code) == "org.berth.Error.STO_005");
  const auto read = bus::parse_error(bus::error_name(error.code), bus::error_text(error));
  CHECK(read.code == error.code);
  CHECK(read.message == error.message);
  CHECK(read.details == error.details);
}

TEST_CASE("an error that is not ours becomes an internal one, whatever it says") {
  for (const char* text : {"", "text", "{}", "[]", R"({"message": 1})", R"({"message": "a", "message": "b"})"}) {
    const auto read = bus::parse_error("org.berth.Error.STO_005", text);
    CHECK(read.code == Code::internal);
    CHECK_FALSE(read.message.empty());
  }
  CHECK(bus::parse_error("org.freedesktop.DBus.Error.NoReply", R"({"message": "a"})").code == Code::internal);
  CHECK(bus::parse_error("org.berth.Error.NEW_001", R"({"message": "a", "details": {"x": 1}})").code == Code::internal);
}
