// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/firewall_watch.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

using namespace berth;
using namespace berth::hypervisor;
using namespace std::chrono_literals;

namespace {

/// Rules that somebody takes away, and a kernel that may refuse to have them back.
class Kernel {
 public:
  FirewallWatch::Rules rules() {
    return {[this] { return check(); }, [this] { return load(); }};
  }
  FirewallWatch::Told told() {
    return [this](const Error&, const Result<void>& loaded) {
      const std::scoped_lock lock(mutex_);
      told_ += loaded ? "loaded " : "failed ";
    };
  }
  void flush(bool refuses) {
    const std::scoped_lock lock(mutex_);
    stand_ = false;
    refuses_ = refuses;
  }
  /// Waits until the rules were looked at so many times more.
  bool looked(int times) {
    std::unique_lock lock(mutex_);
    const int until = checks_ + times;
    return changed_.wait_for(lock, 10s, [&] { return checks_ >= until; });
  }
  std::string heard() {
    const std::scoped_lock lock(mutex_);
    return told_;
  }

 private:
  Result<void> check() {
    const std::scoped_lock lock(mutex_);
    ++checks_;
    changed_.notify_all();
    if (stand_) return {};
    return std::unexpected(Error{Code::firewall_failed, "the rules were flushed"});
  }
  Result<void> load() {
    const std::scoped_lock lock(mutex_);
    if (refuses_) return std::unexpected(Error{Code::firewall_failed, "nft refuses"});
    stand_ = true;
    return {};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stand_ = true, refuses_ = false;
  int checks_ = 0;
  std::string told_;
};

}  // namespace

TEST_CASE("rules that somebody flushed are loaded again, and every time it is told once") {
  Kernel kernel;
  const FirewallWatch watch(kernel.rules(), kernel.told(), 1ms);
  REQUIRE(kernel.looked(3));
  CHECK(kernel.heard().empty());
  for (const auto* heard : {"loaded ", "loaded loaded "}) {
    kernel.flush(false);
    REQUIRE(kernel.looked(3));
    CHECK(kernel.heard() == heard);
  }
}

TEST_CASE("rules that cannot be loaded are tried again, and told once until they can") {
  Kernel kernel;
  const FirewallWatch watch(kernel.rules(), kernel.told(), 1ms);
  kernel.flush(true);
  REQUIRE(kernel.looked(5));
  CHECK(kernel.heard() == "failed ");
  kernel.flush(false);
  REQUIRE(kernel.looked(3));
  CHECK(kernel.heard() == "failed loaded ");
}

TEST_CASE("the watch ends at once, however long it would have waited") {
  Kernel kernel;
  const auto begun = std::chrono::steady_clock::now();
  { const FirewallWatch watch(kernel.rules(), kernel.told(), 1h); }
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
}
