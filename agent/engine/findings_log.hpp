// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "agent/engine/reconciler.hpp"

namespace berth::agent {

/// Tells operators what a sweep of the host found. Of what was left alone only what is not among `known` is news.
void log_findings(const Findings& findings, const std::vector<Unknown>& known);

}  // namespace berth::agent
