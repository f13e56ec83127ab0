// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvirt/xml.hpp"

#include <catch2/catch.hpp>

TEST_CASE("no text ends a tag or an attribute") {
  CHECK(berth::xml_escaped("/a & b/<c>'\"") == "/a &amp; b/&lt;c&gt;&apos;&quot;");
}
