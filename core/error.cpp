// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/error.hpp"

#include <algorithm>
#include <array>

namespace berth {
namespace {

struct Row {
  Code code;
  std::string_view name;
  int status;
};

constexpr std::array table{
    Row{Code::peer_not_allowed, "AUTH_001", 403},
    Row{Code::malformed_request, "REQ_001", 400},
    Row{Code::invalid_field, "REQ_002", 400},
    Row{Code::too_large, "REQ_003", 413},
    Row{Code::no_such_route, "REQ_004", 404},
    Row{Code::method_not_allowed, "REQ_005", 405},
    Row{Code::request_timeout, "REQ_006", 408},
    Row{Code::idempotency_conflict, "REQ_007", 409},
    Row{Code::not_found, "RES_001", 404},
    Row{Code::quota_exceeded, "RES_002", 409},
    Row{Code::already_exists, "RES_003", 409},
    Row{Code::busy, "RES_004", 409},
    Row{Code::wrong_state, "RES_005", 409},
    Row{Code::starting, "RES_006", 503},
    Row{Code::too_many_connections, "RES_007", 503},
    Row{Code::hypervisor_unavailable, "RES_008", 503},
    Row{Code::internal, "RES_009", 500},
    Row{Code::cancelled, "RES_010", 409},
    Row{Code::accelerator_missing, "VM_001", 503},
    Row{Code::start_failed, "VM_002", 500},
    Row{Code::not_ready, "VM_003", 504},
    Row{Code::libvirt_failed, "VM_004", 503},
    Row{Code::guest_agent_failed, "VM_005", 502},
    Row{Code::guest_stopped, "VM_006", 409},
    Row{Code::addresses_exhausted, "NET_001", 409},
    Row{Code::network_failed, "NET_002", 500},
    Row{Code::firewall_failed, "NET_003", 500},
    Row{Code::image_rejected, "STO_001", 400},
    Row{Code::checksum_mismatch, "STO_002", 400},
    Row{Code::storage_full, "STO_003", 507},
    Row{Code::storage_failed, "STO_004", 500},
    Row{Code::key_damaged, "STO_005", 500},
    Row{Code::image_in_use, "STO_006", 409},
};

constexpr bool in_order_of_the_enumeration() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].code != static_cast<Code>(i)) return false;
  return table.size() == static_cast<std::size_t>(Code::image_in_use) + 1;
}
static_assert(in_order_of_the_enumeration(), "one row a code, in the enumeration's order");

}  // namespace

std::string_view wire_name(Code code) noexcept {
  return table[static_cast<std::size_t>(code)].name;
}

Code code_of(std::string_view wire_name) noexcept {
  const auto row = std::ranges::find(table, wire_name, &Row::name);
  return row == table.end() ? Code::internal : row->code;
}

int http_status(Code code) noexcept {
  return table[static_cast<std::size_t>(code)].status;
}

std::string describe(const Error& error) {
  std::string text = error.message;
  for (const auto& [key, value] : error.details)
    text += (&key == &error.details.front().first ? " (" : ", ") + key + ": " + value;
  return error.details.empty() ? text : text + ")";
}

}  // namespace berth
