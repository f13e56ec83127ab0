// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/bus_client.hpp"

#include <poll.h>

#include <condition_variable>
#include <mutex>

#include "systemd/bus_connection.hpp"

namespace berth {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t most_connections = 12;  // of the 16 that the server takes

Error unanswered(const char* method, int negative_errno) {
  return bus::failed(Code::hypervisor_unavailable, "the hypervisor manager does not answer", negative_errno)
      .with("method", method)
      .with("next", "systemctl status berth-hypervisor");
}

milliseconds left_until(steady_clock::time_point end) {
  return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(end - steady_clock::now()));
}

/// Whether an idle connection is still good: nothing comes on one unless the server has closed it.
bool usable(sd_bus* bus) {
  pollfd watch{sd_bus_get_fd(bus), POLLIN, 0};
  return watch.fd >= 0 && poll(&watch, 1, 0) == 0;
}

int build(sd_bus* bus, const char* method, const std::vector<std::string>& arguments, int fd,
          sd_bus_message** message) {
  int r = sd_bus_message_new_method_call(bus, message, nullptr, bus::path, bus::interface, method);
  if (r >= 0 && fd >= 0) r = sd_bus_message_append_basic(*message, 'h', &fd);
  for (const auto& argument : arguments)
    if (r >= 0) r = sd_bus_message_append_basic(*message, 's', argument.c_str());
  return r;
}

struct Answer {
  Result<std::string> result;
  bool reusable;  ///< the connection has nothing left to come
};

Answer ask(sd_bus* bus, const char* method, const std::vector<std::string>& arguments, int fd, milliseconds deadline) {
  sd_bus_message *raw_call = nullptr, *raw_reply = nullptr;
  int r = build(bus, method, arguments, fd, &raw_call);
  const bus::MessagePtr call(raw_call);
  if (r < 0)
    return {std::unexpected(bus::failed(Code::internal, "a call cannot be written", r).with("method", method)), false};
  sd_bus_error error = SD_BUS_ERROR_NULL;
  r = sd_bus_call(bus, raw_call, static_cast<std::uint64_t>(deadline.count()) * 1000, &error, &raw_reply);
  const bus::MessagePtr reply(raw_reply);
  const bool refused = r < 0 && r != -ETIMEDOUT && sd_bus_is_open(bus) > 0;  // the other side sent an error
  Answer answer{std::string(), true};
  const char* text = "";
  if (refused)
    answer.result = std::unexpected(bus::parse_error(error.name, error.message == nullptr ? "" : error.message));
  else if (r < 0)
    answer = {std::unexpected(unanswered(method, r)), false};
  else if (r = sd_bus_message_read_basic(raw_reply, 's', &text); r < 0)
    answer = {std::unexpected(bus::failed(Code::internal, "an answer cannot be read", r).with("method", method)),
              false};
  else
    answer.result = text;
  sd_bus_error_free(&error);
  return answer;
}

}  // namespace

/// Idle connections, and how many there are in all.
class BusClient::Pool {
 public:
  explicit Pool(std::filesystem::path socket) : socket_(std::move(socket)) {}

  Result<bus::BusPtr> take(steady_clock::time_point end);
  void give_back(bus::BusPtr bus);
  void lost();

 private:
  std::filesystem::path socket_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<bus::BusPtr> idle_;
  std::size_t taken_ = 0;
};

Result<bus::BusPtr> BusClient::Pool::take(steady_clock::time_point end) {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_until(lock, end, [&] { return taken_ < most_connections; }))
    return std::unexpected(Error{Code::hypervisor_unavailable, "the hypervisor manager is busy with earlier calls"});
  ++taken_;
  while (!idle_.empty()) {
    auto bus = std::move(idle_.back());
    idle_.pop_back();
    if (usable(bus.get())) return bus;
  }
  lock.unlock();
  auto bus = bus::connect(socket_, left_until(end));
  if (!bus) lost();
  return bus;
}

void BusClient::Pool::give_back(bus::BusPtr bus) {
  {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(bus));
  }
  lost();
}

void BusClient::Pool::lost() {
  {
    const std::scoped_lock lock(mutex_);
    --taken_;
  }
  freed_.notify_one();
}

BusClient::BusClient(std::filesystem::path socket) : pool_(std::make_unique<Pool>(std::move(socket))) {}
BusClient::~BusClient() = default;

Result<std::string> BusClient::call(const char* method, std::vector<std::string> arguments, milliseconds deadline,
                                    int fd) {
  const auto end = steady_clock::now() + deadline;
  auto bus = TRY(pool_->take(end));
  auto answer = ask(bus.get(), method, arguments, fd, left_until(end));
  if (answer.reusable) {
    pool_->give_back(std::move(bus));
  } else {
    bus.reset();
    pool_->lost();
  }
  return std::move(answer.result);
}

}  // namespace berth
