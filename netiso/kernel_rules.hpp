// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/driver.hpp"
#include "netiso/element.hpp"
#include "netiso/generation.hpp"
#include "netiso/listing.hpp"
#include "netiso/nftables.hpp"
#include "netiso/policy.hpp"

namespace berth {

/// The rule set and its elements in the kernel; what Firewall and Networks share. Make one a process, at its start (see
/// Nftables). Every call asks the kernel; errors are `firewall_failed`. All calls may come from several threads.
///
/// A listing costs 20 µs an element; it is kept for as long as the kernel's generation says that it is true. Then a
/// machine is put in or taken out in 0.4 ms, with a thousand others there (measured, release build).
class KernelRules {
 public:
  explicit KernelRules(GuestPolicy policy);

  /// Puts the rules into the kernel, or replaces them by the same; elements stay, and no packet passes in between.
  Result<void> load();
  /// Whether chains and rules are as `load` left them; else an error that says what the operator can do.
  Result<void> check();

  /// Whether these elements, all of one owner, are what the kernel has of that owner; damaged also when the rules are
  /// not as they were loaded.
  Result<Presence> observe(const std::vector<Element>& wanted);
  /// Makes these the owner's elements, in one transaction that takes out whatever stands against them. Loads the rules
  /// again where somebody has changed them.
  Result<void> put(const std::vector<Element>& wanted);
  /// Takes out all of an owner's elements.
  Result<void> remove(const Id& owner, Kind kind);
  /// Whoever has an element of this kind.
  Result<std::vector<Id>> owners(Kind kind);
  /// The machines that may use this bridge.
  Result<std::vector<MachineId>> machines_on(const std::string& bridge);

 private:
  Result<Listing> read();
  Result<const Listing*> list();
  Result<void> load_locked();
  Result<void> change(const std::vector<Element>& gone, const std::vector<Element>& added);

  const GuestPolicy policy_;
  std::mutex mutex_;
  Nftables nft_;
  Generation generation_;
  std::optional<Listing> known_;
  std::uint32_t known_generation_ = 0;
  std::string loaded_;  ///< the kernel's account of chains and rules after the last load
};

}  // namespace berth
