// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/domains.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/names.hpp"
#include "hypervisor/domain_state.hpp"
#include "specs.hpp"

using namespace berth;
using namespace berth::hypervisor;
namespace fs = std::filesystem;

namespace {

/// libvirt's driver for tests, which keeps its domains in this process, and folders of its own.
class World {
 public:
  World() : connection_(virConnectOpen("test:///default"), Deleter<virConnectClose>()) {
    std::string name = "/tmp/berth-domains-XXXXXX";
    root_ = mkdtemp(name.data());
    fs::create_directory(logs());
  }
  ~World() { fs::remove_all(root_); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  fs::path seeds() const { return root_ / "seeds"; }
  fs::path boot() const { return root_ / "boot"; }
  fs::path logs() const { return root_ / "logs"; }
  virConnect* connection() { return connection_.get(); }

  ImageId image_under = test::machine().image;

  Domains domains() {
    DomainSources sources;
    sources.libvirt = [this]() -> Result<ConnectPtr> { return connection_; };
    sources.accelerator = []() -> Result<Accelerator> { return Accelerator::qemu; };
    sources.host_key = [](const VolumeId&, const UserId&) -> Result<HostKey> {
      return HostKey{Secret::random(32), test::key_line};
    };
    sources.image = [](const ImageId&) -> Result<ImageFiles> { return ImageFiles{"/disk", "raw"}; };
    sources.volume = [](const VolumeId&) -> fs::path { return "/volume"; };
    sources.image_under = [this](const VolumeId&) -> Result<ImageId> { return image_under; };
    return {std::move(sources), seeds(), boot(), logs()};
  }
  DomainPtr run(const std::string& name, const Id& id) {
    const auto xml = fmt::format(
        "<domain type='test'><name>{}</name><uuid>{}</uuid><memory>65536</memory><os><type>hvm</type></os></domain>",
        name, id.uuid());
    return DomainPtr(virDomainCreateXML(connection_.get(), xml.c_str(), 0));
  }

 private:
  ConnectPtr connection_;
  fs::path root_;
};

void touch(const fs::path& path) {
  std::ofstream(path) << "x";
}

}  // namespace

TEST_CASE("a domain that has a machine's id and another name is left alone") {
  World world;
  const auto spec = test::machine();
  auto domains = world.domains();
  REQUIRE(domains.prepare());
  const auto foreign = world.run("somebody-elses", spec.machine);
  REQUIRE(foreign);
  CHECK(domains.observe(spec).error().code == Code::wrong_state);
  CHECK(domains.apply(spec).error().code == Code::wrong_state);
  CHECK(domains.remove(spec.machine).error().code == Code::wrong_state);
  CHECK(virDomainIsActive(foreign.get()) == 1);
}

TEST_CASE("a machine's domain is found by its id") {
  World world;
  const auto spec = test::machine();
  CHECK_FALSE(find_domain(world.connection(), spec.machine).value());
  const auto own = world.run(names::domain(spec.machine), spec.machine);
  REQUIRE(own);
  CHECK(find_domain(world.connection(), spec.machine).value());
}

TEST_CASE("nothing of a machine stays when it is removed, and nothing of another goes") {
  World world;
  const auto spec = test::machine();
  auto domains = world.domains();
  REQUIRE(domains.prepare());
  const auto seed = spec.machine.str() + ".iso";
  const auto log = names::domain(spec.machine) + ".log";
  for (const auto& mine :
       {world.seeds() / seed, world.seeds() / (seed + ".new"), world.logs() / log, world.logs() / (log + ".0")})
    touch(mine);
  fs::create_directory(world.boot() / spec.machine.str());
  touch(world.boot() / spec.machine.str() / "kernel");
  const auto other = world.logs() / "berth-01m7w99dq9f6hfj03jb3nhd4e7.log";
  touch(other);
  REQUIRE(domains.remove(spec.machine));
  CHECK(fs::is_empty(world.seeds()));
  CHECK(fs::is_empty(world.boot()));
  CHECK(fs::exists(other));
  fs::remove(other);
  CHECK(fs::is_empty(world.logs()));
}

TEST_CASE("a volume is not started over another image than its own") {
  World world;
  auto domains = world.domains();
  REQUIRE(domains.prepare());
  const auto control = domains.apply(test::machine());
  REQUIRE_FALSE(control);  // libvirt's driver for tests has no emulator; so far it comes
  CHECK(control.error().code == Code::start_failed);
  world.image_under = ImageId::parse(std::string(64, 'b')).value();
  const auto refused = domains.apply(test::machine());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::wrong_state);
  CHECK(fs::is_empty(world.seeds()));
}

TEST_CASE("seeds that were broken off are gone after the next start of the daemon") {
  World world;
  auto domains = world.domains();
  REQUIRE(domains.prepare());
  touch(world.seeds() / "a.iso");
  touch(world.seeds() / "a.iso.new");
  REQUIRE(domains.prepare());
  CHECK(fs::exists(world.seeds() / "a.iso"));
  CHECK_FALSE(fs::exists(world.seeds() / "a.iso.new"));
}

TEST_CASE("a domain that libvirt has not finished starting is told from one that was paused") {
  CHECK(being_started(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_UNKNOWN));
  CHECK(being_started(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP));
  CHECK_FALSE(being_started(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER));
  CHECK_FALSE(being_started(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR));
  CHECK_FALSE(being_started(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED));
}
