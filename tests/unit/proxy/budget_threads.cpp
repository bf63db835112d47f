// The places of a cluster, fought for by threads as by cores: never more are in use than there are,
// each turn reaches the one whose it is or goes on, and nobody sleeps while a place is free or a
// connection idle. What chance leaves out in one round comes in another: there are many.
#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <thread>

#include "proxy/budget.hpp"

using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

constexpr int rounds = 3000;
constexpr std::size_t places_in_all = 2;
constexpr auto soon = 5s;  // what takes longer was lost

// Where threads meet without sleeping, so that what follows happens at one moment.
class meeting {
 public:
  explicit meeting(unsigned size) : size_(size) {}
  void wait() {
    const unsigned round = round_;
    if (++here_ == size_) {
      here_ = 0;
      ++round_;
      return;
    }
    for (unsigned spun = 0; round_ == round; ++spun) {
      if (spun > 1000) std::this_thread::yield();
    }
  }

 private:
  unsigned size_;
  std::atomic<unsigned> here_{0};
  std::atomic<unsigned> round_{0};
};

struct tally {
  std::atomic<std::size_t> inside{0};
  std::atomic<std::size_t> most{0};
  std::atomic<int> waited{0};
  std::atomic<int> served{0};
  std::atomic<bool> starved{false};
  std::atomic<unsigned> done{0};  // cores with their rounds
};

// Makes of the budget what proxy/pool makes of it, for one client at a time. All that other cores
// call is posted, and looked at between two steps.
class rival {
 public:
  rival(budget& places, tally& all, bool keeps)
      : places_(places),
        all_(all),
        keeps_(keeps),
        number_(places.join({[this](budget::slot place) { post({{}, std::move(place)}); },
                             [this](budget::wish what) { post({std::move(what), {}}); }})),
        line_(places.waiters(), number_),
        random_(number_) {}

  void work(unsigned cores, meeting& start) {
    start.wait();
    for (int round = 0; round < rounds && !all_.starved; ++round) {
      if (auto got = take(any(4) == 0)) use(std::move(*got));
    }
    idle_.clear();
    ++all_.done;
    const auto end = std::chrono::steady_clock::now() + soon;
    while (all_.done < cores && std::chrono::steady_clock::now() < end) look(1ms);
  }

  // Gives the place to the other, and gets it back: the one comes to wait when the other lets go.
  void pass_to_and_fro(meeting& start, bool begins) {
    std::optional<budget::slot> held;
    if (begins) held = places_.try_take();
    for (int round = 0; round < rounds; ++round) {
      start.wait();
      if (all_.starved) return;
      dawdle(200);
      if (held) {
        let_go(std::move(*held));
        held.reset();
        while (all_.served == round && !all_.starved) look(0ms);
      } else {
        held = take(false);
        if (held) ++all_.served;
      }
    }
  }

 private:
  struct waiter final : waiting_line::waiter {};
  struct letter {
    budget::wish what = {};  // of somebody, if there is no place
    std::optional<budget::slot> place = {};
  };

  unsigned any(unsigned below) {
    random_ = random_ * 1103515245 + 12345;
    return (random_ >> 16) % below;
  }

  void dawdle(unsigned most) {
    for (unsigned left = any(most); left > 0; --left) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }

  void post(letter one) {
    const std::lock_guard lock(mutex_);
    letters_.push_back(std::move(one));
    wake_.notify_one();
  }

  void look(std::chrono::milliseconds patience) {
    std::deque<letter> come;
    {
      std::unique_lock lock(mutex_);
      if (patience > 0ms) wake_.wait_for(lock, patience, [&] { return !letters_.empty(); });
      come.swap(letters_);
    }
    for (letter& each : come) {
      if (each.place) {
        hear_place(std::move(*each.place));
      } else if (!idle_.empty()) {
        offer_one_idle();
      } else {
        places_.may_be_called(number_, false);
        places_.call_for(std::move(each.what), number_);
      }
    }
  }

