// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/log.hpp"

#include <fmt/format.h>

#include "hypervisor/accelerator.hpp"
#include "systemd/journal.hpp"

namespace berth::hypervisor {

using journal::Priority;

void log_proof(const Result<void>& proof, bool allow_emulation) {
  const journal::Fields fields{{"MESSAGE_ID", std::string(journal::message::accelerator)}};
  if (proof) return journal::write(Priority::info, "KVM runs guests on this host", fields);
  if (allow_emulation)
    return journal::write(Priority::warning,
                          fmt::format("Machines are emulated, since allow_emulation is set: {}", emulation_warning),
                          proof.error(), fields);
  journal::write(Priority::error, "No machine can be started", proof.error(), fields);
}

void log_lifecycle(const MachineId& machine, const std::string& event) {
  journal::write(Priority::info, fmt::format("Machine {}: {}", machine.str(), event),
                 {{"MESSAGE_ID", std::string(journal::message::lifecycle)},
                  {"BERTH_MACHINE", machine.str()},
                  {"BERTH_EVENT", event}});
}

void log_no_rules(const Error& error) {
  journal::write(Priority::error,
                 "The firewall's rules cannot be loaded: guests that run are held by what stood before, if it stands; "
                 "no machine is started meanwhile, and it is tried again every second",
                 error);
}

void log_drift(const Error& drift, const Result<void>& loaded) {
  if (loaded)
    return journal::write(Priority::warning,
                          "The firewall's rules are loaded again; guests are cut off until the agent has looked at "
                          "them",
                          drift);
  journal::write(Priority::error,
                 "The firewall's rules are gone or changed and cannot be loaded: guests that run may reach what they "
                 "must not; it is tried again every second",
                 loaded.error());
}

}  // namespace berth::hypervisor
