// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace berth::agent {

/// Writes the Prometheus text format, version 0.0.4: families one after another, each with all of its samples.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Begins a family: "counter", "gauge" or "histogram".
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// A sample of the family that was begun last; `suffix` is "_bucket" and the like.
  void sample(Labels labels, double value, std::string_view suffix = "");

  const std::string& str() const { return text_; }

 private:
  std::string text_, family_;
};

/// How long something took, counted in buckets. Not for two threads at once.
class Histogram {
 public:
  /// Upper bounds in seconds, rising; the last bucket has none. Refers to them.
  template <std::size_t N>
  explicit Histogram(const std::array<double, N>& bounds) : bounds_(bounds.data()), size_(N) {
    static_assert(N <= most);
  }
  void add(double seconds);
  /// As samples of the family that was begun last, with one label more than `le`.
  void write(MetricsText& text, std::pair<std::string_view, std::string_view> label) const;

 private:
  static constexpr std::size_t most = 16;
  const double* bounds_;
  std::size_t size_;
  std::array<std::uint64_t, most + 1> counts_{};
  double sum_ = 0;
};

}  // namespace berth::agent
