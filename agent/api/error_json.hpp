// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace berth::agent {

/// {"code": "VM_003", "message": …, "details": {…}}, as an error is stored and shown.
nlohmann::json error_to_json(const Error& error);
/// What `error_to_json` wrote. Text that is none gives an `internal` error that says so.
Error error_from_json(std::string_view text);

}  // namespace berth::agent
