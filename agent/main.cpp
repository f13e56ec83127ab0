// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <latch>
#include <mutex>
#include <optional>

#include "agent/api/admin.hpp"
#include "agent/api/api.hpp"
#include "agent/api/events.hpp"
#include "agent/api/health.hpp"
#include "agent/api/images.hpp"
#include "agent/api/sessions.hpp"
#include "agent/config.hpp"
#include "agent/engine/engine.hpp"
#include "agent/events.hpp"
#include "agent/host/bus_host.hpp"
#include "agent/http/gate.hpp"
#include "agent/images.hpp"
#include "agent/metrics/page.hpp"
#include "agent/sessions.hpp"
#include "agent/store/reserve.hpp"
#include "agent/store/store.hpp"
#include "systemd/journal.hpp"
#include "systemd/listen_fds.hpp"
#include "systemd/notify.hpp"
#include "systemd/signal_stop.hpp"

namespace {

using namespace berth;
using namespace berth::agent;

constexpr int configuration_is_wrong = 78;  // EX_CONFIG of sysexits.h, which systemd knows

std::vector<ApiRoute> joined(std::initializer_list<std::vector<ApiRoute>> lists) {
  std::vector<ApiRoute> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// Why the engine does not touch this host; said from a thread of its own.
class Refusal {
 public:
  void say(const Error& error) {
    {
      const std::scoped_lock lock(mutex_);
      error_ = error;
    }
    (void)kill(getpid(), SIGTERM);
  }
  Result<void> result() const {
    const std::scoped_lock lock(mutex_);
    return error_ ? Result<void>(std::unexpected(*error_)) : Result<void>();
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

/// Serves until a signal ends it.
Result<void> serve(const Config& config) {
  (void)signal(SIGPIPE, SIG_IGN);
  std::latch asked_to_end(1);
  const SignalStop ending([&] { asked_to_end.count_down(); });
  auto listening = TRY(listening_socket(config.socket, config.group));
  const auto store = TRY(Store::open(config.state / "agent.db"));
  if (auto reserve = keep_reserve(*store); !reserve)
    journal::write(journal::Priority::warning, "There is no room to stop and end sessions when the disk is full",
                   reserve.error());
  const SystemClock clock;
  BusHost host(config.hypervisor);
  Images images(*store, host, clock);
  Engine engine(*store, host, images, config.settings, clock);
  Sessions sessions(*store, config.settings, clock, engine);
  Events events(*store);
  HostHealth health(host);
  HttpMetrics http;
  const OperationMetrics operations(events, sessions);
  Refusal refusal;

  std::optional<HttpGate> gate;
  const auto metrics = [&] {
    return metrics_page({sessions, engine, health, http, operations, [&] { return gate->counts(); }});
  };
  Api api(joined({session_routes(sessions), image_routes(images), event_routes(events, sessions),
                  admin_routes(sessions, engine, health, metrics)}),
          http, {.recovery = [&] { return engine.recovery(); }, .version = [&] { return store->version(); }});
  engine.start([&](const Error& error) { refusal.say(error); });
  gate.emplace(std::move(listening), api, config.gate);
  gate->start();
  const Watchdog watchdog([&] { return gate->alive() && engine.alive(); });
  notify_ready(fmt::format("serving on {}", config.socket.string()));

  asked_to_end.wait();
  notify_stopping("finishing what is under way");
  gate->stop();
  engine.stop();
  store->stop_waiting();
  return refusal.result();
}

}  // namespace

int main(int argc, char** argv) {
  const auto config = read_config(argc, argv);
  if (!config) {
    (void)fmt::print(stderr, "berth-agent: {}\n", describe(config.error()));
    return configuration_is_wrong;
  }
  switch (config->wish) {
    case Config::Wish::help:
      (void)std::fputs(config_help().c_str(), stdout);
      return 0;
    case Config::Wish::version:
      (void)std::puts("berth-agent " BERTH_VERSION);
      return 0;
    case Config::Wish::check:
      (void)std::puts("the configuration is sound");
      return 0;
    case Config::Wish::serve:
      break;
  }
  if (const auto served = serve(*config); !served) {
    journal::write(journal::Priority::error, "the agent does not run", served.error());
    return 1;
  }
  return 0;
}
