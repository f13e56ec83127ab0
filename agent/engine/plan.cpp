// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/plan.hpp"

#include <algorithm>

namespace berth::agent {
namespace {

/// Only a creation makes volumes: one that is lost later must not come back empty.
Spec volume(const Session& session, const Machine& machine) {
  return VolumeSpec{machine.volume, session.user, session.image, session.size.disk, session.phase == Phase::creating};
}

Spec firewall(const Session& session, const Machine& machine) {
  return FirewallSpec{machine.id, session.user, machine.address, machine.ssh_port};
}

Spec domain(const Session& session, const Machine& machine) {
  return DomainSpec{machine.id,        session.user,        machine.volume,  session.image,   machine.hostname,
                    session.size.cpus, session.size.memory, machine.address, session.ssh_keys};
}

}  // namespace

std::vector<Spec> plan(const Session& session) {
  std::vector<Spec> specs{KeySpec{session.user}};
  for (const auto& machine : session.machines) specs.push_back(volume(session, machine));
  specs.push_back(NetworkSpec{session.user, session.subnet});
  std::ranges::move(plan_of_running(session), std::back_inserter(specs));
  return specs;
}

std::vector<Spec> plan_of_running(const Session& session) {
  std::vector<Spec> specs;
  for (const auto& machine : session.machines) specs.push_back(firewall(session, machine));
  for (const auto& machine : session.machines) specs.push_back(domain(session, machine));
  return specs;
}

unsigned steps_of(OperationKind kind, const Session& session) {
  constexpr unsigned waiting = 1;
  switch (kind) {
    case OperationKind::create:
    case OperationKind::start:
      return static_cast<unsigned>(plan(session).size()) + waiting;
    case OperationKind::stop:
      return static_cast<unsigned>(plan_of_running(session).size()) + waiting;
    case OperationKind::terminate:
      return static_cast<unsigned>(plan(session).size());
    case OperationKind::ssh_keys:
      return 1;
  }
  std::unreachable();
}

std::string_view making(Kind kind) noexcept {
  switch (kind) {
    case Kind::key:
      return "preparing the user's key";
    case Kind::volume:
      return "preparing the encrypted volume";
    case Kind::network:
      return "preparing the network";
    case Kind::firewall:
      return "setting the firewall";
    case Kind::domain:
      return "starting the machine";
  }
  std::unreachable();
}

std::string_view removing(Kind kind) noexcept {
  switch (kind) {
    case Kind::key:
      return "removing the user's key";
    case Kind::volume:
      return "removing the encrypted volume";
    case Kind::network:
      return "removing the network";
    case Kind::firewall:
      return "closing the firewall";
    case Kind::domain:
      return "ending the machine";
  }
  std::unreachable();
}

}  // namespace berth::agent
