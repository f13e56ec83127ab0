// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/failure.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/utf8.hpp"

namespace berth::cli {
namespace {

std::string_view next_step(Code code) {
  switch (code) {
    case Code::not_found:
      return "`berth list` shows the sessions, `berth image list` the images";
    case Code::quota_exceeded:
      return "`berth host resources` shows what is used; `berth terminate NAME` frees it";
    case Code::addresses_exhausted:
      return "`berth list` shows who has addresses; `berth terminate NAME` frees one";
    case Code::already_exists:
      return "choose another name, or look at what is there with `berth list`";
    case Code::busy:
      return "`berth show NAME` names the operation under way; wait with `berth operation ID --wait`";
    case Code::wrong_state:
      return "`berth show NAME` says what state it is in";
    case Code::starting:
      return "try again in a few seconds; `berth host check` shows how far it is";
    case Code::too_many_connections:
      return "try again in a few seconds";
    case Code::hypervisor_unavailable:
      return "look at: systemctl status berth-hypervisor";
    case Code::libvirt_failed:
      return "look at: systemctl status libvirtd";
    case Code::network_failed:
      return "look at: journalctl -u berth-hypervisor -u libvirtd";
    case Code::accelerator_missing:
      return "`berth host check` says what this host lacks";
    case Code::internal:
      return "the journal has more: journalctl -u berth-agent -u berth-hypervisor";
    case Code::storage_full:
      return "free space under /var/lib/berth; `berth image list` and `berth list` show what takes it";
    case Code::image_in_use:
      return "`berth list` shows the sessions that need it";
    default:
      return "";
  }
}

/// Takes one detail out of the list, so that it is not printed twice.
std::string take_detail(Error& error, std::string_view key) {
  const auto found = std::ranges::find(error.details, key, &std::pair<std::string, std::string>::first);
  if (found == error.details.end()) return {};
  auto value = std::move(found->second);
  error.details.erase(found);
  return value;
}

}  // namespace

Failure failure_of(Error error, std::string wire_code, int http_status) {
  const bool known = wire_name(error.code) == wire_code;
  auto next = take_detail(error, "next");
  if (next.empty() && known) next = next_step(error.code);
  Failure failure(std::move(error));
  if (!known) failure.exit = exit_of_status(http_status);
  failure.wire_code = std::move(wire_code);
  failure.next = std::move(next);
  return failure;
}

std::string text_of(const Failure& failure, std::string_view command) {
  auto error = failure.error;
  const auto field = take_detail(error, "field");
  std::string text = fmt::format("berth{}{}: {}{}{}", command.empty() ? "" : " ", command, printable(field),
                                 field.empty() ? "" : ": ", printable(error.message));
  if (!failure.wire_code.empty()) text += fmt::format(" [{}]", printable(failure.wire_code));
  std::string details;
  for (const auto& [key, value] : error.details)
    details += fmt::format("{}{}: {}", details.empty() ? "" : ", ", printable(key), printable(value));
  if (!details.empty()) text += "\n  " + details;
  if (!failure.next.empty()) text += "\n  " + printable(failure.next);
  return text + "\n";
}

}  // namespace berth::cli
