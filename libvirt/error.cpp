// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvirt/error.hpp"

namespace berth {
namespace {

bool is_away(const virError& error) {
  return error.code == VIR_ERR_NO_CONNECT || error.code == VIR_ERR_INVALID_CONN || error.domain == VIR_FROM_RPC ||
         (error.code == VIR_ERR_SYSTEM_ERROR && error.domain == VIR_FROM_REMOTE);
}

}  // namespace

Error libvirt_error(Code code, std::string message) {
  const virError* last = virGetLastError();
  if (last == nullptr) return {code, std::move(message)};
  Error error{is_away(*last) ? Code::libvirt_failed : code,
              std::move(message),
              {{"reason", last->message != nullptr ? last->message : "libvirt gives no reason"}}};
  if (is_away(*last)) error.details.emplace_back("next", "systemctl status libvirtd");
  return error;
}

bool libvirt_said(virErrorNumber reason) {
  return virGetLastErrorCode() == reason;
}

}  // namespace berth
