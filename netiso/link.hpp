// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "core/error.hpp"

namespace berth {

/// A network interface of the host, by its name. Changes go by netlink (0.1 ms; the removal of a bridge 40 ms) and fail
/// with `network_failed`.
class Link {
 public:
  explicit Link(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  bool exists() const;
  /// Whether it is there and set up (IFF_UP).
  bool is_up() const;
  /// The bridge whose port it is; empty when it is none's.
  std::string bridge() const;
  /// What somebody wrote to it with `set_alias`; empty when nobody did.
  std::string alias() const;

  /// Makes it a port of the bridge, and of no other.
  Result<void> attach_to(const std::string& bridge) const;
  /// Up to 255 characters, which the kernel keeps with the interface.
  Result<void> set_alias(const std::string& text) const;
  /// Absent is success.
  Result<void> remove() const;

 private:
  std::string name_;
};

}  // namespace berth
