// SPDX-License-Identifier: LGPL-2.1-or-later
#include "world.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "agent/engine/converge.hpp"
#include "agent/engine/plan.hpp"
#include "agent/engine/reconciler.hpp"
#include "agent/store/images.hpp"
#include "agent/store/operations.hpp"
#include "agent/store/sessions.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;

World* asked = nullptr;  // by connections that are opened while it lives

int commit_hook(void*) {
  return asked == nullptr || asked->commits() ? 0 : 1;
}

int hook_in(sqlite3* connection, char**, const sqlite3_api_routines*) {
  sqlite3_commit_hook(connection, commit_hook, nullptr);
  return SQLITE_OK;
}

Error away() {
  return {Code::hypervisor_unavailable, "the hypervisor manager does not answer"};
}

}  // namespace

SshKey test_key(int number) {
  std::string blob("\0\0\0\x0bssh-ed25519\0\0\0\x20", 19);
  blob += std::string(32, static_cast<char>(number));
  std::string text(sodium_base64_ENCODED_LEN(blob.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(blob.data()), blob.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();
  return SshKey::parse(fmt::format("ssh-ed25519 {} key{}", text, number)).value();
}

std::string to_text(const Things& things) {
  std::string text;
  for (const auto& [kind, id] : things) text += fmt::format("{} {}\n", name_of(kind), id.str());
  return text;
}

Result<Presence> FakeDriver::observe(const Spec& spec) {
  Presence presence;
  TRY(world_.call([&] {
    const auto& those = world_.objects[kind_];
    const auto found = those.find(id_of(spec));
    if (found != those.end()) presence.state = Presence::State::present;
  }));
  return presence;
}

Result<void> FakeDriver::apply(const Spec& spec) {
  if (const auto refusal = world_.refusing.find(kind_); refusal != world_.refusing.end())
    return std::unexpected(refusal->second);
  if (const auto other = world_.meanwhile.extract(kind_)) other.mapped()();
  const auto* volume = std::get_if<VolumeSpec>(&spec);
  if (volume && !volume->fresh && !world_.objects[kind_].contains(volume->id))
    return std::unexpected(Error{Code::storage_failed, "the volume's file is gone"});
  return world_.call([&] {
    const bool fresh = world_.objects[kind_].insert_or_assign(id_of(spec), spec).second;
    if (kind_ == Kind::domain && fresh) ++world_.boots[MachineId(id_of(spec))];
  });
}

Result<void> FakeDriver::remove(const Id& id) {
  if (const auto refusal = world_.stuck.find(kind_); refusal != world_.stuck.end())
    return std::unexpected(refusal->second);
  return world_.call([&] { world_.objects[kind_].erase(id); });
}

Result<std::vector<Id>> FakeDriver::list() {
  if (world_.listing) world_.listing();
  std::vector<Id> ids;
  TRY(world_.call([&] {
    for (const auto& [id, spec] : world_.objects[kind_]) ids.push_back(id);
  }));
  return ids;
}

World::World()
    : drivers_{FakeDriver(Kind::key, *this), FakeDriver(Kind::volume, *this), FakeDriver(Kind::network, *this),
               FakeDriver(Kind::firewall, *this), FakeDriver(Kind::domain, *this)} {
  asked = this;
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(hook_in));
  settings.limits.user = {10, 100, 1024 * GiB, 1024 * GiB};
  settings.limits.host = {100, 1000, 1024 * GiB, 1024 * GiB};
  settings.ready_within = std::chrono::seconds(3);
  settings.shutdown_within = std::chrono::seconds(3);
  restart();
}

World::~World() {
  asked = nullptr;
  engine.reset();
  library.reset();
  store.reset();
  sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(hook_in));
}

void World::restart() {
  dead_ = false;
  steps_left_ = -1;
  events.reset();
  sessions.reset();
  engine.reset();
  with.reset();
  library.reset();
  store.reset();
  store = Store::open(folder_.path / "agent.db").value();
  library = std::make_unique<Images>(*store, *this, clock);
  with.reset(new Surroundings{*store, *this, *library, settings, clock});
  engine = std::make_unique<Engine>(*store, *this, *library, settings, clock);
  sessions = std::make_unique<Sessions>(*store, settings, clock, *engine);
  events = std::make_unique<Events>(*store);
}

Result<void> World::recover() {
  TRY(agent::recover(*with));
  TRY(sweep(*with));
  return {};
}

void World::settle() {
  for (int round = 0; round < 20'000; ++round) {
    const auto all =
        store->read([](Database& db) -> Result<std::vector<SessionId>> { return live_sessions(db); }).value();
    Next soonest;
    for (const auto& id : all) {
      const auto next = converge(*with, id);
      if (dead_) throw Died{};
      REQUIRE(next);
      if (*next && (!soonest || **next < *soonest)) soonest = *next;
    }
    if (!soonest) return;
    clock.advance(std::max(*soonest, milliseconds(1)));
  }
  FAIL("the sessions never settle");
}

