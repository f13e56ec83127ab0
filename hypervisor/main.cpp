// SPDX-License-Identifier: LGPL-2.1-or-later
#include <malloc.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "hypervisor/accelerator.hpp"
#include "hypervisor/config.hpp"
#include "hypervisor/dispatch.hpp"
#include "hypervisor/domains.hpp"
#include "hypervisor/firewall_watch.hpp"
#include "hypervisor/guests.hpp"
#include "hypervisor/host_check.hpp"
#include "hypervisor/lifecycle.hpp"
#include "hypervisor/log.hpp"
#include "hypervisor/machine_calls.hpp"
#include "hypervisor/storage_calls.hpp"
#include "libvirt/connection.hpp"
#include "netiso/firewall.hpp"
#include "netiso/kernel_rules.hpp"
#include "netiso/networks.hpp"
#include "netiso/tracking.hpp"
#include "storage/host_key.hpp"
#include "storage/images.hpp"
#include "storage/libvirt_secrets.hpp"
#include "storage/volumes.hpp"
#include "systemd/bus_server.hpp"
#include "systemd/journal.hpp"
#include "systemd/listen_fds.hpp"
#include "systemd/notify.hpp"
#include "systemd/signal_stop.hpp"

// Wires the rooms together; what it does is in them.
namespace berth::hypervisor {
namespace {

DomainSources sources(Libvirt& libvirt, AcceleratorChoice& accelerator, Keys& keys, const Images& images,
                      const Volumes& volumes) {
  return {[&libvirt] { return libvirt.connect(); },
          [&accelerator] { return accelerator.choose(); },
          [&keys](const VolumeId& volume, const UserId& user) -> Result<HostKey> {
            auto pem = TRY(keys.ssh_private_key(volume, user));
            auto line = TRY(keys.ssh_public_key(volume, user));
            return HostKey{std::move(pem), std::move(line)};
          },
          [&images](const ImageId& id) -> Result<ImageFiles> {
            const auto image = TRY(images.find(id));
            ImageFiles files{image.disk, std::string(name_of(image.disk_format))};
            if (image.boot) files.boot = BootFiles{image.boot->kernel, image.boot->initrd, image.boot->cmdline};
            return files;
          },
          [&volumes](const VolumeId& volume) { return volumes.file(volume); },
          [&keys](const VolumeId& volume) { return keys.image_under(volume); }};
}

/// Says of every machine again how it is, which makes the agent look at it now and not in its next round.
void say_again(Lifecycle& lifecycle, BusServer& bus) {
  for (const auto& [machine, agent] : lifecycle.running())
    bus.emit("Lifecycle", {machine.str(), agent ? "agent_connected" : "agent_disconnected"});
}

Result<void> serve(const Config& config, const GuestPolicy& policy) {
  const uid_t agent = TRY(uid_of_user(config.agent_user));
  const uid_t inspector = TRY(uid_of_user(config.inspector_user));
  const gid_t inspector_group = TRY(gid_of_group(config.inspector_user));
  auto host_key = TRY(read_host_key());
  auto socket = TRY(listening_socket(config.socket, agent));
  KernelRules rules(policy);
  BusServer bus(std::move(socket), agent);
  const SignalStop stop([&bus] {
    notify_stopping("ends; machines go on");
    bus.stop();
  });

  Lifecycle lifecycle([&bus](const MachineId& machine, const std::string& event) {
    log_lifecycle(machine, event);
    bus.emit("Lifecycle", {machine.str(), event});
  });
  Libvirt libvirt;
  const auto connect = [&libvirt] { return libvirt.connect(); };
  AcceleratorChoice accelerator(config.allow_emulation,
                                [&config](const auto& proof) { log_proof(proof, config.allow_emulation); });
  Keys keys(config.state_folder / "keys", std::move(host_key));
  Images images(
      config.state_folder / "images", keys, Inspector(config.image_inspector, inspector, inspector_group),
      {.most_file = config.most_image_file, .reserve = config.reserve, .most_virtual = config.most_image_virtual});
  LibvirtSecrets secrets(connect);
  Volumes volumes(config.state_folder / "volumes", keys, images, secrets);
  const Bounds bounds{{config.pool.base(), config.pool.prefix()}, config.first_port, config.last_port};
  Networks networks(connect, rules, bounds);
  Firewall firewall(rules, bounds);
  Domains domains(sources(libvirt, accelerator, keys, images, volumes), config.run_folder / "seeds",
                  config.state_folder / "boot");
  Guests guests(connect);
  const HostChecks checks({config.state_folder, config.run_folder, config.image_inspector, &accelerator, connect,
                           [&rules] { return rules.check(); }});
  TRY(keys.prepare());
  TRY(images.prepare());
  TRY(volumes.prepare());
  TRY(domains.prepare());
  if (const auto loaded = rules.load(); !loaded) log_no_rules(loaded.error());

  const std::array<Driver*, kinds.size()> drivers{&keys, &volumes, &networks, &firewall, &domains};
  Dispatch dispatch(drivers);
  dispatch.declare(bus);
  declare_storage_calls(bus, images, keys);
  declare_machine_calls(bus, guests, connect);
  bus.method("Host", 0, false, [&checks](Call&) -> Result<std::string> { return checks.json(); });
  lifecycle.follow(libvirt);

  const FirewallWatch firewall_watch({[&rules] { return rules.check(); }, [&rules] { return rules.load(); }},
                                     [&](const Error& drift, const Result<void>& loaded) {
                                       log_drift(drift, loaded);
                                       if (loaded) say_again(lifecycle, bus);
                                     });
  const Watchdog watchdog([&bus] { return bus.responds(std::chrono::seconds(5)); });
  notify_ready("serves the agent");
  return bus.run();
}

/// For a person at a terminal, and for the journal, which takes standard error.
int refused(const Error& error) {
  std::fprintf(stderr, "berth-hypervisor: %s\n", describe(error).c_str());
  return EXIT_FAILURE;
}

int run(int argc, char** argv) {
  const auto read = read_hypervisor_config(argc, argv);
  if (!read) return refused(read.error());
  if (const auto* answer = std::get_if<Answer>(&*read)) {
    std::fputs(answer->text.c_str(), stdout);
    return EXIT_SUCCESS;
  }
  const auto& config = std::get<Config>(*read);
  auto policy = GuestPolicy::parse(config.guest_blocked, config.guest_allowed, config.guest_connections);
  if (!policy) return refused(policy.error());
  if (config.check_only) {
    std::puts("the configuration is sound");
    return EXIT_SUCCESS;
  }
  policy->user_connections = share_of_a_user();
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  setenv("TMPDIR", config.run_folder.c_str(), 1);  // scratch files hold parts of seeds, so they too must lie in memory
  const auto served = serve(config, *policy);
  if (served) return EXIT_SUCCESS;
  journal::write(journal::Priority::error, "berth-hypervisor cannot run", served.error());
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace berth::hypervisor

int main(int argc, char** argv) {
  // Sixteen workers would each keep a heap of their own, and large buffers would stay in it: 10 MB more at rest
  // (measured).
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  const int status = berth::hypervisor::run(argc, argv);
  std::fflush(nullptr);
  // A thread may still wait for a guest to power off (Guests::shutdown); it must not see the process being taken apart.
  std::_Exit(status);
}
