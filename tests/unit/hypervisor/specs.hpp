// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/spec.hpp"

namespace berth::hypervisor::test {

inline const char* const key_line =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPqo2MfhUDSjmqmzRjuZLqGStJIHVqlRmvPKC4Uh/oSI ada@desk";

inline DomainSpec machine() {
  DomainSpec spec;
  spec.machine = MachineId::parse("01m7w99dq9xkf0v4ec9qyk8j68").value();
  spec.user = UserId::parse("01m7w99dq9f6hfj03jb3nhd4e7").value();
  spec.volume = VolumeId::parse("01m7w99dq9c96764dh72etgs3a").value();
  spec.image = ImageId::parse(std::string(64, 'a')).value();
  spec.hostname = "web";
  spec.cpus = 2;
  spec.memory = 128 * MiB;
  spec.address = Ipv4::parse("10.66.0.2").value();
  spec.ssh_keys = {SshKey::parse(key_line).value()};
  return spec;
}

}  // namespace berth::hypervisor::test
