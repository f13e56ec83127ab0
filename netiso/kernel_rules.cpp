// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/kernel_rules.hpp"

#include <algorithm>
#include <set>

#include "netiso/ruleset.hpp"

namespace berth {

// A listing takes milliseconds, and who changes tables more often than that does so in bursts.
constexpr int most_tries = 20;

KernelRules::KernelRules(GuestPolicy policy) : policy_(std::move(policy)) {}

Result<void> KernelRules::load() {
  const std::lock_guard lock(mutex_);
  return load_locked();
}

Result<void> KernelRules::load_locked() {
  const auto before = TRY(list())->rules;
  TRY(nft_.run(ruleset(policy_)));
  loaded_ = TRY(list())->rules;
  // A meter's element keeps the limit that it was made with.
  if (loaded_ != before) TRY(nft_.run(recount()));
  return {};
}

Result<Listing> KernelRules::read() {
  Listing listing;
  for (const std::string table : {"table bridge berth", "table arp berth", "table inet berth"}) {
    auto text = nft_.run("list " + table);
    if (!text) {
      // Most likely somebody took the table away. An empty one in its place lists, and differs from what was loaded.
      TRY(nft_.run("add " + table));
      text = TRY(nft_.run("list " + table));
    }
    TRY(read_listing(*text, listing));
  }
  return listing;
}

Result<const Listing*> KernelRules::list() {
  for (int tries = 0; tries < most_tries; ++tries) {
    const auto before = TRY(generation_.now());
    if (known_ && before == known_generation_) return &*known_;
    known_ = TRY(read());
    known_generation_ = before;
  }
  return std::unexpected(Error{Code::firewall_failed,
                               "the kernel's packet filter changes too often to be read",
                               {{"next", "look at `nft monitor` for who changes it"}}});
}

Result<void> KernelRules::check() {
  const std::lock_guard lock(mutex_);
  const auto* now = TRY(list());
  if (now->rules == loaded_) return {};
  return std::unexpected(Error{Code::firewall_failed,
                               "the firewall's rules were changed by somebody else",
                               {{"tables", "bridge berth, arp berth, inet berth"},
                                {"next",
                                 "berth-hypervisor puts them back within a second; find out what flushes them, such as "
                                 "a restart of nftables.service"}}});
}

Result<Presence> KernelRules::observe(const std::vector<Element>& wanted) {
  using enum Presence::State;
  const std::lock_guard lock(mutex_);
  const auto* now = TRY(list());
  const auto stale = stale_for(wanted, now->elements);
  const auto missing = without(wanted, now->elements);
  if (stale.empty() && missing.size() == wanted.size()) return Presence{absent};
  if (!stale.empty()) return Presence{damaged, "other elements stand in the firewall's sets"};
  if (!missing.empty()) return Presence{damaged, "elements are missing in the firewall's sets"};
  if (now->rules != loaded_) return Presence{damaged, "the firewall's rules were changed by somebody else"};
  return Presence{present};
}

Result<void> KernelRules::put(const std::vector<Element>& wanted) {
  const std::lock_guard lock(mutex_);
  const auto* now = TRY(list());
  if (now->rules != loaded_) {
    TRY(load_locked());
    now = TRY(list());
  }
  return change(stale_for(wanted, now->elements), without(wanted, now->elements));
}

Result<void> KernelRules::remove(const Id& owner, Kind kind) {
  const std::lock_guard lock(mutex_);
  const auto* now = TRY(list());
  return change(owned_by(owner, kind, now->elements), {});
}

Result<std::vector<Id>> KernelRules::owners(Kind kind) {
  const std::lock_guard lock(mutex_);
  std::set<Id> owners;
  const auto* now = TRY(list());
  for (const auto& element : now->elements)
    if (auto id = Id::parse(element.owner); id && element.set->kind == kind) owners.insert(*id);
  return std::vector<Id>(owners.begin(), owners.end());
}

Result<std::vector<MachineId>> KernelRules::machines_on(const std::string& bridge) {
  const std::lock_guard lock(mutex_);
  std::vector<MachineId> machines;
  const auto* now = TRY(list());
  for (const auto& element : now->elements)
    if (element.set->name == "members" && element.columns[0] == bridge)
      if (const auto id = Id::parse(element.owner)) machines.emplace_back(*id);
  return machines;
}

Result<void> KernelRules::change(const std::vector<Element>& gone, const std::vector<Element>& added) {
  if (gone.empty() && added.empty()) return {};
  TRY(nft_.run(change_elements(gone, added)));
  // Ours was the only transaction since the listing: then we know what there is now. Else the next call lists again.
  if (TRY(generation_.now()) == known_generation_ + 1) {
    std::erase_if(known_->elements,
                  [&](const Element& element) { return std::ranges::find(gone, element) != gone.end(); });
    known_->elements.insert(known_->elements.end(), added.begin(), added.end());
    ++known_generation_;
  }
  return {};
}

}  // namespace berth
