// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/nearest.hpp"

#include <algorithm>
#include <vector>

namespace berth::cli {
namespace {

/// Edits between two words (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        edits[i][j] = i + j;
        continue;
      }
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  }
  return edits[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words) {
  constexpr std::size_t longest = 64;  // nothing that Berth knows is longer
  if (typed.empty() || typed.size() > longest) return {};
  std::optional<std::string> best;
  std::size_t fewest = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const auto& word : words) {
    const auto edits = word.starts_with(typed) && typed.size() >= 2 ? 0 : distance(typed, word);
    if (edits < fewest) {
      fewest = edits;
      best = word;
    }
  }
  return best;
}

}  // namespace berth::cli
