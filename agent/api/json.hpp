// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "agent/model.hpp"
#include "agent/resources.hpp"

/// The model as api/openapi.yaml shows it.
namespace berth::agent {

nlohmann::json to_json(const Session& session);
nlohmann::json to_json(const Operation& operation);
nlohmann::json to_json(const Event& event);
nlohmann::json to_json(const Image& image);
nlohmann::json to_json(const Resources& resources);

}  // namespace berth::agent
