// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <string>

namespace berth::inspector {

/// Gives up everything but reading descriptor 3 by position and writing to standard output and error: other descriptors
/// closed, an empty root, the given user, no new privileges, limits of CPU, memory, files and processes, and a list of
/// the system calls that are left (any other ends the process). Who did not start it as root keeps the root and the
/// user that it has. Returns what failed, or nothing; then the process must end.
std::string enter_sandbox(uid_t user, gid_t group);

}  // namespace berth::inspector
