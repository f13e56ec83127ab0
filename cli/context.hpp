// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/api.hpp"
#include "cli/arguments.hpp"
#include "cli/screen.hpp"
#include "cli/settings.hpp"
#include "core/clock.hpp"

namespace berth::cli {

/// What a command works with. Refers to what the dispatcher owns.
struct Context {
  const Settings& settings;
  const Arguments& arguments;
  const Api& api;
  const Screen& screen;
  const Clock& clock;
};

}  // namespace berth::cli
