// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace berth {

/// A name that a person gave to a user, a session or an image: 1 to 32 characters, a-z, 0-9 and inner hyphens, a letter
/// first; images may have inner dots too ("debian-12.5"). It is a valid DNS label, and never a part of a path.
/// `field` is the name to use in the refusal ("name", "user"), which states this rule.
Result<std::string> parse_label(std::string_view text, std::string_view field);
Result<std::string> parse_image_label(std::string_view text, std::string_view field);

}  // namespace berth