  std::optional<budget::slot> take(bool hasty) {
    look(0ms);
    if (!idle_.empty() && !places_.anybody_waits()) {
      budget::slot warm = std::move(idle_.back());
      idle_.pop_back();
      return warm;
    }
    if (auto place = places_.try_take()) return place;
    ++all_.waited;
    self_.wanted = waiting_line::fit{"apples", 1};
    self_.ticket = 0;
    line_.join(self_);
    places_.look_for_one(number_, self_.wanted);
    if (!idle_.empty()) offer_one_idle();
    const auto end = std::chrono::steady_clock::now() + soon;
    for (bool once = true; !got_ && (once || !hasty); once = false) {
      if (std::chrono::steady_clock::now() > end) {
        all_.starved = true;
        break;
      }
      look(hasty ? 0ms : 100ms);
    }
    line_.leave(self_);
    return std::exchange(got_, {});
  }

  void use(budget::slot place) {
    const std::size_t now = ++all_.inside;
    for (std::size_t seen = all_.most; now > seen && !all_.most.compare_exchange_weak(seen, now);) {
    }
    ++all_.served;
    if (any(2) == 0) std::this_thread::yield();  // others find it taken
    dawdle(300);
    --all_.inside;
    let_go(std::move(place));
  }

  void let_go(budget::slot place) {
    if (keeps_) put_back(std::move(place));
  }

  void put_back(budget::slot back) {
    const auto told = line_.offer(waiting_line::fit{"apples", 1}, places_.free());
    if (told.what == waiting_line::fate::stays) idle_.push_back(std::move(back));
    if (told.what == waiting_line::fate::stays && places_.may_be_called(number_, true) &&
        places_.anybody_waits()) {
      return offer_one_idle();
    }
    if (told.what == waiting_line::fate::handed_on) got_ = std::move(back);
  }

  void hear_place(budget::slot place) {
    const auto told = line_.offer_place();
    if (told.what == waiting_line::fate::elsewhere) places_.pass_on(std::move(place), told.core);
    if (told.what == waiting_line::fate::handed_on) got_ = std::move(place);
  }

  void offer_one_idle() {
    budget::slot one = std::move(idle_.front());
    idle_.erase(idle_.begin());
    put_back(std::move(one));
  }

  budget& places_;
  tally& all_;
  bool keeps_;  // connections, for whom they fit
  unsigned number_;
  waiting_line line_;
  waiter self_;
  unsigned random_;
  std::optional<budget::slot> got_ = {};
  std::vector<budget::slot> idle_ = {};
  std::mutex mutex_ = {};
  std::condition_variable wake_ = {};
  std::deque<letter> letters_ = {};
};

void check_all_free(budget& places) {
  CHECK_FALSE(places.anybody_waits());
  std::size_t free = 0;
  std::vector<std::optional<budget::slot>> taken(places.size() + 1);
  for (auto& each : taken) free += (each = places.try_take()).has_value();
  CHECK(free == places.size());
}

void fight(bool keeps) {
  CAPTURE(keeps);
  budget places(places_in_all);
  tally all;
  {
    std::deque<rival> cores;
    for (int i = 0; i < 4; ++i) cores.emplace_back(places, all, keeps);
    meeting start(4);
    std::vector<std::thread> threads;
    for (rival& each : cores) threads.emplace_back([&] { each.work(4, start); });
    for (auto& each : threads) each.join();
  }
  CHECK_FALSE(all.starved);
  CHECK(all.most == places_in_all);
  CHECK(all.served > 2 * rounds);
  CHECK(all.waited > rounds / 100);
  check_all_free(places);
}

}  // namespace

TEST_CASE("cores that close what they have used: every place that comes free is the next one's") {
  fight(false);
}

TEST_CASE("cores that keep what they have used: nobody waits while a connection is idle") {
  fight(true);
}

// Nobody else will let go of a place later, or offer a connection.
TEST_CASE("who begins to wait at the moment at which the only place comes back gets it") {
  for (const bool keeps : {false, true}) {
    CAPTURE(keeps);
    budget places(1);
    tally all;
    {
      std::deque<rival> two;
      for (int i = 0; i < 2; ++i) two.emplace_back(places, all, keeps);
      meeting start(2);
      std::thread other([&] { two[1].pass_to_and_fro(start, false); });
      two[0].pass_to_and_fro(start, true);
      other.join();
    }
    CHECK_FALSE(all.starved);
    CHECK(all.served == rounds);
    check_all_free(places);
  }
}
