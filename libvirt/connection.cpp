// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvirt/connection.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "libvirt/error.hpp"

namespace berth {
namespace {

using std::chrono::milliseconds;

constexpr int keepalive_seconds = 5;
constexpr unsigned keepalive_count = 3;
constexpr milliseconds look_again{1'000};  // how long after its death a new libvirtd is looked for
constexpr std::size_t most_idle = 4;       // connections that are kept for the next caller

using Owned = std::unique_ptr<virConnect, Deleter<virConnectClose>>;

void run_events(const std::stop_token& stop) {
  while (!stop.stop_requested()) virEventRunDefaultImpl();
}

Result<Owned> open_connection(const std::string& uri) {
  Owned connection(virConnectOpen(uri.c_str()));
  if (!connection) return std::unexpected(libvirt_error(Code::libvirt_failed, "cannot reach libvirtd"));
  // A driver in this process, as tests have, knows no keepalive, and cannot fall silent.
  if (virConnectSetKeepAlive(connection.get(), keepalive_seconds, keepalive_count) < 0 &&
      !libvirt_said(VIR_ERR_NO_SUPPORT))
    return std::unexpected(libvirt_error(Code::libvirt_failed, "cannot watch the connection to libvirtd"));
  return connection;
}

bool lives(virConnect* connection) {
  return connection != nullptr && virConnectIsAlive(connection) == 1;
}

Error silent() {
  return {Code::libvirt_failed,
          "libvirtd does not answer",
          {{"reason", "it takes connections and says nothing"}, {"next", "systemctl restart libvirtd"}}};
}

}  // namespace

/// What callers, leases and the keeper's thread have together; each may outlive the object.
struct Libvirt::Shared {
  Shared(std::string where, milliseconds how_long) : uri(std::move(where)), patience(how_long) {}

  const std::string uri;
  const milliseconds patience;
  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::vector<Owned> idle;
  std::size_t waiting = 0;              ///< callers who need one
  std::uint64_t begun = 0, failed = 0;  ///< numbers of attempts to open one: the last, and the last that failed
  Error why = silent();                 ///< why that one failed
  Opened opened = nullptr;
  bool opening = false;  ///< the keeper waits for libvirtd, maybe for ever
  bool stopping = false, stopped = false;
};

namespace {

template <class Shared>
ConnectPtr lease(const std::shared_ptr<Shared>& shared, Owned connection) {
  return {connection.release(), [shared](virConnect* raw) {
            Owned back(raw);
            const std::lock_guard lock(shared->mutex);
            if (shared->stopping || shared->idle.size() >= most_idle || !lives(raw)) return;
            shared->idle.push_back(std::move(back));
            shared->changed.notify_all();
          }};
}

}  // namespace

/// The one thread that opens connections.
class Libvirt::Keeper {
 public:
  explicit Keeper(std::shared_ptr<Shared> shared) : shared_(std::move(shared)), lock_(shared_->mutex) {}

  void run() {
    while (!shared_->stopping) {
      if (shared_->opened && !lives(watched_.get())) watch();
      if (wanted()) add();
      shared_->changed.wait_for(lock_, look_again, [&] { return shared_->stopping || wanted(); });
    }
    shared_->idle.clear();
    shared_->stopped = true;
    shared_->changed.notify_all();
  }

 private:
  bool wanted() const { return shared_->waiting > shared_->idle.size(); }

  Result<Owned> open() {
    shared_->opening = true;
    shared_->changed.notify_all();
    lock_.unlock();
    auto connection = open_connection(shared_->uri);
    lock_.lock();
    shared_->opening = false;
    return connection;
  }

  void add() {
    const auto attempt = ++shared_->begun;
    auto connection = open();
    if (connection) {
      shared_->idle.push_back(std::move(*connection));
    } else {
      shared_->failed = attempt;
      shared_->why = connection.error();
    }
    shared_->changed.notify_all();
  }

  void watch() {
    watched_.reset();
    auto connection = open();
    if (!connection || shared_->stopping) return;
    const auto opened = shared_->opened;
    lock_.unlock();
    ConnectPtr fresh = std::move(*connection);
    if (!opened(fresh)) fresh.reset();
    lock_.lock();
    watched_ = std::move(fresh);
  }

  std::shared_ptr<Shared> shared_;
  std::unique_lock<std::mutex> lock_;
  ConnectPtr watched_;
};

Libvirt::Libvirt(std::string uri, milliseconds patience) : shared_(std::make_shared<Shared>(std::move(uri), patience)) {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});  // or libvirt prints every error itself
  if (virInitialize() != 0 || virEventRegisterDefaultImpl() != 0)
    throw std::runtime_error("libvirt's library does not start");
  events_ = std::jthread(run_events);
  std::thread([shared = shared_] { Keeper(shared).run(); }).detach();
}

Libvirt::~Libvirt() {
  {
    std::unique_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->changed.notify_all();
    shared_->changed.wait(lock, [&] { return shared_->stopped || shared_->opening; });
  }
  events_.request_stop();
  // Any change of its timers wakes the loop.
  virEventAddTimeout(
      0, [](int timer, void*) { virEventRemoveTimeout(timer); }, nullptr, nullptr);
}

Result<ConnectPtr> Libvirt::connect() {
  std::unique_lock lock(shared_->mutex);
  std::erase_if(shared_->idle, [](const Owned& connection) { return !lives(connection.get()); });
  // An attempt that is under way may still meet the libvirtd that is going; only a later one tells.
  const auto attempt = shared_->begun + 1;
  ++shared_->waiting;
  shared_->changed.notify_all();
  const bool told = shared_->changed.wait_for(lock, shared_->patience,
                                              [&] { return !shared_->idle.empty() || shared_->failed >= attempt; });
  --shared_->waiting;
  if (!told) return std::unexpected(silent());
  if (shared_->idle.empty()) return std::unexpected(shared_->why);
  auto connection = std::move(shared_->idle.back());
  shared_->idle.pop_back();
  lock.unlock();
  return lease(shared_, std::move(connection));
}

void Libvirt::watch(Opened opened) {
  const std::lock_guard lock(shared_->mutex);
  shared_->opened = std::move(opened);
  shared_->changed.notify_all();
}

}  // namespace berth
