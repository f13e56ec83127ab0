// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/host/bus_host.hpp"

#include <fstream>

#include "agent/host/bus_answers.hpp"
#include "agent/host/ssh_greeting.hpp"
#include "core/json.hpp"

namespace berth::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds look{30};
constexpr seconds asking_a_guest{60};
constexpr std::chrono::hours whole_upload{1};  // the HTTP side gives up on a client that stalls long before
constexpr milliseconds greeting{500};
constexpr std::uint16_t ssh_port = 22;

}  // namespace

BusHost::BusHost(std::filesystem::path socket)
    : socket_(socket),
      bus_(std::move(socket)),
      drivers_{BusDriver(Kind::key, bus_), BusDriver(Kind::volume, bus_), BusDriver(Kind::network, bus_),
               BusDriver(Kind::firewall, bus_), BusDriver(Kind::domain, bus_)} {}

Result<void> BusHost::shutdown(const MachineId& machine) {
  TRY(bus_.call("Shutdown", {machine.str()}, look));
  return {};
}

Result<std::map<MachineId, MachineState>> BusHost::domains() {
  const auto answer = TRY(bus_.call("Domains", {}, look));
  return parse_domains(answer);
}

Result<void> BusHost::set_ssh_keys(const MachineId& machine, const std::vector<SshKey>& keys) {
  auto lines = nlohmann::json::array();
  for (const auto& key : keys) lines.push_back(key.line());
  TRY(bus_.call("SetSshKeys", {machine.str(), dump_json(lines)}, asking_a_guest));
  return {};
}

Result<std::string> BusHost::ssh_host_key(const UserId& user, const VolumeId& volume) {
  return bus_.call("SshHostKey", {user.str(), volume.str()}, look);
}

bool BusHost::greets(Ipv4 address) {
  return ssh_greets(address, ssh_port, greeting);
}

Result<HostFacts> BusHost::facts() {
  const auto answer = TRY(bus_.call("Host", {}, look));
  return parse_facts(answer);
}

std::string BusHost::boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

Result<Image> BusHost::import_image(int fd, std::string_view format, std::string_view sha256) {
  const auto answer = TRY(bus_.call("ImportImage", {std::string(format), std::string(sha256)}, whole_upload, fd));
  return parse_image(answer);
}

Result<std::vector<Image>> BusHost::list_images() {
  const auto answer = TRY(bus_.call("ListImages", {}, look));
  return parse_images(answer);
}

Result<void> BusHost::remove_image(const ImageId& image) {
  TRY(bus_.call("RemoveImage", {image.str()}, look));
  return {};
}

void BusHost::listen(HostListener* listener) {
  {
    const std::lock_guard lock(telling_);
    listener_ = listener;
  }
  if (listener == nullptr) {
    signals_.reset();
    return;
  }
  signals_ = std::make_unique<BusSignals>(
      socket_, BusSignals::Callbacks{[this] { tell([](HostListener& each) { each.connected(); }); }, [] {},
                                     [this](const std::string& signal, const std::vector<std::string>& arguments) {
                                       arrived(signal, arguments);
                                     }});
}

void BusHost::arrived(const std::string& signal, const std::vector<std::string>& arguments) {
  if (signal != "Lifecycle" || arguments.size() != 2) return;
  const auto machine = MachineId::parse(arguments[0]);
  const auto event = parse_machine_event(arguments[1]);
  if (machine && event) tell([&](HostListener& each) { each.machine_event(*machine, *event); });
}

void BusHost::tell(const std::function<void(HostListener&)>& what) {
  const std::lock_guard lock(telling_);
  if (listener_ != nullptr) what(*listener_);
}

}  // namespace berth::agent
