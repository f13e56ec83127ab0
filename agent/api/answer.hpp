// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/http/message.hpp"
#include "core/error.hpp"

namespace berth::agent {

HttpAnswer json_answer(int status, const nlohmann::json& body);
/// 202 with {"session", "operation"}, and where the operation is.
struct Accepted;
HttpAnswer accepted_answer(const Accepted& accepted);

/// The error that every refusal and failure is answered with: code, message, details, timestamp, request id.
HttpAnswer error_answer(const Error& error, const std::string& request_id);

/// The client's X-Request-Id where it is 1 to 64 letters, digits, dots, hyphens and underscores, else a new one.
std::string request_id(std::string_view from_client);

}  // namespace berth::agent
