// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/answers.hpp"

#include <limits>

#include "cli/quantity.hpp"
#include "core/json.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_items = 100'000;
constexpr std::size_t longest_text = 64 * 1024;
constexpr auto any = std::numeric_limits<std::uint64_t>::max();

/// An answer that is not as the API says comes from an agent of another version, or from something else.
template <class T>
Outcome<T> understood(Result<T> read) {
  if (read) return std::move(*read);
  Failure failure(Exit::failed, "the agent's answer is not understood", "`berth version` compares the versions");
  failure.error.details = std::move(read.error().details);
  failure.error.details.emplace_back("rule", std::move(read.error().message));
  return std::unexpected(std::move(failure));
}

Result<std::string> text_or_empty(JsonReader& fields, const char* name) {
  if (!fields.has(name)) return std::string();
  return fields.string(name, longest_text);
}

Result<Time> time(JsonReader& fields, const char* name) {
  auto parsed = parse_time(TRY(fields.string(name)));
  if (!parsed) return std::unexpected(fields.wrong(name, "must be a time"));
  return *parsed;
}

Result<std::optional<Reason>> reason(const json& value, const char* name) {
  const auto found = value.find(name);
  if (found == value.end() || found->is_null()) return std::optional<Reason>();
  auto fields = TRY(JsonReader::of(*found, name));
  Reason reason;
  reason.wire_code = TRY(fields.string("code"));
  reason.error.code = code_of(reason.wire_code);
  reason.error.message = TRY(fields.string("message", longest_text));
  if (const auto details = found->find("details"); details != found->end() && details->is_object())
    for (const auto& [key, detail] : details->items())
      reason.error.details.emplace_back(key, detail.is_string() ? detail.get<std::string>() : dump_json(detail));
  return std::optional(std::move(reason));
}

Result<Machine> machine(JsonReader& fields) {
  Machine machine;
  machine.id = TRY(fields.string("id"));
  machine.hostname = TRY(text_or_empty(fields, "hostname"));
  machine.address = TRY(text_or_empty(fields, "address"));
  if (!fields.has("ssh")) return machine;
  auto ssh = TRY(fields.object("ssh"));
  machine.ssh_user = TRY(ssh.string("user"));
  machine.ssh_port = TRY(ssh.number("port", 1, 65535));
  if (ssh.has("host_port")) machine.host_port = TRY(ssh.number("host_port", 0, 65535));
  machine.host_key = TRY(text_or_empty(ssh, "host_key"));
  return machine;
}

Result<AuthorizedKey> authorized_key(JsonReader& fields) {
  AuthorizedKey key;
  key.fingerprint = TRY(fields.string("fingerprint"));
  key.comment = TRY(text_or_empty(fields, "comment"));
  key.line = TRY(text_or_empty(fields, "line"));
  return key;
}

Result<void> size_and_place(JsonReader& fields, Session& session) {
  auto image = TRY(fields.object("image"));
  session.image_name = TRY(text_or_empty(image, "name"));
  session.image_id = TRY(text_or_empty(image, "id"));
  session.cpus = TRY(fields.number("cpus", 0, any));
  session.memory = TRY(fields.number("memory_bytes", 0, any));
  session.disk = TRY(fields.number("disk_bytes", 0, any));
  session.rung = TRY(text_or_empty(fields, "rung"));
  session.rung_reason = TRY(text_or_empty(fields, "rung_reason"));
  return {};
}

Result<Session> session(const json& value) {
  auto fields = TRY(JsonReader::of(value));
  Session session;
  session.id = TRY(fields.string("id"));
  session.name = TRY(fields.string("name"));
  session.user = TRY(fields.string("user"));
  session.goal = TRY(fields.string("goal"));
  session.phase = TRY(fields.string("phase"));
  session.reason = TRY(reason(value, "reason"));
  TRY(size_and_place(fields, session));
  session.created_at = TRY(time(fields, "created_at"));
  session.expires_at = TRY(time(fields, "expires_at"));
  auto machines = TRY(fields.objects("machines", most_items));
  for (auto& item : machines) session.machines.push_back(TRY(machine(item)));
  auto keys = TRY(fields.objects("ssh_keys", most_items));
  for (auto& item : keys) session.ssh_keys.push_back(TRY(authorized_key(item)));
  session.operation = TRY(text_or_empty(fields, "operation"));
  return session;
}

