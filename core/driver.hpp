// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/spec.hpp"

namespace berth {

/// What the host has of a resource.
struct Presence {
  enum class State {
    absent,
    damaged,  ///< something bears the name, but not as the spec says; `apply` or `remove` mends it
    present,
  };
  State state = State::absent;
  std::string detail{};  ///< for a person: why it is damaged
  bool operator==(const Presence&) const = default;
};
std::string_view name_of(Presence::State state) noexcept;
Result<Presence::State> parse_presence(std::string_view name);

/// The one contract for every kind of resource. All calls may come from several threads at once.
struct Driver {
  virtual ~Driver() = default;
  virtual Kind kind() const noexcept = 0;
  /// What is there now; asks the host, never a database.
  virtual Result<Presence> observe(const Spec& spec) = 0;
  /// Makes it so; the same call again changes nothing. After an error what was half made can be removed.
  virtual Result<void> apply(const Spec& spec) = 0;
  /// Absent is success. Collects what fails and goes on; what cannot be removed is in the error.
  virtual Result<void> remove(const Id& id) = 0;
  /// Everything of this kind on this host that bears our mark, known to a database or not.
  virtual Result<std::vector<Id>> list() = 0;
};

}  // namespace berth
