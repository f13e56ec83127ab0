// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch.hpp>

#include "agent/api/requests.hpp"
#include "tests/unit/agent/world.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

/// A create request with one field more, or another value for one.
std::string body(const std::string& field = "", const std::string& value = "") {
  std::string text = "{";
  for (const auto& [name, usual] : {std::pair{"user", "\"alice\""}, {"name", "\"web\""}, {"image", "\"tiny\""}})
    if (name != field) text += "\"" + std::string(name) + "\":" + usual + ",";
  if (!field.empty()) text += "\"" + field + "\":" + value + ",";
  text.back() = '}';
  return text;
}

void check_refused(const std::string& text, const std::string& field) {
  INFO(text.substr(0, 200));
  const auto request = parse_create(text);
  REQUIRE_FALSE(request);
  CHECK(request.error().code == Code::invalid_field);
  CHECK(request.error().details.at(0) == std::pair<std::string, std::string>("field", field));
}

}  // namespace

TEST_CASE("what a create request leaves out has a value") {
  const auto request = parse_create(body());
  REQUIRE(request);
  CHECK(request->user == "alice");
  CHECK(request->size.cpus == 1);
  CHECK(request->size.memory == 512 * MiB);
  CHECK(request->size.disk == 4 * GiB);
  CHECK(request->time_to_live.count() == 0);
  CHECK_FALSE(request->id);
}

TEST_CASE("explicit figures override the size") {
  const auto id = SessionId::make();
  const auto request =
      parse_create(R"({"user":"a","name":"b","image":"debian-12.5","size":"medium","cpus":3,"disk_bytes":268435456,)"
                   R"("ttl_seconds":60,"ssh_keys":[")" +
                   test_key().line() + R"("],"id":")" + id.str() + "\"}");
  REQUIRE(request);
  CHECK(request->size.cpus == 3);
  CHECK(request->size.memory == 2 * GiB);
  CHECK(request->size.disk == 256 * MiB);
  CHECK(request->time_to_live == std::chrono::seconds(60));
  CHECK(request->ssh_keys.at(0) == test_key());
  CHECK(request->id == id);
}

TEST_CASE("an image may be named by its SHA-256") {
  const std::string id(64, 'a');
  CHECK(parse_create(body("image", "\"" + id + "\"")).value().image == id);
}

TEST_CASE("a wrong value is refused, naming its field") {
  for (const char* field : {"cpus", "memory_bytes", "disk_bytes", "ttl_seconds"})
    for (const char* value :
         {"\"1\"", "1.5", "true", "[1]", "{}", "-1", "0", "18446744073709551616", "1e3", "9223372036854775808", "null"})
      check_refused(body(field, value), field);
  check_refused(body("memory_bytes", "134217729"), "memory_bytes");
  check_refused(body("disk_bytes", "1099511627776000000"), "disk_bytes");
  for (const char* field : {"user", "name", "image"})
    for (const char* value :
         {"7", "null", "\"\"", "\"a/b\"", "\"..\"", "\"a b\"", "\"A\"", "\"\\u0000\"", "\"\xc3\xa4\"", "[]"})
      check_refused(body(field, value), field);
  check_refused(body("name", "\"" + std::string(300, 'a') + "\""), "name");
  check_refused(body("size", "\"huge\""), "size");
  check_refused(body("id", "\"../../etc\""), "id");
  check_refused(body("ssh_keys", "\"key\""), "ssh_keys");
  check_refused(body("ssh_keys", "[1]"), "ssh_keys[0]");
  check_refused(body("ssh_keys", "[\"" + test_key().line() + "\",\"nonsense\"]"), "ssh_keys[1]");
  for (const char* field : {"id", "size", "ssh_keys"}) check_refused(body(field, "null"), field);
  check_refused(body("ssh_keys", "[null]"), "ssh_keys[0]");
  check_refused(body("colour", "\"red\""), "colour");
  check_refused(R"({"user":"alice","user":"bob","name":"web","image":"tiny"})", "user");
  check_refused("{}", "user");
}

TEST_CASE("what is no JSON is refused") {
  for (const std::string& text :
       {std::string(), std::string("{"), body() + "x", std::string("\0", 1), std::string(R"({"user":")") + "\xff\"}",
        std::string(30'000, '['), std::string("\xef\xbb\xbf{}"), body("cpus", "1" + std::string(400, '0'))}) {
    INFO(text.substr(0, 40));
    const auto request = parse_create(text);
    REQUIRE_FALSE(request);
    CHECK(request.error().code == Code::malformed_request);
  }
}

TEST_CASE("small requests are as strict") {
  CHECK(parse_extend(R"({"seconds":60})").value() == std::chrono::seconds(60));
  CHECK_FALSE(parse_extend(R"({"seconds":-60})"));
  CHECK_FALSE(parse_extend(R"({"seconds":60,"x":1})"));
  CHECK(parse_key(R"({"key":")" + test_key().line() + "\"}").value() == test_key());
  CHECK_FALSE(parse_key(R"({"key":"command=\"x\" )" + test_key().line() + "\"}"));
}
