// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>

namespace berth::cli {

/// An HTTP answer that came before the whole request was sent: a refusal in the middle of an upload.
struct EarlyAnswer {
  int status = 0;
  std::string body;
};

/// Takes the answer that waits, if there is one, and reads it to the end of the stream, for 5 s and 64 KiB at most.
std::optional<EarlyAnswer> take_early_answer(int socket);

/// Status and body of an answer as it came; nothing for what is no HTTP/1 answer.
std::optional<EarlyAnswer> parse_answer(const std::string& text);

}  // namespace berth::cli
