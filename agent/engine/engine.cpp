// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/engine/engine.hpp"

#include "agent/engine/engine_threads.hpp"

namespace berth::agent {

Engine::Engine(Store& store, Host& host, Images& images, const Settings& settings, const Clock& clock)
    : threads_(std::make_unique<Threads>(store, host, images, settings, clock)) {}
Engine::~Engine() = default;

void Engine::start(std::function<void(const Error&)> refused) {
  threads_->start(std::move(refused));
}
void Engine::stop() {
  threads_->stop();
}
void Engine::wake(const SessionId& session) {
  threads_->wake(session);
}
Recovery Engine::recovery() const {
  return threads_->recovery();
}
Quota Engine::host_limits() const {
  return threads_->host_limits();
}
std::vector<Unknown> Engine::unknown() const {
  return threads_->unknown();
}
bool Engine::alive() const {
  return threads_->alive();
}

}  // namespace berth::agent
