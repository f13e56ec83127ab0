// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/domain_xml.hpp"

#include <fmt/format.h>

#include "core/names.hpp"
#include "libvirt/xml.hpp"

namespace berth::hypervisor {
namespace {

std::string head(const DomainSpec& spec, Accelerator accelerator) {
  return fmt::format(R"(<domain type='{type}'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <metadata>
    <berth:machine xmlns:berth='{space}' user='{user}' volume='{volume}' image='{image}' address='{address}'/>
  </metadata>
  <memory unit='b' dumpCore='off'>{memory}</memory>
  <memoryBacking>
    <nosharepages/>
  </memoryBacking>
  <vcpu placement='static'>{cpus}</vcpu>
)",
                     fmt::arg("type", name_of(accelerator)), fmt::arg("name", names::domain(spec.machine)),
                     fmt::arg("uuid", spec.machine.uuid()), fmt::arg("space", metadata_namespace),
                     fmt::arg("user", spec.user.str()), fmt::arg("volume", spec.volume.str()),
                     fmt::arg("image", spec.image.str()), fmt::arg("address", spec.address.str()),
                     fmt::arg("memory", spec.memory), fmt::arg("cpus", spec.cpus));
}

/// On a busy host an emulated timer can be late for the check that Linux makes at boot ("8254 timer not connected to
/// IO-APIC"), and the guest then crawls for ever (seen once in a hundred boots). Under KVM Linux leaves the check out
/// by itself (arch/x86/kernel/kvm.c).
std::string kernel_arguments(const BootFiles& files, Accelerator accelerator) {
  return accelerator == Accelerator::kvm ? files.cmdline : files.cmdline + " no_timer_check";
}

std::string boot(const std::optional<BootFiles>& files, Accelerator accelerator) {
  const std::string type = "    <type arch='x86_64' machine='q35'>hvm</type>\n";
  if (!files) return "  <os>\n" + type + "    <boot dev='hd'/>\n  </os>\n";
  return fmt::format("  <os>\n{}    <kernel>{}</kernel>\n    <initrd>{}</initrd>\n    <cmdline>{}</cmdline>\n  </os>\n",
                     type, xml_escaped(files->kernel.string()), xml_escaped(files->initrd.string()),
                     xml_escaped(kernel_arguments(*files, accelerator)));
}

/// Under emulation the model is the oldest that current distributions run on (x86-64-v2): each feature more is emulated
/// code, and a kernel that finds AVX measures its checksums with it at boot.
std::string_view processor(Accelerator accelerator) {
  return accelerator == Accelerator::kvm
             ? "  <cpu mode='host-passthrough' check='none' migratable='on'/>\n"
             : "  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>Nehalem</model></cpu>\n";
}

/// A guest that panics is gone, one that reboots goes on, one that powers off is gone: no domain is left behind.
constexpr std::string_view behaviour = R"(  <features>
    <acpi/>
    <apic/>
  </features>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
)";

/// The whole chain stands there with its formats, so libvirt probes nothing; the shared image keeps root as its owner.
/// The host's page cache (writeback; the guest's flushes reach the disk) lets all guests share the image's pages, and
/// holds of the volume only what is encrypted.
std::string root_disk(const DomainSpec& spec, const DomainFiles& files) {
  return fmt::format(R"(    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='writeback' discard='unmap'/>
      <source file='{volume}'>
        <encryption format='luks'>
          <secret type='passphrase' uuid='{secret}'/>
        </encryption>
      </source>
      <backingStore type='file'>
        <format type='{format}'/>
        <source file='{image}'>
          <seclabel model='dac' relabel='no'/>
        </source>
        <backingStore/>
      </backingStore>
      <target dev='vda' bus='virtio'/>
    </disk>
)",
                     fmt::arg("volume", xml_escaped(files.volume.string())), fmt::arg("secret", spec.volume.uuid()),
                     fmt::arg("format", files.image_format), fmt::arg("image", xml_escaped(files.image.string())));
}

std::string seed_disk(const DomainFiles& files) {
  return fmt::format(R"(    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='{}'/>
      <target dev='vdb' bus='virtio'/>
      <readonly/>
    </disk>
)",
                     xml_escaped(files.seed.string()));
}

std::string card(const DomainSpec& spec) {
  return fmt::format(R"(    <interface type='network'>
      <source network='{}'/>
      <mac address='{}'/>
      <target dev='{}'/>
      <model type='virtio'/>
    </interface>
)",
                     names::network(spec.user), names::mac(spec.address), names::tap(spec.machine));
}

constexpr std::string_view other_devices = R"(    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0'/>
    </channel>
    <serial type='pty'>
      <target port='0'/>
    </serial>
    <console type='pty'>
      <target type='serial' port='0'/>
    </console>
    <rng model='virtio'>
      <rate bytes='65536' period='1000'/>
      <backend model='random'>/dev/urandom</backend>
    </rng>
    <memballoon model='virtio' autodeflate='on' freePageReporting='on'/>
    <panic model='isa'/>
    <controller type='usb' model='none'/>
    <audio id='1' type='none'/>
)";

}  // namespace

std::string_view name_of(Accelerator accelerator) noexcept {
  return accelerator == Accelerator::kvm ? "kvm" : "qemu";
}

std::string domain_xml(const DomainSpec& spec, const DomainFiles& files, Accelerator accelerator) {
  std::string xml = head(spec, accelerator);
  xml += boot(files.boot, accelerator);
  xml += processor(accelerator);
  xml += behaviour;
  xml += "  <devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n";
  xml += root_disk(spec, files);
  xml += seed_disk(files);
  xml += card(spec);
  xml += other_devices;
  return xml + "  </devices>\n</domain>\n";
}

}  // namespace berth::hypervisor
