// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/image_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace berth::cli {
namespace {

constexpr std::array<std::string_view, 3> formats{"qcow2", "raw", "bundle"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> endings{
    {{".qcow2", "qcow2"}, {".raw", "raw"}, {".img", "raw"}, {".tar", "bundle"}}};

}  // namespace

Outcome<std::string> image_format(const std::filesystem::path& file, const std::optional<std::string>& asked) {
  if (asked) {
    if (std::ranges::find(formats, *asked) != formats.end()) return *asked;
    return std::unexpected(Failure(Exit::usage, "--format must be qcow2, raw or bundle"));
  }
  const auto ending = file.extension().string();
  for (const auto& [known, format] : endings)
    if (ending == known) return std::string(format);
  return std::unexpected(Failure(Exit::usage,
                                 fmt::format("what is {}? its ending does not say", file.filename().string()),
                                 "say it with --format qcow2, --format raw or --format bundle"));
}

}  // namespace berth::cli
