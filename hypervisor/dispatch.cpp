// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/dispatch.hpp"

#include <fmt/format.h>

#include <chrono>

#include "core/json.hpp"
#include "systemd/journal.hpp"

namespace berth::hypervisor {
namespace {

using std::chrono::steady_clock;

/// The journal's fields for whom a spec is about.
struct FieldsOf {
  journal::Fields operator()(const KeySpec& spec) const { return {{"BERTH_USER", spec.user.str()}}; }
  journal::Fields operator()(const VolumeSpec& spec) const {
    return {{"BERTH_USER", spec.user.str()}, {"BERTH_VOLUME", spec.id.str()}};
  }
  journal::Fields operator()(const NetworkSpec& spec) const { return {{"BERTH_USER", spec.user.str()}}; }
  journal::Fields operator()(const FirewallSpec& spec) const {
    return {{"BERTH_USER", spec.user.str()}, {"BERTH_MACHINE", spec.machine.str()}};
  }
  journal::Fields operator()(const DomainSpec& spec) const {
    return {
        {"BERTH_USER", spec.user.str()}, {"BERTH_MACHINE", spec.machine.str()}, {"BERTH_VOLUME", spec.volume.str()}};
  }
};

/// One line for what was done: to what, how it ended, how long it took.
void log(const char* did, Kind kind, const Id& id, const Result<void>& result, std::string_view message_id,
         steady_clock::time_point begun, journal::Fields fields) {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun).count();
  fields.emplace_back("BERTH_KIND", name_of(kind));
  fields.emplace_back("BERTH_ID", id.str());
  fields.emplace_back("BERTH_MILLISECONDS", std::to_string(took));
  fields.emplace_back("MESSAGE_ID", result ? message_id : journal::message::failed);
  if (result)
    journal::write(journal::Priority::info, fmt::format("{} {} {} in {} ms", did, name_of(kind), id.str(), took),
                   fields);
  else
    journal::write(journal::Priority::warning, fmt::format("Not {} {} {}", did, name_of(kind), id.str()),
                   result.error(), std::move(fields));
}

}  // namespace

Dispatch::Dispatch(std::span<Driver* const> drivers) {
  for (auto* driver : drivers) drivers_.at(static_cast<std::size_t>(driver->kind())) = driver;
}

void Dispatch::declare(BusServer& bus) {
  bus.method("Observe", 2, false, [this](Call& call) { return observe(call.arguments[0], call.arguments[1]); });
  bus.method("Apply", 2, false, [this](Call& call) { return apply(call.arguments[0], call.arguments[1]); });
  bus.method("Remove", 2, false, [this](Call& call) { return remove(call.arguments[0], call.arguments[1]); });
  bus.method("List", 1, false, [this](Call& call) { return list(call.arguments[0]); });
}

Result<Driver*> Dispatch::driver(const std::string& name) const {
  const auto kind = TRY(parse_kind(name));
  auto* found = drivers_.at(static_cast<std::size_t>(kind));
  if (found == nullptr) return std::unexpected(Error{Code::internal, "nobody looks after this kind", {{"kind", name}}});
  return found;
}

Result<std::string> Dispatch::observe(const std::string& kind, const std::string& text) {
  auto* const responsible = TRY(driver(kind));
  const auto spec = TRY(parse_spec(responsible->kind(), text));
  const auto presence = TRY(responsible->observe(spec));
  return dump_json({{"state", name_of(presence.state)}, {"detail", presence.detail}});
}

Result<std::string> Dispatch::apply(const std::string& kind, const std::string& text) {
  auto* const responsible = TRY(driver(kind));
  const auto spec = TRY(parse_spec(responsible->kind(), text));
  const auto begun = steady_clock::now();
  const auto applied = responsible->apply(spec);
  log("applied", responsible->kind(), id_of(spec), applied, journal::message::applied, begun,
      std::visit(FieldsOf{}, spec));
  if (!applied) return std::unexpected(applied.error());
  return "";
}

Result<std::string> Dispatch::remove(const std::string& kind, const std::string& text) {
  auto* const responsible = TRY(driver(kind));
  const auto id = TRY(Id::parse(text));
  const auto begun = steady_clock::now();
  const auto removed = responsible->remove(id);
  log("removed", responsible->kind(), id, removed, journal::message::removed, begun, {});
  if (!removed) return std::unexpected(removed.error());
  return "";
}

Result<std::string> Dispatch::list(const std::string& kind) {
  auto* const responsible = TRY(driver(kind));
  auto ids = nlohmann::json::array();
  const auto all = TRY(responsible->list());
  for (const auto& id : all) ids.push_back(id.str());
  return dump_json(ids);
}

}  // namespace berth::hypervisor
