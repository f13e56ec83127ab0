// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/bus_server.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <future>
#include <map>
#include <mutex>
#include <optional>

#include "systemd/bus_peer.hpp"
#include "systemd/bus_wire.hpp"
#include "systemd/journal.hpp"
#include "systemd/listen_fds.hpp"
#include "systemd/worker_pool.hpp"

namespace berth {
namespace {

/// What an exception says, where a handler lets one escape.
Result<std::string> guarded(const Handler& handler, Call& call) {
  try {
    return handler(call);
  } catch (const std::exception& fault) {
    return std::unexpected(Error{Code::internal, "a call ended in a bug", {{"reason", fault.what()}}});
  }
}

}  // namespace

/// Everything that touches sd-bus, on the serving thread. Others hand it work through `post`.
class BusServer::Loop {
 public:
  Loop(Fd listening, uid_t allowed, Limits limits)
      : listening_(std::move(listening)), allowed_(allowed), limits_(limits) {}

  void declare(std::string name, bus::Method method) { methods_.insert_or_assign(std::move(name), std::move(method)); }
  Result<void> run();
  void post(std::function<void()> work);
  void quit() { (void)sd_event_exit(event_.get(), 0); }
  void signal(const std::string& name, const std::vector<std::string>& arguments) {
    for (auto& [number, peer] : peers_) peer->signal(name, arguments);
  }

 private:
  Result<void> prepare();
  static int on_connection(sd_event_source* source, int fd, std::uint32_t events, void* self);
  static int on_posted(sd_event_source* source, int fd, std::uint32_t events, void* self);
  void accept();
  bool may_connect(const Fd& connection) const;
  void add_peer(Fd connection);
  void end_peer(std::uint64_t number, const std::string& why);
  void start(std::uint64_t peer, std::uint64_t call, const Handler& handler, Call arguments);
  void run_posted();

  Fd listening_;
  uid_t allowed_;
  Limits limits_;
  bus::Methods methods_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  Fd wake_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  bus::EventPtr event_;
  bus::SourcePtr connections_source_, posted_source_;
  std::map<std::uint64_t, std::unique_ptr<bus::Peer>> peers_;
  std::uint64_t last_peer_ = 0;
  std::optional<WorkerPool> workers_;
};

Result<void> BusServer::Loop::prepare() {
  sd_event* event = nullptr;
  sd_event_source *connections = nullptr, *posted = nullptr;
  int r = sd_event_new(&event);
  event_.reset(event);
  if (r >= 0) r = sd_event_add_io(event, &connections, listening_.get(), EPOLLIN, on_connection, this);
  connections_source_.reset(connections);
  // Keeps the loop from spinning when descriptors run out, and a peer from connecting in a loop.
  if (r >= 0) r = sd_event_source_set_ratelimit(connections, 1'000'000, 500);
  if (r >= 0) r = sd_event_add_io(event, &posted, wake_.get(), EPOLLIN, on_posted, this);
  posted_source_.reset(posted);
  if (r < 0) return std::unexpected(bus::failed(Code::internal, "cannot make the bus' event loop", r));
  return {};
}

Result<void> BusServer::Loop::run() {
  TRY(prepare());
  workers_.emplace(limits_.workers);
  const int r = sd_event_loop(event_.get());
  workers_.reset();
  run_posted();
  peers_.clear();
  if (r < 0) return std::unexpected(bus::failed(Code::internal, "the bus' event loop failed", r));
  return {};
}

void BusServer::Loop::post(std::function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    posted_.push_back(std::move(work));
  }
  (void)eventfd_write(wake_.get(), 1);
}

int BusServer::Loop::on_posted(sd_event_source*, int fd, std::uint32_t, void* self) {
  eventfd_t ignored = 0;
  (void)eventfd_read(fd, &ignored);
  static_cast<Loop*>(self)->run_posted();
  return 0;
}

void BusServer::Loop::run_posted() {
  std::vector<std::function<void()>> work;
  {
    const std::scoped_lock lock(mutex_);
    work.swap(posted_);
  }
  for (const auto& one : work) one();
}

int BusServer::Loop::on_connection(sd_event_source*, int, std::uint32_t, void* self) {
  static_cast<Loop*>(self)->accept();
  return 0;
}

void BusServer::Loop::accept() {
  Fd connection(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection || !may_connect(connection)) return;
  add_peer(std::move(connection));
}

bool BusServer::Loop::may_connect(const Fd& connection) const {
  const auto uid = peer_uid(connection.get());
  const bool known = uid && (*uid == 0 || *uid == allowed_);
  if (known && peers_.size() < limits_.connections) return true;
  journal::write(journal::Priority::warning,
                 known ? "The bus has too many connections; a new one was closed"
                       : "A process that may not use the bus connected; it was cut off",
                 {{"BERTH_PEER_UID", uid ? std::to_string(*uid) : "unknown"}});
  return false;
}

void BusServer::Loop::add_peer(Fd connection) {
  const auto number = ++last_peer_;
  bus::Peer::Callbacks callbacks{
      [this, number](std::uint64_t call, const Handler& handler, Call arguments) {
        start(number, call, handler, std::move(arguments));
      },
      [this, number](const std::string& why) { post([this, number, why] { end_peer(number, why); }); }};
  auto peer = bus::Peer::serve(std::move(connection), event_.get(), methods_, limits_, std::move(callbacks));
  if (!peer) return journal::write(journal::Priority::warning, "A connection of the bus was lost", peer.error());
  peers_.emplace(number, std::move(*peer));
}

void BusServer::Loop::end_peer(std::uint64_t number, const std::string& why) {
  peers_.erase(number);
  if (!why.empty()) journal::write(journal::Priority::warning, "A peer of the bus was cut off: " + why);
}

void BusServer::Loop::start(std::uint64_t peer, std::uint64_t call, const Handler& handler, Call arguments) {
  // std::function wants to be copied, a descriptor does not.
  auto shared = std::make_shared<Call>(std::move(arguments));
  workers_->add([this, peer, call, &handler, shared] {
    auto result = guarded(handler, *shared);
    post([this, peer, call, result = std::move(result)] {
      if (const auto found = peers_.find(peer); found != peers_.end()) found->second->answer(call, result);
    });
  });
}

BusServer::BusServer(Fd listening, uid_t allowed, Limits limits)
    : loop_(std::make_unique<Loop>(std::move(listening), allowed, limits)) {}
BusServer::~BusServer() = default;

void BusServer::method(std::string name, std::size_t arguments, bool takes_file, Handler handler) {
  loop_->declare(std::move(name), {arguments, takes_file, std::move(handler)});
}

Result<void> BusServer::run() {
  return loop_->run();
}

void BusServer::stop() {
  loop_->post([loop = loop_.get()] { loop->quit(); });
}

void BusServer::emit(std::string signal, std::vector<std::string> arguments) {
  loop_->post([loop = loop_.get(), signal = std::move(signal), arguments = std::move(arguments)] {
    loop->signal(signal, arguments);
  });
}

bool BusServer::responds(std::chrono::milliseconds within) {
  auto answered = std::make_shared<std::promise<void>>();
  loop_->post([answered] { answered->set_value(); });
  return answered->get_future().wait_for(within) == std::future_status::ready;
}

}  // namespace berth
