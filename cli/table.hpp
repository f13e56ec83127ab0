// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/screen.hpp"

namespace berth::cli {

struct Cell {
  Cell(std::string shown, Colour painted = Colour::none) : text(std::move(shown)), colour(painted) {}  // NOLINT
  Cell(const char* shown) : text(shown) {}                                                             // NOLINT
  std::string text;
  Colour colour;
};

/// Rows in aligned columns. Every cell is made printable; widths are those on a terminal, not bytes.
class Table {
 public:
  explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}
  void row(std::vector<Cell> cells);
  bool empty() const { return rows_.empty(); }
  std::string text(const Screen& screen) const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<Cell>> rows_;
};

/// A readable sheet: a name and a value a line, the values aligned. Lines without a value are left out.
class Sheet {
 public:
  void line(std::string name, Cell value);
  std::string text(const Screen& screen) const;

 private:
  std::vector<std::pair<std::string, Cell>> lines_;
};

}  // namespace berth::cli
