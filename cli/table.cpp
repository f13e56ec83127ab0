// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/table.hpp"

#include <algorithm>

#include "cli/utf8.hpp"

namespace berth::cli {
namespace {

constexpr std::size_t gap = 2;

std::string padding(std::size_t wanted, std::string_view text) {
  const auto used = columns(text);
  return std::string(wanted > used ? wanted - used : 0, ' ');
}

}  // namespace

void Table::row(std::vector<Cell> cells) {
  for (auto& cell : cells) cell.text = printable(cell.text);
  for (auto& cell : cells)
    if (cell.text.empty()) cell.text = "-";
  rows_.push_back(std::move(cells));
}

std::string Table::text(const Screen& screen) const {
  std::vector<std::size_t> widths;
  for (const auto& title : titles_) widths.push_back(columns(title));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], columns(row[i].text));

  std::string all;
  const auto add = [&](std::size_t i, std::string_view text, Colour colour) {
    all += screen.paint(text, colour);
    const bool last = i + 1 == widths.size();
    all += last ? "\n" : padding(widths[i] + gap, text);
  };
  for (std::size_t i = 0; i < titles_.size(); ++i) add(i, titles_[i], Colour::strong);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < widths.size(); ++i) add(i, row[i].text, row[i].colour);
  return all;
}

void Sheet::line(std::string name, Cell value) {
  value.text = printable(value.text);
  if (!value.text.empty()) lines_.emplace_back(std::move(name), std::move(value));
}

std::string Sheet::text(const Screen& screen) const {
  std::size_t widest = 0;
  for (const auto& [name, value] : lines_) widest = std::max(widest, columns(name));
  std::string all;
  for (const auto& [name, value] : lines_)
    all +=
        screen.paint(name, Colour::faint) + padding(widest + gap, name) + screen.paint(value.text, value.colour) + "\n";
  return all;
}

}  // namespace berth::cli
