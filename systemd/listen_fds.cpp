// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/listen_fds.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace berth {
namespace {

constexpr int backlog = 1024;  // who connects without waiting is refused at once when it is full

Error socket_error(const char* what, const std::filesystem::path& path, int error_number) {
  return {Code::internal,
          what,
          {{"socket", path.string()},
           {"reason", std::strerror(error_number)}}};  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

/// Makes room for a socket: absent is success, and so is the removal of a socket; another file stays.
Result<void> clear_place(const std::filesystem::path& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode))
    return std::unexpected(socket_error("something that is no socket stands there", path, EEXIST));
  if (unlink(path.c_str()) != 0) return std::unexpected(socket_error("cannot replace an old socket", path, errno));
  return {};
}

/// The service manager passes sockets that block: a client that goes away before it is accepted would hold up the
/// accepting thread until the next one comes.
bool stop_blocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/// An entry of the accounts' or the groups' data base, whose numbers outlive the text they came with. A group of many
/// members needs room that nobody knows beforehand.
template <class Entry, class Call>
std::optional<Entry> look_up(Call call, const std::string& name) {
  Entry entry{};
  Entry* found = nullptr;
  std::vector<char> space(4096);
  while (call(name.c_str(), &entry, space.data(), space.size(), &found) == ERANGE) space.resize(2 * space.size());
  return found == nullptr ? std::nullopt : std::optional(entry);
}

struct Access {
  uid_t user;   ///< -1: whoever makes it
  gid_t group;  ///< -1: of whoever makes it
  mode_t mode;
};

Result<Fd> listen_for(const std::filesystem::path& path, const Access& access) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path)
    return std::unexpected(socket_error("the path is too long for a socket", path, ENAMETOOLONG));
  std::memcpy(address.sun_path, path.c_str(), path.string().size());
  TRY(clear_place(path));
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return std::unexpected(socket_error("cannot make a socket", path, errno));
  // The mode of the descriptor becomes the mode of the file, so it is never open to others.
  if (fchmod(fd.get(), 0) != 0 || bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(socket_error("cannot bind a socket", path, errno));
  // Nobody has any bit until the owner is right.
  if (chown(path.c_str(), access.user, access.group) != 0 || chmod(path.c_str(), access.mode) != 0)
    return std::unexpected(socket_error("cannot set who may use a socket", path, errno));
  if (listen(fd.get(), backlog) != 0) return std::unexpected(socket_error("cannot listen on a socket", path, errno));
  return fd;
}

}  // namespace

Result<std::optional<Fd>> inherited_socket() {
  const int count = sd_listen_fds(1);
  if (count < 0)
    return std::unexpected(Error{Code::internal,
                                 "cannot take over the socket of the service manager",
                                 {{"reason", std::strerror(-count)}}});  // NOLINT
  if (count == 0) return std::nullopt;
  if (count != 1 || sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, nullptr, 0) <= 0)
    return std::unexpected(
        Error{Code::internal,
              "the service manager must pass exactly one listening unix stream socket; see the .socket unit"});
  Fd fd(SD_LISTEN_FDS_START);
  if (!stop_blocking(fd.get()))
    return std::unexpected(Error{Code::internal,
                                 "cannot take over the socket of the service manager",
                                 {{"reason", std::strerror(errno)}}});  // NOLINT
  return fd;
}

Result<Fd> listen_on(const std::filesystem::path& path, const std::string& group) {
  const gid_t gid = TRY(gid_of_group(group));
  return listen_for(path, {static_cast<uid_t>(-1), gid, 0660});
}

Result<Fd> listen_on(const std::filesystem::path& path, uid_t user) {
  return listen_for(path, {user, static_cast<gid_t>(-1), 0600});
}

Result<Fd> listening_socket(const std::filesystem::path& path, const std::string& group) {
  auto inherited = TRY(inherited_socket());
  if (inherited) return std::move(*inherited);
  return listen_on(path, group);
}

Result<Fd> listening_socket(const std::filesystem::path& path, uid_t user) {
  auto inherited = TRY(inherited_socket());
  if (inherited) return std::move(*inherited);
  return listen_on(path, user);
}

Result<uid_t> peer_uid(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return std::unexpected(
        Error{Code::peer_not_allowed, "cannot tell who connected", {{"reason", std::strerror(errno)}}});  // NOLINT
  return peer.uid;
}

Result<uid_t> uid_of_user(const std::string& name) {
  const auto entry = look_up<passwd>(getpwnam_r, name);
  if (!entry)
    return std::unexpected(Error{Code::not_found, "there is no such account on this host", {{"account", name}}});
  return entry->pw_uid;
}

Result<gid_t> gid_of_group(const std::string& name) {
  const auto entry = look_up<group>(getgrnam_r, name);
  if (!entry) return std::unexpected(Error{Code::not_found, "there is no such group on this host", {{"group", name}}});
  return entry->gr_gid;
}

}  // namespace berth
