#include "core/error.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace berth;

namespace {
Result<int> half(int n) {
  if (n % 2 != 0) return std::unexpected(Error{Code::invalid_field, "odd", {{"n", std::to_string(n)}}});
  return n / 2;
}
Result<int> quarter(int n) {
  const int once = TRY(half(n));
  return half(once);
}
}  // namespace

TEST_CASE("TRY gives the value, or returns the error unchanged") {
  CHECK(*quarter(8) == 2);
  REQUIRE_FALSE(quarter(6));
  CHECK(quarter(6).error().details.front().second == "3");
}

TEST_CASE("every code has a name of its own, a family and an HTTP status that says failure") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Code::image_in_use); ++i) {
    const auto code = static_cast<Code>(i);
    CHECK(names.insert(wire_name(code)).second);
    CHECK(code_of(wire_name(code)) == code);
    CHECK(http_status(code) >= 400);
  }
  CHECK(wire_name(Code::quota_exceeded) == "RES_002");
  CHECK(code_of("NO_SUCH") == Code::internal);
}

TEST_CASE("an error reads as one line") {
  CHECK(describe({Code::not_found, "no such session", {}}) == "no such session");
  CHECK(describe({Code::not_found, "no such session", {{"name", "web"}, {"user", "alice"}}}) ==
        "no such session (name: web, user: alice)");
}
