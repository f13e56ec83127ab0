// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/host/bus_host.hpp"

#include <grp.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <thread>

#include "folder.hpp"
#include "systemd/bus_server.hpp"
#include "systemd/listen_fds.hpp"
#include "world.hpp"

using namespace berth;
using namespace berth::agent;

namespace {

/// A hypervisor manager that writes down what it is asked, and answers what the test wants.
class Manager {
 public:
  explicit Manager(const std::string& socket)
      : server_(std::move(listen_on(socket, getgrgid(getgid())->gr_name).value()), getuid()) {
    for (const auto& [name, arguments] : {std::pair{"Observe", 2},
                                          {"Apply", 2},
                                          {"Remove", 2},
                                          {"List", 1},
                                          {"Domains", 0},
                                          {"Shutdown", 1},
                                          {"SetSshKeys", 2},
                                          {"SshHostKey", 2},
                                          {"RemoveImage", 1}})
      server_.method(name, static_cast<std::size_t>(arguments), false, [this, name = std::string(name)](Call& call) {
        const std::lock_guard lock(mutex_);
        asked = name;
        for (const auto& argument : call.arguments) asked += " " + argument;
        return answer;
      });
    thread_ = std::thread([this] { REQUIRE(server_.run()); });
  }
  ~Manager() {
    server_.stop();
    thread_.join();
  }
  void emit(std::vector<std::string> arguments) { server_.emit("Lifecycle", std::move(arguments)); }

  std::string asked;
  Result<std::string> answer = "";

 private:
  std::mutex mutex_;
  BusServer server_;
  std::thread thread_;
};

class Ears : public HostListener {
 public:
  void machine_event(const MachineId& machine, MachineEvent event) override {
    const std::lock_guard lock(mutex_);
    heard_.emplace(machine, event);
    more_.notify_all();
  }
  void connected() override {
    const std::lock_guard lock(mutex_);
    connected_ = true;
    more_.notify_all();
  }
  bool connects() {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, std::chrono::seconds(10), [&] { return connected_; });
  }
  bool hears(const MachineId& machine, MachineEvent event) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, std::chrono::seconds(10), [&] { return heard_.contains({machine, event}); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  bool connected_ = false;
  std::set<std::pair<MachineId, MachineEvent>> heard_;
};

}  // namespace

TEST_CASE("The hypervisor manager is asked as the contract has it") {
  const Folder folder;
  Manager manager(folder.path / "bus");
  BusHost host(folder.path / "bus");
  const auto user = UserId::make();
  const auto machine = MachineId::make();
  const Spec key = KeySpec{user};

  REQUIRE(host.driver(Kind::key).apply(key));
  CHECK(manager.asked == "Apply key {\"user\":\"" + user.str() + "\"}");
  REQUIRE(host.driver(Kind::domain).remove(machine));
  CHECK(manager.asked == "Remove domain " + machine.str());
  REQUIRE(host.shutdown(machine));
  CHECK(manager.asked == "Shutdown " + machine.str());
  REQUIRE(host.set_ssh_keys(machine, {test_key()}));
  CHECK(manager.asked == "SetSshKeys " + machine.str() + " [\"" + test_key().line() + "\"]");

  manager.answer = R"({"state": "present", "detail": ""})";
  CHECK(host.driver(Kind::key).observe(key)->state == Presence::State::present);
  manager.answer = "[\"" + machine.str() + "\"]";
  CHECK(host.driver(Kind::domain).list()->front() == machine);
  manager.answer = "{\"" + machine.str() + R"(": {"state": "running", "agent": false}})";
  CHECK(host.domains()->contains(machine));
  manager.answer = std::unexpected(Error{Code::storage_full, "the disk is full"});
  CHECK(host.driver(Kind::key).apply(key).error().code == Code::storage_full);
}

TEST_CASE("A manager that is not there is unavailable, and the boot has a name") {
  const Folder folder;
  BusHost host(folder.path / "bus");
  CHECK(host.domains().error().code == Code::hypervisor_unavailable);
  CHECK(host.boot_id().size() == 36);
}

TEST_CASE("Signals reach the listener while it listens; those that are not understood are passed over") {
  const Folder folder;
  Manager manager(folder.path / "bus");
  BusHost host(folder.path / "bus");
  Ears ears;
  host.listen(&ears);
  REQUIRE(ears.connects());
  const auto machine = MachineId::make();
  manager.emit({"nonsense", "crashed"});
  manager.emit({machine.str(), "sang"});
  manager.emit({machine.str()});
  manager.emit({machine.str(), "crashed"});
  CHECK(ears.hears(machine, MachineEvent::crashed));
  host.listen(nullptr);
}
