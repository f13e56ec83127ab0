// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/bus_signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <thread>

#include "core/fd.hpp"
#include "systemd/bus_connection.hpp"

namespace berth {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds subscribe_deadline{2'000};  // then it is tried again; also how long the end may have to wait
constexpr milliseconds retry_pause{250};           // where not even the socket is there

bool subscribed(sd_bus* bus) {
  return sd_bus_call_method(bus, nullptr, bus::path, bus::interface, bus::subscribe, nullptr, nullptr, "") >= 0;
}

/// The strings of a signal, or nothing for a message that is none of ours.
std::vector<std::string> arguments_of(sd_bus_message* message) {
  std::vector<std::string> all;
  const char* text = nullptr;
  while (sd_bus_message_read_basic(message, 's', &text) > 0) all.emplace_back(text);
  return all;
}

}  // namespace

class BusSignals::Listener {
 public:
  Listener(std::filesystem::path socket, Callbacks callbacks)
      : socket_(std::move(socket)),
        callbacks_(std::move(callbacks)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~Listener() {
    thread_.request_stop();
    (void)eventfd_write(stop_.get(), 1);
  }

 private:
  void run(const std::stop_token& stop);
  void listen(sd_bus* bus, const std::stop_token& stop);
  bool drain(sd_bus* bus);
  /// Until the descriptor has something, the time is over, or the listener is to end.
  void wait(int fd, short events, milliseconds time) const {
    std::array<pollfd, 2> watch{pollfd{stop_.get(), POLLIN, 0}, pollfd{fd, events, 0}};
    (void)poll(watch.data(), watch.size(), static_cast<int>(time.count()));
  }

  std::filesystem::path socket_;
  Callbacks callbacks_;
  Fd stop_{eventfd(0, EFD_CLOEXEC)};
  std::jthread thread_;  // last: it uses all of the above
};

void BusSignals::Listener::run(const std::stop_token& stop) {
  bool told = false;
  while (!stop.stop_requested()) {
    auto bus = bus::connect(socket_, subscribe_deadline);
    if (bus)
      (void)sd_bus_set_method_call_timeout(bus->get(), static_cast<std::uint64_t>(subscribe_deadline.count()) * 1000);
    if (bus && subscribed(bus->get())) {
      callbacks_.connected();
      listen(bus->get(), stop);
      told = false;
    }
    if (stop.stop_requested()) return;
    if (!std::exchange(told, true)) callbacks_.disconnected();
    wait(-1, 0, retry_pause);
  }
}

void BusSignals::Listener::listen(sd_bus* bus, const std::stop_token& stop) {
  while (!stop.stop_requested() && drain(bus)) {
    const int events = sd_bus_get_events(bus);
    if (events < 0) return;
    wait(sd_bus_get_fd(bus), static_cast<short>(events), milliseconds(-1));
  }
}

/// Handles what has come; false when the connection is lost.
bool BusSignals::Listener::drain(sd_bus* bus) {
  for (;;) {
    sd_bus_message* raw = nullptr;
    const int r = sd_bus_process(bus, &raw);
    const bus::MessagePtr message(raw);
    if (r < 0 || sd_bus_is_open(bus) <= 0) return false;
    if (r == 0) return true;
    if (raw != nullptr && sd_bus_message_is_signal(raw, bus::interface, nullptr) > 0)
      callbacks_.arrived(sd_bus_message_get_member(raw), arguments_of(raw));
  }
}

BusSignals::BusSignals(std::filesystem::path socket, Callbacks callbacks)
    : listener_(std::make_unique<Listener>(std::move(socket), std::move(callbacks))) {}
BusSignals::~BusSignals() = default;

}  // namespace berth
