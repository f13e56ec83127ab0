// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace berth::agent {

/// BLAKE2b-256 of the parts one after another, in hexadecimal digits: two requests with the same digest ask for the
/// same.
std::string digest_of(std::initializer_list<std::string_view> parts);

}  // namespace berth::agent
