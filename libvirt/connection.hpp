// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "libvirt/handles.hpp"

namespace berth {

/// Connections to libvirtd, made anew when libvirtd was restarted, and libvirt's event loop on a thread of its own. One
/// a process: the loop is libvirt's own global one.
///
/// A libvirtd that hangs costs its callers a deadline: a call that waits on a silent connection ends after 20 seconds,
/// and who needs a new one waits `patience` for it, all at the same time. Each caller has a connection of its own: of
/// several calls that wait on one silent connection, libvirt 9.0 ends only the first.
class Libvirt {
 public:
  explicit Libvirt(std::string uri = "qemu:///system", std::chrono::milliseconds patience = std::chrono::seconds(10));
  /// A thread may stay behind that libvirtd keeps waiting; it touches nothing of this object.
  ~Libvirt();
  Libvirt(const Libvirt&) = delete;
  Libvirt& operator=(const Libvirt&) = delete;

  /// A live connection, the caller's alone until the last copy of the pointer is gone; then the next one's.
  /// `libvirt_failed` when libvirtd cannot be reached or says nothing.
  Result<ConnectPtr> connect();

  /// Registers for events, on a connection that is kept for them alone. When it fails, another is tried.
  using Opened = std::function<Result<void>(const ConnectPtr&)>;
  /// Keeps a connection for events from now on. Once. `opened` runs on a thread of this object.
  void watch(Opened opened);

 private:
  struct Shared;
  class Keeper;

  std::shared_ptr<Shared> shared_;
  std::jthread events_;
};

}  // namespace berth
