// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec.hpp"

namespace berth {

/// A set or map of the rule set. Its elements change while machines and networks come and go; the rules never do.
struct ElementSet {
  std::string_view family;  ///< of the table "berth": bridge or inet
  std::string_view name;
  std::string_view type;            ///< in nft's words
  std::size_t keys;                 ///< how many columns are the key; those behind it are a map's data
  Kind kind;                        ///< whose elements: a machine's (Kind::firewall) or a network's
  std::size_t interface;            ///< the column that names the owner's own interface, or `no_column`
  std::vector<std::size_t> unique;  ///< columns in which no two owners may have the same

  static constexpr std::size_t no_column = 99;
  bool is_map() const { return type.find(':') != type.npos; }
};
const std::vector<ElementSet>& element_sets();

/// A set of the table "inet berth" that rules fill themselves, with the addresses of machines: how many connections
/// each holds, or how fast it opens them. What it has of a machine goes with the machine.
struct Meter {
  std::string_view name;
  std::string_view form;  ///< in nft's words
};
const std::vector<Meter>& meters();
/// The same of all machines of a user together, by their bridge; it goes with the user's network.
const std::vector<Meter>& user_meters();

/// One element: what lets one machine or one network through the rules. Its owner's id stands in the kernel, as the
/// element's comment.
struct Element {
  const ElementSet* set = nullptr;
  std::vector<std::string> columns;
  std::string owner;
  bool operator==(const Element&) const = default;
};

/// All that one machine, one network has in the kernel.
std::vector<Element> elements_of(const FirewallSpec& spec);
std::vector<Element> elements_of(const NetworkSpec& spec);

/// The owner's elements among all; also those that bear its interface's name with another's comment.
std::vector<Element> owned_by(const Id& owner, Kind kind, std::span<const Element> all);
/// What must go before `wanted` can stand: everything of `wanted`'s owner that is not wanted, and everything of whoever
/// holds one of its interfaces, addresses or ports.
std::vector<Element> stale_for(std::span<const Element> wanted, std::span<const Element> all);
/// The elements of `some` that are not in `others`.
std::vector<Element> without(std::span<const Element> some, std::span<const Element> others);

/// nft's commands that take elements out and put others in; one transaction.
std::string change_elements(std::span<const Element> gone, std::span<const Element> added);

}  // namespace berth
