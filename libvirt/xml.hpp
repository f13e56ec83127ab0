// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// Text as it stands between tags or in an attribute.
std::string xml_escaped(std::string_view text);

}  // namespace berth
