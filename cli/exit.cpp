// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/exit.hpp"

namespace berth::cli {

const std::array<ExitMeaning, 8> exit_meanings{{
    {Exit::ok, "done"},
    {Exit::failed, "the operation was accepted and failed, or a check of `berth host check` failed"},
    {Exit::usage, "the command line, or a value in it, is wrong"},
    {Exit::not_found, "there is no such session, image, operation or key"},
    {Exit::refused, "refused: a quota, the session's state, a name that is taken, a file that is not an image"},
    {Exit::unavailable, "the agent or the hypervisor manager does not answer, or is still starting"},
    {Exit::timed_out, "something did not happen in time, such as a machine that never answered"},
    {Exit::interrupted, "interrupted by Ctrl-C; what was begun goes on"},
}};

Exit exit_of(Code code) noexcept {
  switch (code) {
    case Code::malformed_request:
    case Code::invalid_field:
    case Code::too_large:
      return Exit::usage;
    case Code::not_found:
      return Exit::not_found;
    case Code::peer_not_allowed:
    case Code::idempotency_conflict:
    case Code::quota_exceeded:
    case Code::already_exists:
    case Code::busy:
    case Code::wrong_state:
    case Code::cancelled:
    case Code::guest_stopped:
    case Code::addresses_exhausted:
    case Code::image_rejected:
    case Code::checksum_mismatch:
    case Code::image_in_use:
      return Exit::refused;
    case Code::starting:
    case Code::too_many_connections:
    case Code::hypervisor_unavailable:
    case Code::accelerator_missing:
    case Code::libvirt_failed:
      return Exit::unavailable;
    case Code::request_timeout:
    case Code::not_ready:
      return Exit::timed_out;
    case Code::no_such_route:
    case Code::method_not_allowed:
    case Code::internal:
    case Code::start_failed:
    case Code::guest_agent_failed:
    case Code::network_failed:
    case Code::firewall_failed:
    case Code::storage_full:
    case Code::storage_failed:
    case Code::key_damaged:
      return Exit::failed;
  }
  return Exit::failed;
}

Exit exit_of_status(int http_status) noexcept {
  switch (http_status) {
    case 400:
    case 413:
      return Exit::usage;
    case 404:
      return Exit::not_found;
    case 403:
    case 409:
      return Exit::refused;
    case 502:
    case 503:
      return Exit::unavailable;
    case 408:
    case 504:
      return Exit::timed_out;
    default:
      return Exit::failed;
  }
}

Exit exit_of_failed_operation(Code code) noexcept {
  return code == Code::not_ready ? Exit::timed_out : Exit::failed;
}

}  // namespace berth::cli
