// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>

#include "agent/engine/engine.hpp"
#include "agent/engine/task.hpp"
#include "agent/events.hpp"
#include "agent/host/host.hpp"
#include "agent/images.hpp"
#include "agent/sessions.hpp"
#include "agent/store/store.hpp"
#include "folder.hpp"

namespace berth::agent {

/// The process was killed: nothing that it does from here on has an effect.
struct Died {};

/// Stands still until a test moves it; also from another thread.
class TestClock : public Clock {
 public:
  Time now() const override { return Time(moment().time_since_epoch() + ahead_.load()); }
  Moment moment() const override { return moment_; }
  void advance(std::chrono::milliseconds by) { moment_ = moment_.load() + by; }
  void advance_to(Time time) { advance(time - now()); }
  /// Somebody sets the wall clock.
  void set(std::chrono::milliseconds by) { ahead_ = ahead_.load() + by; }
  /// The uptime begins anew, the wall clock goes on.
  void boot() {
    ahead_ = now().time_since_epoch();
    moment_ = Moment{};
  }

 private:
  std::atomic<Moment> moment_{Moment(std::chrono::hours(100))};
  std::atomic<std::chrono::milliseconds> ahead_{
      Time(std::chrono::sys_days(std::chrono::year(2026) / 2 / 3)).time_since_epoch()};
};

class World;

/// One kind of resource on the fake host.
class FakeDriver : public Driver {
 public:
  FakeDriver(Kind kind, World& world) : kind_(kind), world_(world) {}
  Kind kind() const noexcept override { return kind_; }
  Result<Presence> observe(const Spec& spec) override;
  Result<void> apply(const Spec& spec) override;
  Result<void> remove(const Id& id) override;
  Result<std::vector<Id>> list() override;

 private:
  Kind kind_;
  World& world_;
};

/// What is on a host: a kind and an id each.
using Things = std::set<std::pair<Kind, Id>>;
std::string to_text(const Things& things);

/// A host that is a few maps, and an agent on it with a real database in a file. The agent can be killed at any step:
/// before and after each effect on the host, and at each commit. The hypervisor manager can be away from any call on.
class World : public Host {
 private:
  Folder folder_;  // first: the database in it is closed before it goes

 public:
  World();
  ~World() override;

  // The host, as a test arranges it. Guests live on whatever happens to the agent.
  std::map<Kind, std::map<Id, Spec>> objects;
  std::map<MachineId, int> boots;  ///< how often each machine was started
  std::map<MachineId, std::vector<SshKey>> keys_in_guest;
  bool guests_answer = true;
  bool guests_obey = true;                          ///< power off when asked
  std::set<std::string> images;                     ///< ids of the files
  std::map<Kind, Error> refusing;                   ///< what `apply` of a kind fails with
  std::map<Kind, std::function<void()>> meanwhile;  ///< what happens while a kind is applied, once
  std::function<void()> asked_for_keys;             ///< what a guest does before it takes them
  std::function<void()> listing;                    ///< what happens while the host's objects are listed
  std::map<Kind, Error> stuck;                      ///< what `remove` of a kind fails with
  std::string boot = "first boot";
  void power_off(const MachineId& machine, MachineEvent how, bool seen = true);
  void reboot_host();
  void reconnect();  ///< the connection was lost and is there again

  // Death of the agent: at the nth step from now; of the hypervisor manager: at the nth call from now.
  void die_at(int step);
  bool dead() const { return dead_; }
  enum class Reply { before, lost };  ///< the call had no effect, or it had and its answer was lost
  void hypervisor_dies_at(int call, Reply reply, std::chrono::seconds away);
  int calls = 0;

  // The agent.
  Settings settings;
  TestClock clock;
  void restart();          ///< a new process on the same database and host
  Result<void> recover();  ///< what the engine does at its start
  void settle();           ///< passes over all sessions until none has anything to do
  std::unique_ptr<Store> store;
  std::unique_ptr<Images> library;
  std::unique_ptr<Surroundings> with;
  std::unique_ptr<Engine> engine;  ///< not started; takes the wake-ups
  std::unique_ptr<Sessions> sessions;
  std::unique_ptr<Events> events;

  Things on_host() const;
  Things in_store();  ///< what must be on the host, by the store

  void add_image(const std::string& name = "tiny");
  CreateRequest request(const std::string& name, const std::string& user = "alice") const;
  Session running(const std::string& name, const std::string& user = "alice");  ///< creates and settles
  Session session(const SessionId& id);
  Operation operation(const OperationId& id);

  // Host
  Driver& driver(Kind kind) override { return drivers_[static_cast<std::size_t>(kind)]; }
  Result<void> shutdown(const MachineId& machine) override;
  Result<std::map<MachineId, MachineState>> domains() override;
  Result<void> set_ssh_keys(const MachineId& machine, const std::vector<SshKey>& keys) override;
  Result<std::string> ssh_host_key(const UserId& user, const VolumeId& volume) override;
  bool greets(Ipv4 address) override;
  Result<HostFacts> facts() override;
  std::string boot_id() override { return boot; }
  Result<Image> import_image(int fd, std::string_view format, std::string_view sha256) override;
  Result<std::vector<Image>> list_images() override;
  Result<void> remove_image(const ImageId& image) override;
  void listen(HostListener* listener) override { listener_ = listener; }

  /// One call of the agent's, which has `effect` on the host unless somebody is dead.
  Result<void> call(const std::function<void()>& effect);
  bool commits();              ///< asked by SQLite before each commit
  std::recursive_mutex mutex;  ///< the engine's threads come in one at a time

 private:
  void step();

  std::array<FakeDriver, kinds.size()> drivers_;
  HostListener* listener_ = nullptr;
  int steps_left_ = -1, calls_left_ = -1;
  bool dead_ = false;
  Reply reply_ = Reply::before;
  std::chrono::seconds away_for_{};
  Moment away_until_{};
};

SshKey test_key(int number = 1);

}  // namespace berth::agent
