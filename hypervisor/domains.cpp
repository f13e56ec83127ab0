// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/domains.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "core/names.hpp"
#include "hypervisor/domain_state.hpp"
#include "libvirt/error.hpp"

namespace berth::hypervisor {
namespace {

namespace fs = std::filesystem;

Error about(const MachineId& machine, Code code, std::string message) {
  return {code, std::move(message), {{"machine", machine.str()}}};
}

Result<void> make_folder(const fs::path& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return std::unexpected(file_error("make the folder of", path, errno));
  if (chmod(path.c_str(), mode) != 0) return std::unexpected(file_error("set the mode of", path, errno));
  return {};
}

/// Removes what write_file had not finished when the daemon was killed.
Result<void> remove_broken_off(const fs::path& folder) {
  std::error_code fault;
  const std::vector<fs::path> files(fs::directory_iterator(folder, fault), {});
  if (fault) return std::unexpected(file_error("list", folder, fault.value()));
  for (const auto& file : files)
    if (file.extension() == ".new") TRY(remove_file(file));
  return {};
}

/// A copy that shares its blocks with the original where the file system can. Never into a file that
/// is there: libvirt may have given it to QEMU's user.
Result<void> copy_blocks(const fs::path& from, const fs::path& to) {
  const Fd source(open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!source) return std::unexpected(file_error("open", from, errno));
  if (unlink(to.c_str()) != 0 && errno != ENOENT) return std::unexpected(file_error("replace", to, errno));
  const Fd target(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
  if (!target) return std::unexpected(file_error("create", to, errno));
  struct stat info {};
  if (fstat(source.get(), &info) != 0) return std::unexpected(file_error("look at", from, errno));
  return copy_bytes(source.get(), 0, static_cast<std::uint64_t>(info.st_size), target.get(), to);
}

/// Nothing on the host speaks IPv6 to a guest. A kernel without IPv6 has no such switch.
Result<void> switch_ipv6_off(const MachineId& machine) {
  const fs::path path = "/proc/sys/net/ipv6/conf/" + names::tap(machine) + "/disable_ipv6";
  const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file && errno == ENOENT && access("/proc/sys/net/ipv6", F_OK) != 0) return {};
  if (!file || ::write(file.get(), "1", 1) != 1)
    return std::unexpected(
        Error{Code::network_failed,
              "cannot switch IPv6 off on a machine's card",
              {{"machine", machine.str()}, {"path", path}, {"reason", std::strerror(errno)}}});  // NOLINT
  return {};
}

Result<void> check_limits(const DomainSpec& spec) {
  if (spec.cpus >= 1 && spec.cpus <= most_cpus && spec.memory >= least_memory && spec.memory <= most_memory) return {};
  return std::unexpected(about(spec.machine, Code::invalid_field, "a machine's processors or memory are out of range"));
}

/// Lets a machine that was started paused, or that stopped at an input or output error, run.
Result<void> set_going(virDomain* domain, const DomainSpec& spec) {
  TRY(switch_ipv6_off(spec.machine));
  if (virDomainResume(domain) != 0)
    return std::unexpected(
        libvirt_error(Code::start_failed, "the machine cannot be set going").with("machine", spec.machine.str()));
  return {};
}

}  // namespace

Result<void> Domains::prepare() const {
  TRY(make_folder(seeds_, 0711));
  TRY(make_folder(boot_, 0711));
  return remove_broken_off(seeds_);
}

Result<Presence> Domains::observe(const Spec& any) {
  const auto& spec = std::get<DomainSpec>(any);
  const auto connection = TRY(sources_.libvirt());
  const auto domain = TRY(find_domain(connection.get(), spec.machine));
  if (!domain) return Presence{};
  return presence_of(domain.get(), spec);
}

Result<void> Domains::apply(const Spec& any) {
  const auto& spec = std::get<DomainSpec>(any);
  TRY(check_limits(spec));
  const auto turn = TRY(turns_.take(spec.machine));
  const auto connection = TRY(sources_.libvirt());
  const auto domain = TRY(find_domain(connection.get(), spec.machine));
  if (!domain) return start(connection.get(), spec);
  if (TRY(is_being_started(domain.get())))
    return std::unexpected(about(spec.machine, Code::libvirt_failed, "the machine is still being started"));
  const auto state = TRY(state_of(domain.get()));
  if (!is_of(domain.get(), spec))
    return std::unexpected(
        about(spec.machine, Code::wrong_state, "the machine runs with another volume; remove it first"));
  if (state == VIR_DOMAIN_SHUTDOWN)
    return std::unexpected(
        about(spec.machine, Code::wrong_state, "the machine is shutting down; start it when it is off"));
  if (state == VIR_DOMAIN_PAUSED) return set_going(domain.get(), spec);
  return {};
}

Result<void> Domains::start(virConnect* connection, const DomainSpec& spec) {
  const auto accelerator = TRY(sources_.accelerator());
  auto files = make_files(spec);
  auto started = files ? create(connection, spec, *files, accelerator) : Result<void>(std::unexpected(files.error()));
  if (!started) (void)remove_files(spec.machine);  // the first error is the one to tell
  return started;
}

Result<void> Domains::create(virConnect* connection, const DomainSpec& spec, const DomainFiles& files,
                             Accelerator accelerator) {
  const DomainPtr domain(
      virDomainCreateXML(connection, domain_xml(spec, files, accelerator).c_str(), VIR_DOMAIN_START_PAUSED));
  if (!domain)
    return std::unexpected(
        libvirt_error(Code::start_failed, "the machine did not start").with("machine", spec.machine.str()));
  auto going = set_going(domain.get(), spec);
  if (!going) virDomainDestroy(domain.get());
  return going;
}

Result<DomainFiles> Domains::make_files(const DomainSpec& spec) const {
  const auto image = TRY(sources_.image(spec.image));
  const auto key = TRY(sources_.host_key(spec.volume, spec.user));
  // The key has opened, so what its file says of the image is true. Another image below would give the guest garbage.
  if (TRY(sources_.image_under(spec.volume)) != spec.image)
    return std::unexpected(about(spec.machine, Code::wrong_state, "the volume lies over another image")
                               .with("volume", spec.volume.str())
                               .with("next", "restore the volume's own key file, or terminate the session"));
  TRY(write_seed(seed_of(spec.machine), spec, key));
  auto boot = TRY(copy_boot_files(spec.machine, image.boot));
  return DomainFiles{sources_.volume(spec.volume), image.disk, image.disk_format, seed_of(spec.machine),
                     std::move(boot)};
}

Result<std::optional<BootFiles>> Domains::copy_boot_files(const MachineId& machine,
                                                          const std::optional<BootFiles>& shared) const {
  if (!shared) return std::nullopt;
  const auto folder = boot_ / machine.str();
  TRY(make_folder(folder, 0711));
  BootFiles own{folder / "kernel", folder / "initrd", shared->cmdline};
  TRY(copy_blocks(shared->kernel, own.kernel));
  TRY(copy_blocks(shared->initrd, own.initrd));
  return own;
}

Result<void> Domains::remove_files(const Id& machine) const {
  std::error_code fault;
  fs::remove_all(boot_ / machine.str(), fault);
  remove_logs(machine);
  TRY(remove_file(seed_of(machine).string() + ".new"));
  TRY(remove_file(seed_of(machine)));
  if (fault) return std::unexpected(file_error("remove", boot_ / machine.str(), fault.value()));
  return {};
}

/// The log and those that virtlogd rotated. One that cannot be removed keeps no machine from ending.
void Domains::remove_logs(const Id& machine) const {
  const auto name = names::domain(MachineId(machine)) + ".log";
  std::error_code fault;
  const std::vector<fs::path> files(fs::directory_iterator(logs_, fault), {});
  for (const auto& file : files)
    if (file.filename().string().starts_with(name)) fs::remove(file, fault);
}

Result<void> Domains::remove(const Id& machine) {
  const auto turn = TRY(turns_.take(machine));
  const auto connection = TRY(sources_.libvirt());
  const auto domain = TRY(find_domain(connection.get(), machine));
  if (domain) TRY(end_domain(domain.get()));
  return remove_files(machine);
}

Result<std::vector<Id>> Domains::list() {
  const auto connection = TRY(sources_.libvirt());
  std::set<Id> all;
  const auto domains = TRY(marked_domains(connection.get()));
  for (const auto& domain : domains) all.insert(*names::from_libvirt(virDomainGetName(domain.get())));
  std::error_code fault;
  for (const auto& folder : {seeds_, boot_})
    for (const auto& entry : fs::directory_iterator(folder, fault))
      if (const auto id = Id::parse(entry.path().stem().string())) all.insert(*id);
  return std::vector<Id>(all.begin(), all.end());
}

}  // namespace berth::hypervisor
