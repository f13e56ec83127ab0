// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/settings.hpp"

namespace berth::agent {

/// What is reserved and what may be.
struct Share {
  Quota used;
  Quota limit;
};

struct UserShare {
  std::string user;
  Share share;
};

struct Resources {
  Share host;
  std::vector<UserShare> users;  ///< those with a session, by name
};

}  // namespace berth::agent
