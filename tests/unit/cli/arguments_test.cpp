// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/arguments.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "cli/dispatch.hpp"

using namespace berth::cli;

namespace {

constexpr std::array<Option, 3> options{
    {{"image", "IMAGE", "an image"}, {"key", "FILE", "a key", true}, {"no-wait", "", ""}}};
const Grammar one_word{.options = options, .least_words = 1, .most_words = 1};
const Grammar ssh_like{.options = options, .least_words = 1, .most_words = 1, .takes_rest = true};

using Line = std::vector<std::string>;

std::string refusal(const Grammar& grammar, const Line& line) {
  const auto parsed = Arguments::parse(grammar, line);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().exit == Exit::usage);
  return parsed.error().error.message + " | " + parsed.error().next;
}

}  // namespace

TEST_CASE("options and words may stand in any order") {
  const auto parsed = Arguments::parse(one_word, Line{"--json", "web", "--image=tiny", "--key", "a", "--key", "b"});
  REQUIRE(parsed);
  CHECK(parsed->words() == Line{"web"});
  CHECK(parsed->value("image") == "tiny");
  CHECK(parsed->values("key") == Line{"a", "b"});
  CHECK(parsed->has("json"));
  CHECK_FALSE(parsed->has("no-wait"));
}

TEST_CASE("what is not known, or not whole, is refused by name") {
  CHECK(refusal(one_word, {"web", "--imag", "x"}) == "there is no option --imag | did you mean --image?");
  CHECK(refusal(one_word, {"web", "--wait"}).starts_with("there is no option --wait"));
  CHECK(refusal(one_word, {"web", "-i", "x"}).starts_with("there is no option -i"));
  CHECK(refusal(one_word, {"web", "--image"}).starts_with("--image needs a value | --image IMAGE"));
  CHECK(refusal(one_word, {"web", "--image="}).starts_with("--image needs a value"));
  CHECK(refusal(one_word, {"web", "--image", "--json"}).starts_with("--image needs a value"));
  CHECK(refusal(one_word, {"web", "--json=yes"}).starts_with("--json takes no value"));
  CHECK(refusal(one_word, {"web", "--image", "a", "--image", "b"}).starts_with("--image stands there twice"));
  CHECK(refusal(one_word, {"web", "--json", "--json"}).starts_with("--json stands there twice"));
  CHECK(refusal(one_word, {}).starts_with("an argument is missing"));
  CHECK(refusal(one_word, {"web", "db"}).starts_with("there is a word too many: 'db'"));
  CHECK(refusal(one_word, {"--words", "x"}).starts_with("there is no option --words"));
}

TEST_CASE("words behind -- belong to the command in the machine") {
  const auto parsed = Arguments::parse(ssh_like, Line{"web", "--", "ls", "--image", "-l", "--"});
  REQUIRE(parsed);
  CHECK(parsed->rest() == Line{"ls", "--image", "-l", "--"});
  CHECK(refusal(ssh_like, {"web", "ls"}).find("behind --") != std::string::npos);
  CHECK(refusal(ssh_like, {"--", "-oProxyCommand=x"}).starts_with("an argument is missing"));
}

TEST_CASE("a command is found behind global options, in one word or two") {
  const auto found = [](const Line& line) {
    const auto chosen = choose(line);
    REQUIRE(chosen);
    return std::pair(std::string(chosen->command->name), chosen->line);
  };
  CHECK(found({"list"}) == std::pair(std::string("list"), Line{}));
  CHECK(found({"--json", "--user", "list", "show", "web"}) ==
        std::pair(std::string("show"), Line{"--json", "--user", "list", "web"}));
  CHECK(found({"key", "--json", "add", "web", "f"}) == std::pair(std::string("key add"), Line{"--json", "web", "f"}));
  CHECK(found({"ssh", "web", "--", "list"}) == std::pair(std::string("ssh"), Line{"web", "--", "list"}));
}

TEST_CASE("an unknown command is refused with the one that was probably meant") {
  const auto next = [](const Line& line) {
    const auto chosen = choose(line);
    REQUIRE_FALSE(chosen);
    CHECK(chosen.error().exit == Exit::usage);
    return chosen.error().next;
  };
  CHECK(next({"lst"}) == "did you mean `berth list`?");
  CHECK(next({"image", "imprt"}) == "did you mean `berth image import`?");
  CHECK(next({"key"}) == "one of: key add, key remove, key list");
  CHECK(next({"frobnicate"}) == "`berth help` lists the commands");
}

TEST_CASE("every command has a summary, and no option twice") {
  for (const auto* command : commands()) {
    CAPTURE(command->name);
    CHECK_FALSE(command->summary.empty());
    std::vector<std::string_view> names;
    for (const auto& option : command->grammar.options) names.push_back(option.name);
    for (const auto& option : global_options) names.push_back(option.name);
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
    CHECK(find_command(command->name) == command);
  }
}
