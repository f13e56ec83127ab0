// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/libvirt.hpp"

#include <libvirt/virterror.h>

#include <chrono>
#include <condition_variable>

namespace berth::hypervisor {
namespace {

using std::chrono::milliseconds;

constexpr int keepalive_seconds = 5;
constexpr unsigned keepalive_count = 3;
constexpr milliseconds look_again{1'000};  // how long after its death a new libvirtd is looked for

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

bool no_such_domain() {
  const virError* last = virGetLastError();
  return last != nullptr && last->code == VIR_ERR_NO_DOMAIN;
}

Libvirt::Libvirt(std::string uri) : uri_(std::move(uri)) {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});  // or libvirt prints every error itself
  if (virInitialize() != 0 || virEventRegisterDefaultImpl() != 0)
    throw std::runtime_error("libvirt's library does not start");
  events_ = std::jthread([this](const std::stop_token& stop) { run_events(stop); });
}

Libvirt::~Libvirt() {
  keeper_ = std::jthread();
  {
    const std::scoped_lock lock(mutex_);
    connection_.reset();
  }
  events_.request_stop();
  // Any change of its timers wakes the loop.
  virEventAddTimeout(
      0, [](int timer, void*) { virEventRemoveTimeout(timer); }, nullptr, nullptr);
}

void Libvirt::run_events(const std::stop_token& stop) const {
  while (!stop.stop_requested()) virEventRunDefaultImpl();
}

Result<ConnectPtr> Libvirt::open() const {
  virConnectPtr raw = virConnectOpen(uri_.c_str());
  if (raw == nullptr) return std::unexpected(libvirt_error(Code::libvirt_failed, "cannot reach libvirtd"));
  ConnectPtr connection(raw, VirDeleter<virConnectClose>());
  if (virConnectSetKeepAlive(raw, keepalive_seconds, keepalive_count) < 0)
    return std::unexpected(libvirt_error(Code::libvirt_failed, "cannot watch the connection to libvirtd"));
  return connection;
}

Result<ConnectPtr> Libvirt::connect() {
  const std::scoped_lock lock(mutex_);
  if (connection_ && virConnectIsAlive(connection_.get()) == 1) return connection_;
  connection_.reset();
  connection_ = TRY(open());
  if (opened_) opened_(connection_);
  return connection_;
}

void Libvirt::watch(std::function<void(const ConnectPtr&)> opened) {
  {
    const std::scoped_lock lock(mutex_);
    opened_ = std::move(opened);
    connection_.reset();
  }
  keeper_ = std::jthread([this](const std::stop_token& stop) { keep_connected(stop); });
}

void Libvirt::keep_connected(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  do {
    (void)connect();  // whoever needs it gets the error
  } while (!ended.wait_for(lock, stop, look_again, [&] { return stop.stop_requested(); }));
}

}  // namespace berth::hypervisor
