// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth {

/// Everything that can go wrong, as a closed list: a caller branches on this and on nothing else.
/// The table in error.cpp gives each its name on the wire and its HTTP status.
enum class Code {
  peer_not_allowed,        ///< AUTH_001: who asks may not
  malformed_request,       ///< REQ_001: not HTTP, not JSON, not UTF-8
  invalid_field,           ///< REQ_002: a field of the wrong type, out of range, unknown, twice or missing
  too_large,               ///< REQ_003: body, head or upload above its limit
  no_such_route,           ///< REQ_004
  method_not_allowed,      ///< REQ_005
  request_timeout,         ///< REQ_006: the request did not arrive in time
  idempotency_conflict,    ///< REQ_007: the same Idempotency-Key with another request
  not_found,               ///< RES_001
  quota_exceeded,          ///< RES_002: a user's or the host's limit
  already_exists,          ///< RES_003
  busy,                    ///< RES_004: another operation on the same session is under way
  wrong_state,             ///< RES_005: not possible in the state that the resource is in
  starting,                ///< RES_006: recovery after a start is not done yet
  too_many_connections,    ///< RES_007
  hypervisor_unavailable,  ///< RES_008: the hypervisor manager does not answer
  internal,                ///< RES_009: a bug; the journal has more
  cancelled,               ///< RES_010: given up because the session is being terminated or the daemon stops
  accelerator_missing,     ///< VM_001: no working KVM, and emulation is not allowed
  start_failed,            ///< VM_002: the machine did not start
  not_ready,               ///< VM_003: the machine did not answer before the deadline
  libvirt_failed,          ///< VM_004: libvirtd is away or refuses
  guest_agent_failed,      ///< VM_005
  guest_stopped,           ///< VM_006: the guest stopped or crashed by itself
  addresses_exhausted,     ///< NET_001: the pool, or the user's subnet, has no address left
  network_failed,          ///< NET_002
  firewall_failed,         ///< NET_003
  image_rejected,          ///< STO_001: the file is not an image that Berth takes
  checksum_mismatch,       ///< STO_002
  storage_full,            ///< STO_003
  storage_failed,          ///< STO_004
  key_damaged,             ///< STO_005: a key file cannot be opened with the keys above it
  image_in_use,            ///< STO_006
};

/// The name on the wire, e.g. "RES_002".
std::string_view wire_name(Code code) noexcept;
/// The code of a name on the wire; `Code::internal` for a name that is not in the table.
Code code_of(std::string_view wire_name) noexcept;
/// The HTTP status that answers a request which failed so.
int http_status(Code code) noexcept;

/// What happened, to what, and why. Made where it happened, with the library's own words in `details["reason"]`;
/// callers add details, never reword. Holds no secret.
struct Error {
  Code code = Code::internal;
  std::string message;                                         ///< one sentence for a person, no full stop
  std::vector<std::pair<std::string, std::string>> details{};  ///< which object, the reason, the next step

  /// The same error with one more detail.
  Error with(std::string key, std::string value) && {
    details.emplace_back(std::move(key), std::move(value));
    return std::move(*this);
  }
};

/// "message (key: value, key: value)", for a log line or a terminal.
std::string describe(const Error& error);

template <class T>
using Result = std::expected<T, Error>;

}  // namespace berth

/// The value of a Result, or return its error from the function around. Use it as a statement or as the whole
/// initialiser of a variable, never inside a larger expression (g++ 12 does not destroy that expression's temporaries).
#define TRY(...)                                                                                     \
  __extension__({                                                                                    \
    auto&& try_result = (__VA_ARGS__);                                                               \
    if (!try_result) return std::unexpected(std::forward<decltype(try_result)>(try_result).error()); \
    std::forward<decltype(try_result)>(try_result).operator*();                                      \
  })