Result<Operation> operation(const json& value) {
  auto fields = TRY(JsonReader::of(value));
  Operation operation;
  operation.id = TRY(fields.string("id"));
  operation.kind = TRY(fields.string("kind"));
  operation.session = TRY(text_or_empty(fields, "session"));
  operation.state = TRY(fields.string("state"));
  operation.step = TRY(text_or_empty(fields, "step"));
  operation.steps_done = TRY(fields.number("steps_done", 0, any));
  operation.steps_total = TRY(fields.number("steps_total", 0, any));
  operation.reason = TRY(reason(value, "error"));
  operation.created_at = TRY(time(fields, "created_at"));
  if (fields.has("finished_at")) operation.finished_at = TRY(time(fields, "finished_at"));
  return operation;
}

Result<Event> event(const json& value) {
  auto fields = TRY(JsonReader::of(value));
  Event event;
  if (const auto id = value.find("id"); id != value.end()) event.id = dump_json(*id);
  event.type = TRY(fields.string("type"));
  event.time = TRY(time(fields, "time"));
  event.user = TRY(text_or_empty(fields, "user"));
  event.session = TRY(text_or_empty(fields, "session"));
  event.operation = TRY(text_or_empty(fields, "operation"));
  event.data = value.value("data", json::object());
  return event;
}

Result<Image> image(const json& value) {
  auto fields = TRY(JsonReader::of(value));
  Image image;
  image.id = TRY(fields.string("id"));
  image.name = TRY(fields.string("name"));
  image.file_size = TRY(fields.number("file_size", 0, any));
  image.virtual_size = TRY(fields.number("virtual_size", 0, any));
  image.has_kernel = TRY(fields.boolean("has_kernel"));
  image.imported_at = TRY(time(fields, "imported_at"));
  return image;
}

Result<std::vector<Check>> checks(const json& hypervisor) {
  auto fields = TRY(JsonReader::of(hypervisor, "hypervisor"));
  auto items = TRY(fields.objects("checks", most_items));
  std::vector<Check> all;
  for (auto& item : items) {
    Check check;
    check.name = TRY(item.string("name"));
    check.state = TRY(item.string("state"));
    check.detail = TRY(text_or_empty(item, "detail"));
    check.remedy = TRY(text_or_empty(item, "remedy"));
    all.push_back(std::move(check));
  }
  return all;
}

Result<Usage> usage(JsonReader& fields, const char* name) {
  auto pair = TRY(fields.object(name));
  Usage usage;
  usage.used = TRY(pair.number("used", 0, any));
  usage.limit = TRY(pair.number("limit", 0, any));
  return usage;
}

Result<ResourceUse> resource_use(JsonReader& fields) {
  ResourceUse use;
  use.user = TRY(text_or_empty(fields, "user"));
  use.sessions = TRY(usage(fields, "sessions"));
  use.cpus = TRY(usage(fields, "cpus"));
  use.memory = TRY(usage(fields, "memory_bytes"));
  use.disk = TRY(usage(fields, "disk_bytes"));
  return use;
}

Result<std::vector<ResourceUse>> resources(const json& value) {
  auto fields = TRY(JsonReader::of(value));
  auto host = TRY(fields.object("host"));
  auto users = TRY(fields.objects("users", most_items));
  std::vector<ResourceUse> all;
  all.push_back(TRY(resource_use(host)));
  for (auto& item : users) all.push_back(TRY(resource_use(item)));
  return all;
}

}  // namespace

Outcome<Session> read_session(const json& value) {
  return understood(session(value));
}
Outcome<Operation> read_operation(const json& value) {
  return understood(operation(value));
}
Outcome<Event> read_event(const json& value) {
  return understood(event(value));
}
Outcome<Image> read_image(const json& value) {
  return understood(image(value));
}
Outcome<std::vector<Check>> read_checks(const json& hypervisor) {
  return understood(checks(hypervisor));
}
Outcome<std::vector<ResourceUse>> read_resources(const json& value) {
  return understood(resources(value));
}

Outcome<json> field(const json& value, const char* name) {
  const auto found = value.is_object() ? value.find(name) : value.end();
  if (!value.is_object() || found == value.end())
    return understood<json>(std::unexpected(Error{Code::invalid_field, "is missing", {{"field", name}}}));
  return *found;
}

}  // namespace berth::cli