void World::power_off(const MachineId& machine, MachineEvent how, bool seen) {
  std::unique_lock lock(mutex);
  objects[Kind::domain].erase(machine);
  lock.unlock();
  if (!seen) return;
  with->watch.saw(machine, how);
  if (listener_ != nullptr) listener_->machine_event(machine, how);
}

void World::reboot_host() {
  boot += " and another";
  clock.boot();
  objects[Kind::domain].clear();
  objects[Kind::firewall].clear();
  objects[Kind::network].clear();
}

void World::reconnect() {
  listener_->connected();
}

void World::die_at(int step) {
  steps_left_ = step;
}

void World::hypervisor_dies_at(int number, Reply reply, std::chrono::seconds away_for) {
  calls_left_ = number;
  reply_ = reply;
  away_for_ = away_for;
  calls = 0;
}

void World::step() {
  if (!dead_ && (steps_left_ < 0 || steps_left_-- > 0)) return;
  dead_ = true;
  throw Died{};
}

bool World::commits() {
  const std::lock_guard lock(mutex);
  dead_ = dead_ || (steps_left_ >= 0 && steps_left_-- == 0);
  return !dead_;
}

Result<void> World::call(const std::function<void()>& effect) {
  const std::lock_guard lock(mutex);
  step();
  ++calls;
  if (calls_left_ >= 0 && calls_left_-- == 0) {
    away_until_ = clock.moment() + away_for_;
    if (reply_ == Reply::lost) effect();
    return std::unexpected(away());
  }
  if (clock.moment() < away_until_) return std::unexpected(away());
  effect();
  step();
  return {};
}

Result<void> World::shutdown(const MachineId& machine) {
  return call([&] {
    if (guests_obey && objects[Kind::domain].erase(machine) > 0) with->watch.saw(machine, MachineEvent::shutdown);
  });
}

Result<std::map<MachineId, MachineState>> World::domains() {
  std::map<MachineId, MachineState> all;
  TRY(call([&] {
    for (const auto& [id, spec] : objects[Kind::domain])
      all[MachineId(id)] = {MachineState::Power::running, guests_answer};
  }));
  return all;
}

Result<void> World::set_ssh_keys(const MachineId& machine, const std::vector<SshKey>& keys) {
  if (asked_for_keys) asked_for_keys();
  return call([&] { keys_in_guest[machine] = keys; });
}

Result<std::string> World::ssh_host_key(const UserId&, const VolumeId& volume) {
  TRY(call([] {}));
  return "ssh-ed25519 " + volume.str();
}

bool World::greets(Ipv4) {
  return guests_answer;
}

Result<HostFacts> World::facts() {
  TRY(call([] {}));
  return HostFacts{"qemu", 4, 8 * GiB, 100 * GiB, 90 * GiB, {}};
}

Result<Image> World::import_image(int, std::string_view, std::string_view sha256) {
  TRY(call([&] { images.emplace(sha256); }));
  return Image{ImageId::parse(sha256).value(), "", 10 * MiB, 64 * MiB, true, {}};
}

Result<std::vector<Image>> World::list_images() {
  std::vector<Image> all;
  TRY(call([&] {
    for (const auto& id : images) all.push_back({ImageId::parse(id).value(), "", 10 * MiB, 64 * MiB, true, {}});
  }));
  return all;
}

Result<void> World::remove_image(const ImageId& image) {
  return call([&] { images.erase(image.str()); });
}

Things World::on_host() const {
  Things things;
  for (const auto& [kind, those] : objects)
    for (const auto& [id, spec] : those) things.emplace(kind, id);
  return things;
}

Things World::in_store() {
  Things things;
  const auto all = sessions->list({}).value();
  for (const auto& session : all)
    for (const auto& spec : plan(session))
      if (session.phase == Phase::running || kind_of(spec) < Kind::firewall) things.emplace(kind_of(spec), id_of(spec));
  return things;
}

void World::add_image(const std::string& name) {
  const Image image{
      ImageId(ImageId::Digest{static_cast<std::uint8_t>(name.size())}), name, 10 * MiB, 64 * MiB, true, clock.now()};
  REQUIRE(store->write([&](Database& db) -> Result<void> {
    insert_image(db, image);
    return {};
  }));
}

CreateRequest World::request(const std::string& name, const std::string& user) const {
  CreateRequest wanted;
  wanted.user = user;
  wanted.name = name;
  wanted.image = "tiny";
  wanted.size = {1, 128 * MiB, 256 * MiB};
  wanted.ssh_keys = {test_key()};
  return wanted;
}

Session World::running(const std::string& name, const std::string& user) {
  const auto accepted = sessions->create(request(name, user), std::nullopt);
  REQUIRE(accepted);
  settle();
  const auto now = session(accepted->session.id);
  REQUIRE(now.phase == Phase::running);
  return now;
}

Session World::session(const SessionId& id) {
  return sessions->get(id).value();
}
Operation World::operation(const OperationId& id) {
  return sessions->operation(id).value();
}

}  // namespace berth::agent
