// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/driver.hpp"

#include <algorithm>
#include <array>

namespace berth {

constexpr std::array<std::string_view, 3> state_names{"absent", "damaged", "present"};

std::string_view name_of(Presence::State state) noexcept {
  return state_names[static_cast<std::size_t>(state)];
}

Result<Presence::State> parse_presence(std::string_view name) {
  const auto found = std::ranges::find(state_names, name);
  if (found == state_names.end()) return std::unexpected(Error{Code::internal, "not a presence"});
  return static_cast<Presence::State>(found - state_names.begin());
}

}  // namespace berth
