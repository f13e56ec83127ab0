// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvirt/xml.hpp"

namespace berth {

std::string xml_escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&apos;";
        break;
      default:
        safe += c;
    }
  return safe;
}

}  // namespace berth
