// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <libvirt/libvirt.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "core/error.hpp"

namespace berth::hypervisor {

template <auto Free>
struct VirDeleter {
  void operator()(auto* handle) const noexcept { (void)Free(handle); }
};
using DomainPtr = std::unique_ptr<virDomain, VirDeleter<virDomainFree>>;
using ConnectPtr = std::shared_ptr<virConnect>;

/// What this thread's last call of libvirt said, in its own words. `code`, or `libvirt_failed` where libvirtd is away.
Error libvirt_error(Code code, std::string message);
/// Whether this thread's last call failed because there is no such domain.
bool no_such_domain();

/// The connection to libvirtd, made anew when libvirtd was restarted, and libvirt's event loop on a thread of its own.
/// One a process: the loop is libvirt's own global one.
class Libvirt {
 public:
  explicit Libvirt(std::string uri = "qemu:///system");
  ~Libvirt();
  Libvirt(const Libvirt&) = delete;
  Libvirt& operator=(const Libvirt&) = delete;

  /// A live connection, shared by all threads. `libvirt_failed` when libvirtd cannot be reached. A connection on which
  /// libvirtd is silent is given up after 15 seconds, and so are the calls that wait on it. Opening one has no deadline:
  /// while a libvirtd that hangs takes the connection and says nothing, this waits, and so does everybody else here.
  Result<ConnectPtr> connect();

  /// Keeps a connection up from now on, even if nobody calls, and runs `opened` on every new one (to register for its
  /// events) before it is given out. Once.
  void watch(std::function<void(const ConnectPtr&)> opened);

 private:
  void run_events(const std::stop_token& stop) const;
  void keep_connected(const std::stop_token& stop);
  Result<ConnectPtr> open() const;

  std::string uri_;
  std::mutex mutex_;
  ConnectPtr connection_;                          // guarded by mutex_
  std::function<void(const ConnectPtr&)> opened_;  // guarded by mutex_
  std::jthread events_, keeper_;
};

}  // namespace berth::hypervisor
