// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/json.hpp"

#include "agent/api/error_json.hpp"
#include "agent/model_names.hpp"
#include "core/json.hpp"

namespace berth::agent {
namespace {

using nlohmann::json;

constexpr std::uint16_t ssh_port_of_machines = 22;

template <class T>
json text_or_null(const std::optional<T>& value) {
  return value ? json(value->str()) : json();
}
json text_or_null(const std::string& text) {
  return text.empty() ? json() : json(text);
}
json error_or_null(const std::optional<Error>& error) {
  return error ? error_to_json(*error) : json();
}

json to_json(const Machine& machine) {
  return {{"id", machine.id.str()},
          {"hostname", machine.hostname},
          {"address", machine.address.str()},
          {"ssh",
           {{"user", "root"},
            {"port", ssh_port_of_machines},
            {"host_port", machine.ssh_port},
            {"host_key", text_or_null(machine.host_key)}}}};
}

json to_json(const SshKey& key) {
  return {{"fingerprint", key.fingerprint()}, {"comment", key.comment()}, {"line", key.line()}};
}

template <class T>
json list_of(const std::vector<T>& items) {
  auto list = json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

json to_json(const Share& share) {
  const auto pair = [](std::uint64_t used, std::uint64_t limit) { return json{{"used", used}, {"limit", limit}}; };
  return {{"sessions", pair(share.used.sessions, share.limit.sessions)},
          {"cpus", pair(share.used.cpus, share.limit.cpus)},
          {"memory_bytes", pair(share.used.memory, share.limit.memory)},
          {"disk_bytes", pair(share.used.disk, share.limit.disk)}};
}

}  // namespace

json to_json(const Session& session) {
  return {{"id", session.id.str()},
          {"name", session.name},
          {"user", session.user_name},
          {"goal", name_of(session.goal)},
          {"phase", name_of(session.phase)},
          {"reason", error_or_null(session.reason)},
          {"image", {{"name", session.image_name}, {"id", session.image.str()}}},
          {"cpus", session.size.cpus},
          {"memory_bytes", session.size.memory},
          {"disk_bytes", session.size.disk},
          {"created_at", to_text(session.created_at)},
          {"expires_at", to_text(session.expires_at)},
          {"rung", text_or_null(session.rung)},
          {"rung_reason", text_or_null(session.rung_reason)},
          {"machines", list_of(session.machines)},
          {"ssh_keys", list_of(session.ssh_keys)},
          {"operation", text_or_null(session.operation)}};
}

json to_json(const Operation& operation) {
  return {{"id", operation.id.str()},
          {"kind", name_of(operation.kind)},
          {"session", operation.session.str()},
          {"user", operation.user_name},
          {"state", name_of(operation.state)},
          {"step", operation.step},
          {"steps_done", operation.steps_done},
          {"steps_total", operation.steps_total},
          {"error", error_or_null(operation.error)},
          {"created_at", to_text(operation.created_at)},
          {"finished_at", operation.finished_at ? json(to_text(*operation.finished_at)) : json()}};
}

json to_json(const Event& event) {
  auto data = parse_json(event.data);
  return {{"id", event.id},
          {"time", to_text(event.time)},
          {"type", event.type},
          {"user", event.user ? json(*event.user) : json()},
          {"session", text_or_null(event.session)},
          {"operation", text_or_null(event.operation)},
          {"data", data ? std::move(*data) : json::object()}};
}

json to_json(const Image& image) {
  return {{"id", image.id.str()},           {"name", image.name},
          {"file_size", image.file_size},   {"virtual_size", image.virtual_size},
          {"has_kernel", image.has_kernel}, {"imported_at", to_text(image.imported_at)}};
}

json to_json(const Resources& resources) {
  auto users = json::array();
  for (const auto& [user, share] : resources.users) {
    auto one = to_json(share);
    one["user"] = user;
    users.push_back(std::move(one));
  }
  return {{"host", to_json(resources.host)}, {"users", users}};
}

}  // namespace berth::agent
