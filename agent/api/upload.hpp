// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>

#include "agent/http/message.hpp"
#include "agent/model.hpp"

namespace berth::agent {

/// Gives the body of an upload to `import` as a descriptor to read from, at the pace at which it reads, and waits for
/// its result. Whoever reads the descriptor sees its end only after the whole body: when the client goes away, or this
/// process dies, in the middle, reading fails (ECONNRESET), so half a file is never taken for a whole one.
Result<Image> pass_upload(HttpBody& body, const std::function<Result<Image>(int fd)>& import);

}  // namespace berth::agent
