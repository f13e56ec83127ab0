// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/host/bus_answers.hpp"

#include <algorithm>
#include <array>

#include "core/json.hpp"

namespace berth::agent {
namespace {

using nlohmann::json;

constexpr std::uint64_t most = std::uint64_t{1} << 62;

/// Reads with `read(JsonReader&)`, and says whose fault it is when that fails.
template <class Read>
auto understood(const json& value, Read read) -> decltype(read(std::declval<JsonReader&>())) {
  auto fields = JsonReader::of(value);
  auto result = fields ? read(*fields) : decltype(read(*fields))(std::unexpected(fields.error()));
  if (!result)
    return std::unexpected(
        Error{Code::internal,
              "the hypervisor manager's answer is not as agreed",
              {{"reason", describe(result.error())}, {"next", "install both daemons of one version"}}});
  return result;
}

Result<MachineState> read_machine_state(JsonReader& fields) {
  constexpr std::array<std::string_view, 3> words{"running", "paused", "stopping"};
  MachineState state;
  const auto word = TRY(fields.string("state"));
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::unexpected(fields.wrong("state", "is not a state"));
  state.power = static_cast<MachineState::Power>(found - words.begin());
  state.agent = TRY(fields.boolean("agent"));
  return state;
}

Result<HostCheck> read_check(JsonReader& fields) {
  HostCheck check;
  check.name = TRY(fields.string("name"));
  check.state = TRY(fields.string("state"));
  check.detail = TRY(fields.string("detail"));
  if (fields.has("remedy")) check.remedy = TRY(fields.string("remedy"));
  return check;
}

Result<HostFacts> read_facts(JsonReader& fields) {
  HostFacts facts;
  facts.accelerator = TRY(fields.string("accelerator"));
  facts.cpus = TRY(fields.number("cpus", 0, most));
  facts.memory = TRY(fields.number("memory", 0, most));
  facts.storage_total = TRY(fields.number("storage_total", 0, most));
  facts.storage_free = TRY(fields.number("storage_free", 0, most));
  auto checks = TRY(fields.objects("checks", 100));
  for (auto& each : checks) {
    auto check = TRY(read_check(each));
    facts.checks.push_back(std::move(check));
  }
  return facts;
}

Result<Image> read_image(JsonReader& fields) {
  Image image;
  const auto id = TRY(fields.string("id"));
  image.id = TRY(ImageId::parse(id));
  image.file_size = TRY(fields.number("file_size", 0, most));
  image.virtual_size = TRY(fields.number("virtual_size", 0, most));
  image.has_kernel = TRY(fields.boolean("has_kernel"));
  return image;
}

Result<Presence> read_presence(JsonReader& fields) {
  Presence presence;
  const auto state = TRY(fields.string("state"));
  presence.state = TRY(parse_presence(state));
  if (fields.has("detail")) presence.detail = TRY(fields.string("detail", 64 * 1024));
  return presence;
}

}  // namespace

Result<Presence> parse_presence_answer(std::string_view text) {
  const auto value = TRY(parse_json(text));
  return understood(value, read_presence);
}

Result<std::vector<Id>> parse_ids(std::string_view text) {
  const auto list = TRY(parse_json(text));
  const json value{{"ids", list}};
  return understood(value, [](JsonReader& fields) -> Result<std::vector<Id>> {
    std::vector<Id> ids;
    const auto texts = TRY(fields.strings("ids", 1'000'000));
    for (const auto& each : texts) {
      const auto id = TRY(Id::parse(each));
      ids.push_back(id);
    }
    return ids;
  });
}

Result<std::map<MachineId, MachineState>> parse_domains(std::string_view text) {
  const auto value = TRY(parse_json(text));
  return understood(value, [&](JsonReader& fields) -> Result<std::map<MachineId, MachineState>> {
    std::map<MachineId, MachineState> domains;
    for (const auto& [id, ignored] : value.items()) {
      const auto machine = TRY(MachineId::parse(id));
      auto state = TRY(fields.object(id));
      domains[machine] = TRY(read_machine_state(state));
    }
    return domains;
  });
}

Result<HostFacts> parse_facts(std::string_view text) {
  const auto value = TRY(parse_json(text));
  return understood(value, read_facts);
}

Result<Image> parse_image(std::string_view text) {
  const auto value = TRY(parse_json(text));
  return understood(value, read_image);
}

Result<std::vector<Image>> parse_images(std::string_view text) {
  const auto list = TRY(parse_json(text));
  const json value{{"images", list}};
  return understood(value, [](JsonReader& fields) -> Result<std::vector<Image>> {
    std::vector<Image> images;
    auto objects = TRY(fields.objects("images", 1'000'000));
    for (auto& each : objects) {
      auto image = TRY(read_image(each));
      images.push_back(std::move(image));
    }
    return images;
  });
}

std::optional<MachineEvent> parse_machine_event(std::string_view word) {
  constexpr std::array<std::string_view, 6> words{"started",  "agent_connected", "agent_disconnected",
                                                  "shutdown", "crashed",         "stopped"};
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<MachineEvent>(found - words.begin());
}

}  // namespace berth::agent
