// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/spec.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/label.hpp"

namespace berth {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, kinds.size()> kind_names{"key", "volume", "network", "firewall", "domain"};

template <class T>
Result<T> parsed(JsonReader& fields, const std::string& key) {
  auto value = T::parse(TRY(fields.string(key)));
  if (!value) return std::unexpected(std::move(value).error().with("field", key));
  return value;
}

Result<Spec> read_key(JsonReader& fields) {
  return KeySpec{TRY(parsed<UserId>(fields, "user"))};
}

Result<Spec> read_volume(JsonReader& fields) {
  VolumeSpec spec;
  spec.id = TRY(parsed<VolumeId>(fields, "id"));
  spec.user = TRY(parsed<UserId>(fields, "user"));
  spec.image = TRY(parsed<ImageId>(fields, "image"));
  spec.size = TRY(fields.number("size", least_disk, most_disk));
  if (spec.size % MiB != 0) return std::unexpected(fields.wrong("size", "must be whole mebibytes"));
  spec.fresh = TRY(fields.boolean("fresh"));
  return spec;
}

Result<Spec> read_network(JsonReader& fields) {
  NetworkSpec spec;
  spec.user = TRY(parsed<UserId>(fields, "user"));
  spec.subnet = TRY(parsed<Subnet>(fields, "subnet"));
  return spec;
}

Result<Spec> read_firewall(JsonReader& fields) {
  FirewallSpec spec;
  spec.machine = TRY(parsed<MachineId>(fields, "machine"));
  spec.user = TRY(parsed<UserId>(fields, "user"));
  spec.address = TRY(parsed<Ipv4>(fields, "address"));
  spec.ssh_port = static_cast<std::uint16_t>(TRY(fields.number("ssh_port", 1024, 65535)));
  return spec;
}

Result<Spec> read_domain(JsonReader& fields) {
  DomainSpec spec;
  spec.machine = TRY(parsed<MachineId>(fields, "machine"));
  spec.user = TRY(parsed<UserId>(fields, "user"));
  spec.volume = TRY(parsed<VolumeId>(fields, "volume"));
  spec.image = TRY(parsed<ImageId>(fields, "image"));
  spec.hostname = TRY(parse_label(TRY(fields.string("hostname")), "hostname"));
  spec.cpus = static_cast<std::uint32_t>(TRY(fields.number("cpus", 1, most_cpus)));
  spec.memory = TRY(fields.number("memory", least_memory, most_memory));
  if (spec.memory % MiB != 0) return std::unexpected(fields.wrong("memory", "must be whole mebibytes"));
  spec.address = TRY(parsed<Ipv4>(fields, "address"));
  for (const auto& line : TRY(fields.strings("ssh_keys", most_ssh_keys)))
    spec.ssh_keys.push_back(TRY(SshKey::parse(line)));
  return spec;
}

Result<Spec> read(Kind kind, JsonReader& fields) {
  switch (kind) {
    case Kind::key:
      return read_key(fields);
    case Kind::volume:
      return read_volume(fields);
    case Kind::network:
      return read_network(fields);
    case Kind::firewall:
      return read_firewall(fields);
    case Kind::domain:
      return read_domain(fields);
  }
  std::unreachable();
}

struct ToJson {
  json operator()(const KeySpec& spec) const { return {{"user", spec.user.str()}}; }
  json operator()(const VolumeSpec& spec) const {
    return {{"id", spec.id.str()},
            {"user", spec.user.str()},
            {"image", spec.image.str()},
            {"size", spec.size},
            {"fresh", spec.fresh}};
  }
  json operator()(const NetworkSpec& spec) const { return {{"user", spec.user.str()}, {"subnet", spec.subnet.str()}}; }
  json operator()(const FirewallSpec& spec) const {
    return {{"machine", spec.machine.str()},
            {"user", spec.user.str()},
            {"address", spec.address.str()},
            {"ssh_port", spec.ssh_port}};
  }
  json operator()(const DomainSpec& spec) const {
    json keys = json::array();
    for (const auto& key : spec.ssh_keys) keys.push_back(key.line());
    return {{"machine", spec.machine.str()}, {"user", spec.user.str()},       {"volume", spec.volume.str()},
            {"image", spec.image.str()},     {"hostname", spec.hostname},     {"cpus", spec.cpus},
            {"memory", spec.memory},         {"address", spec.address.str()}, {"ssh_keys", keys}};
  }
};

struct IdOf {
  Id operator()(const KeySpec& spec) const { return spec.user; }
  Id operator()(const VolumeSpec& spec) const { return spec.id; }
  Id operator()(const NetworkSpec& spec) const { return spec.user; }
  Id operator()(const FirewallSpec& spec) const { return spec.machine; }
  Id operator()(const DomainSpec& spec) const { return spec.machine; }
};

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}

Result<Kind> parse_kind(std::string_view name) {
  const auto found = std::ranges::find(kind_names, name);
  if (found == kind_names.end())
    return std::unexpected(Error{Code::invalid_field, "not a kind of resource", {{"field", "kind"}}});
  return static_cast<Kind>(found - kind_names.begin());
}

Kind kind_of(const Spec& spec) noexcept {
  return static_cast<Kind>(spec.index());
}
Id id_of(const Spec& spec) noexcept {
  return std::visit(IdOf{}, spec);
}
std::string spec_to_json(const Spec& spec) {
  return dump_json(std::visit(ToJson{}, spec));
}

Result<Spec> parse_spec(Kind kind, std::string_view text) {
  const auto value = TRY(parse_json(text));
  auto fields = TRY(JsonReader::of(value));
  auto spec = TRY(read(kind, fields));
  TRY(fields.done());
  return spec;
}

}  // namespace berth
