// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/host/bus_driver.hpp"

#include "agent/host/bus_answers.hpp"

namespace berth::agent {
namespace {

using std::chrono::seconds;

constexpr seconds look{30};
/// Longer than libvirt and the storage take on a busy host; a call that outlasts it is made again and finds what was
/// done.
constexpr seconds change{120};

std::string word(Kind kind) {
  return std::string(name_of(kind));
}

}  // namespace

Result<Presence> BusDriver::observe(const Spec& spec) {
  const auto answer = TRY(bus_.call("Observe", {word(kind_), spec_to_json(spec)}, look));
  return parse_presence_answer(answer);
}

Result<void> BusDriver::apply(const Spec& spec) {
  TRY(bus_.call("Apply", {word(kind_), spec_to_json(spec)}, change));
  return {};
}

Result<void> BusDriver::remove(const Id& id) {
  TRY(bus_.call("Remove", {word(kind_), id.str()}, change));
  return {};
}

Result<std::vector<Id>> BusDriver::list() {
  const auto answer = TRY(bus_.call("List", {word(kind_)}, look));
  return parse_ids(answer);
}

}  // namespace berth::agent
