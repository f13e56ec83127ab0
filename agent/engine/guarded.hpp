// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <exception>

#include "core/error.hpp"

namespace berth::agent {

/// The result of `work`. An exception, which is a bug or a lack of memory, becomes an `internal` error: it must end
/// neither the thread nor the daemon.
template <class Work>
auto guarded(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& bug) {
    return std::unexpected(Error{Code::internal, "the engine met a bug", {{"reason", bug.what()}}});
  }
}

}  // namespace berth::agent
