#include "core/json.hpp"

#include <catch2/catch.hpp>

using namespace berth;

namespace {
std::string field_of(const Error& error) {
  return error.details.empty() ? "" : error.details.front().second;
}
}  // namespace

TEST_CASE("what the library would take in silence is refused") {
  CHECK(parse_json(R"({"a": [1, {"b": null}]})"));
  CHECK(parse_json(R"({"a":1,"a":2})").error().code == Code::invalid_field);
  CHECK(parse_json(R"({"x":{"a":1},"y":{"a":1}})"));
  CHECK_FALSE(parse_json(std::string(100'000, '[')));
  CHECK_FALSE(parse_json(std::string(17, '[') + std::string(17, ']')));
  CHECK(parse_json(std::string(16, '[') + std::string(16, ']')));
  for (const char* bad : {"", "{", "{} {}", "nul", "\"\xff\"", "[1e400]", "{'a':1}", "[1,]", "// no\n{}"})
    CHECK(parse_json(bad).error().code == Code::malformed_request);
}

TEST_CASE("a reader takes the right type and range alone, and names the path") {
  const auto value =
      *parse_json(R"({"n":300,"minus":-1,"real":3.9,"huge":1e30,"s":"text","list":["a",1],"deep":[{"n":"x"}]})");
  auto fields = *JsonReader::of(value);
  CHECK(*fields.number("n", 0, 300) == 300);
  CHECK_FALSE(fields.number("n", 0, 255));
  CHECK_FALSE(fields.number("minus", 0, 10));
  CHECK_FALSE(fields.number("real", 0, 10));
  CHECK_FALSE(fields.number("huge", 0, ~0ULL));
  CHECK_FALSE(fields.number("s", 0, 10));
  CHECK_FALSE(fields.boolean("n"));
  CHECK_FALSE(fields.string("n"));
  CHECK_FALSE(fields.string("s", 3));
  CHECK(field_of(fields.strings("list", 5).error()) == "list[1]");
  CHECK(field_of(fields.objects("deep", 5)->front().number("n", 0, 1).error()) == "deep[0].n");
  CHECK(field_of(fields.string("gone").error()) == "gone");
  CHECK_FALSE(JsonReader::of(*parse_json("[]")));
}

TEST_CASE("null is a wrong type where a value must be, and no value where there may be one") {
  const auto value = *parse_json(R"({"null":null,"one":1})");
  auto fields = *JsonReader::of(value);
  CHECK(fields.sent("null"));
  CHECK_FALSE(fields.has("null"));
  CHECK_FALSE(fields.sent("none"));
  CHECK(fields.has("one"));
  CHECK(fields.string("null").error().message == "must be a string");
  CHECK(fields.string("none").error().message == "is missing");
}

TEST_CASE("a field that nobody asked for is refused") {
  const auto value = *parse_json(R"({"known":1,"unknown":2})");
  auto fields = *JsonReader::of(value);
  CHECK(fields.has("known"));
  REQUIRE_FALSE(fields.done());
  CHECK(field_of(fields.done().error()) == "unknown");
}

TEST_CASE("bytes that are not UTF-8 can be dumped") {
  CHECK(dump_json({{"a", "\xff"}}) == "{\"a\":\"\xEF\xBF\xBD\"}");
}
