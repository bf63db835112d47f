// What carries orders, with a server that only counts them.
#include "cluster/hand.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>

using namespace skein;
using namespace skein::cluster;
using namespace std::chrono_literals;
using coordination::boot_clock;

namespace {

struct tally {
  std::atomic<int> looks = 0;
  std::atomic<int> fences = 0;
  std::atomic<int> follows = 0;
};

class counting_changer : public role_changer {
 public:
  explicit counting_changer(tally& into) : into_(into) {}
  result<duties> examine() override {
    ++into_.looks;
    return duties{};
  }
  result<void> stop_receiving() override { return {}; }
  result<void> assure(unsigned) override { return {}; }
  result<bool> promote() override { return true; }
  result<void> follow(const member_address&) override {
    ++into_.follows;
    return {};
  }
  result<void> fence() override {
    ++into_.fences;
    return {};
  }
  result<std::size_t> open_transactions() override { return std::size_t{0}; }
  result<void> beat() override { return {}; }
  result<void> record_lead(const lead_record&) override { return {}; }
  void interrupt() override {}

 private:
  tally& into_;
};

template <typename Condition>
void wait_for(Condition&& met) {
  for (int i = 0; i < 1000 && !met(); ++i) usleep(10'000);
  REQUIRE(met());
}

}  // namespace

TEST_CASE("an order is begun while it holds, and never later") {
  tally seen;
  hand carrying("shop", "a", std::make_unique<counting_changer>(seen), 1h);
  carrying.obey({.what = step::fence, .until = boot_clock::now() - 1ms}, true);
  carrying.start();
  wait_for([&] { return seen.looks >= 3; });
  CHECK(seen.fences == 0);

  carrying.obey({.what = step::follow, .until = boot_clock::now() + 1min}, true);
  wait_for([&] { return seen.follows > 0; });
  CHECK(seen.fences == 0);
}

TEST_CASE("an order that is given again holds for as long as it was given for last") {
  tally seen;
  hand carrying("shop", "a", std::make_unique<counting_changer>(seen), 1h);
  carrying.obey({.what = step::fence, .until = boot_clock::now() - 1ms}, true);
  carrying.obey({.what = step::fence, .until = boot_clock::now() + 1min}, true);
  carrying.start();
  wait_for([&] { return seen.fences == 1; });
}
