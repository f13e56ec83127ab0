// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/api.hpp"
#include "cli/login.hpp"
#include "core/fd.hpp"

namespace berth::cli {
namespace {

/// What connect(2) says, 0 for a connection that is possible after all.
int connect_fault(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = socket.string();
  if (path.size() >= sizeof(address.sun_path)) return ENAMETOOLONG;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
}

bool listed_in_group(const std::string& name) {
  const group* berth = getgrnam("berth");  // NOLINT(concurrency-mt-unsafe): one thread looks
  if (berth == nullptr) return false;
  for (char** member = berth->gr_mem; *member != nullptr; ++member)
    if (name == *member) return true;
  return false;
}

Failure not_permitted(const std::filesystem::path& socket) {
  const auto name = login_name();
  if (listed_in_group(name))
    return {Exit::unavailable, fmt::format("may not open {}", socket.string()),
            "you are in the group berth, but this login is older than that: log out and in again"};
  return {Exit::unavailable, fmt::format("may not open {}: you are not in the group berth", socket.string()),
          fmt::format("sudo usermod -aG berth {}, then log out and in again", name)};
}

}  // namespace

Failure unreachable(const std::filesystem::path& socket) {
  const int fault = connect_fault(socket);
  Failure failure(Exit::unavailable, fmt::format("the agent does not answer on {}", socket.string()),
                  "look at: systemctl status berth-agent");
  if (fault == EACCES || fault == EPERM) failure = not_permitted(socket);
  if (fault == ENAMETOOLONG)
    failure =
        Failure(Exit::usage, "the socket's path is too long: 107 bytes at most", "see --socket and $BERTH_SOCKET");
  if (fault == ENOENT) failure.error.message = fmt::format("the agent is not running: there is no {}", socket.string());
  if (fault == ECONNREFUSED)
    failure.error.message = fmt::format("the agent is not running: nobody listens on {}", socket.string());
  failure.contact = fault == ENAMETOOLONG ? Failure::Contact::answered : Failure::Contact::unreachable;
  return failure;
}

}  // namespace berth::cli
