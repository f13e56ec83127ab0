// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <libvirt/virterror.h>

#include <string>

#include "core/error.hpp"

namespace berth {

/// What this thread's last call of libvirt said, in its own words. `code`, or `libvirt_failed` where libvirtd is away.
Error libvirt_error(Code code, std::string message);

/// Whether this thread's last call failed for this reason, such as VIR_ERR_NO_DOMAIN.
bool libvirt_said(virErrorNumber reason);

}  // namespace berth
