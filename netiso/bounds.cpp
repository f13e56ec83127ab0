// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/bounds.hpp"

#include <fmt/format.h>

namespace berth {
namespace {

Error outside(const char* what, const char* field, std::string value, std::string bounds) {
  return {Code::invalid_field,
          what,
          {{"field", field},
           {"value", std::move(value)},
           {"allowed", std::move(bounds)},
           {"next", "make pool, first_port and last_port in /etc/berth/hypervisor.conf cover the agent's"}}};
}

}  // namespace

Result<void> Bounds::check(const NetworkSpec& spec) const {
  if (pool.contains(spec.subnet)) return {};
  return std::unexpected(
      outside("a user's subnet lies outside the pool for machines", "subnet", spec.subnet.str(), pool.str()));
}

Result<void> Bounds::check(const FirewallSpec& spec) const {
  if (!pool.contains(spec.address))
    return std::unexpected(
        outside("a machine's address lies outside the pool for machines", "address", spec.address.str(), pool.str()));
  if (spec.ssh_port < first_port || spec.ssh_port > last_port)
    return std::unexpected(outside("a machine's port lies outside the range for machines", "ssh_port",
                                   std::to_string(spec.ssh_port), fmt::format("{} to {}", first_port, last_port)));
  return {};
}

}  // namespace berth
