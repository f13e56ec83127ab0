// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/fd.hpp"

namespace berth {

/// The listening unix stream socket that systemd's socket activation passed to us; nothing when it passed none. An
/// error when it passed more than one, or something else. Call it once, before threads are started.
Result<std::optional<Fd>> inherited_socket();

/// A listening unix stream socket of our own: root's, the group's, mode 0660 from its first moment on. A socket that
/// somebody left at this path is replaced, any other file is refused.
Result<Fd> listen_on(const std::filesystem::path& path, const std::string& group);
/// The same for one account and root: the account's, mode 0600.
Result<Fd> listen_on(const std::filesystem::path& path, uid_t user);

/// inherited_socket, else listen_on.
Result<Fd> listening_socket(const std::filesystem::path& path, const std::string& group);
Result<Fd> listening_socket(const std::filesystem::path& path, uid_t user);

/// The uid of the process that connected (SO_PEERCRED).
Result<uid_t> peer_uid(int fd);

/// The uid of an account, by its name; `not_found` names it.
Result<uid_t> uid_of_user(const std::string& name);
/// The gid of a group, by its name; `not_found` names it.
Result<gid_t> gid_of_group(const std::string& name);

}  // namespace berth
