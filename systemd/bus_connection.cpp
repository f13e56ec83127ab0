// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/bus_connection.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace berth::bus {
namespace {

Error unavailable(const std::filesystem::path& socket, int negative_errno) {
  return failed(Code::hypervisor_unavailable, "the hypervisor manager does not answer", negative_errno)
      .with("socket", socket.string())
      .with("next", "systemctl status berth-hypervisor");
}

/// sd-bus would connect without waiting, and fail where the queue is full for a moment.
Result<Fd> open_socket(const std::filesystem::path& socket, std::chrono::milliseconds deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.string().size() >= sizeof address.sun_path) return std::unexpected(unavailable(socket, -ENAMETOOLONG));
  std::memcpy(address.sun_path, socket.c_str(), socket.string().size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return std::unexpected(unavailable(socket, -errno));
  const auto ms = std::max<std::chrono::milliseconds::rep>(deadline.count(), 1);
  const timeval limit{ms / 1000, (ms % 1000) * 1000};
  if (setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(unavailable(socket, errno == EAGAIN ? -ETIMEDOUT : -errno));
  return fd;
}

}  // namespace

Result<BusPtr> connect(const std::filesystem::path& socket, std::chrono::milliseconds deadline) {
  auto fd = TRY(open_socket(socket, deadline));
  sd_bus* raw = nullptr;
  int r = sd_bus_new(&raw);
  BusPtr bus(raw);
  if (r >= 0) r = sd_bus_negotiate_fds(raw, 1);
  if (r >= 0) r = sd_bus_set_fd(raw, fd.get(), fd.get());
  if (r >= 0) fd.release();
  if (r >= 0) r = sd_bus_start(raw);
  if (r < 0) return std::unexpected(unavailable(socket, r));
  return bus;
}

}  // namespace berth::bus
