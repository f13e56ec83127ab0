// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/bus_wire.hpp"

#include <cstring>

#include "core/json.hpp"

namespace berth::bus {
namespace {

constexpr std::string_view error_prefix = "org.berth.Error.";

}  // namespace

std::string error_name(Code code) {
  return std::string(error_prefix) + std::string(wire_name(code));
}

std::string error_text(const Error& error) {
  auto details = nlohmann::json::object();
  for (const auto& [key, value] : error.details) details[key] = value;
  return dump_json({{"message", error.message}, {"details", details}});
}

Error parse_error(std::string_view name, std::string_view text) {
  const Error foreign{Code::internal,
                      "the hypervisor manager refused a call",
                      {{"error", std::string(name)}, {"reason", std::string(text)}}};
  if (!name.starts_with(error_prefix)) return foreign;
  const auto value = parse_json(text);
  if (!value || !value->is_object() || !value->contains("message") || !(*value)["message"].is_string()) return foreign;
  Error error{code_of(name.substr(error_prefix.size())), (*value)["message"].get<std::string>()};
  if (const auto details = value->find("details"); details != value->end() && details->is_object())
    for (const auto& [key, detail] : details->items())
      if (detail.is_string()) error.details.emplace_back(key, detail.get<std::string>());
  return error;
}

Error failed(Code code, const char* doing, int negative_errno) {
  return {code, doing, {{"reason", std::strerror(-negative_errno)}}};  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

}  // namespace berth::bus
