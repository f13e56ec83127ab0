// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/metrics/text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace berth::agent {
namespace {

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text;
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  family_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsText::sample(Labels labels, double value, std::string_view suffix) {
  text_ += family_;
  text_ += suffix;
  char before = '{';
  for (const auto& [name, text] : labels) {
    fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", before, name, escaped(text));
    before = ',';
  }
  fmt::format_to(std::back_inserter(text_), "{} {}\n", labels.size() > 0 ? "}" : "", value);
}

void Histogram::add(double seconds) {
  std::size_t bucket = 0;
  while (bucket < size_ && seconds > bounds_[bucket]) ++bucket;
  ++counts_[bucket];
  sum_ += seconds;
}

void Histogram::write(MetricsText& text, std::pair<std::string_view, std::string_view> label) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= size_; ++i) {
    sum += counts_[i];
    text.sample({label, {"le", i < size_ ? fmt::format("{}", bounds_[i]) : "+Inf"}}, static_cast<double>(sum),
                "_bucket");
  }
  text.sample({label}, sum_, "_sum");
  text.sample({label}, static_cast<double>(sum), "_count");
}

}  // namespace berth::agent
