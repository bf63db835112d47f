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
        number_(places.join(
            {[this](std::uint64_t ticket, budget::slot place) { post({ticket, std::move(place)}); },
             [this] { post({}); }})),
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
  struct letter {
    std::uint64_t ticket = 0;
    std::optional<budget::slot> place = {};  // none: somebody waits somewhere
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
      if (!each.place) {
        for (auto offered = std::exchange(idle_, {}); auto& one : offered) put_back(std::move(one));
      } else if (each.ticket == ticket_) {
        got_ = std::move(each.place);
      }  // else its waiter has gone: let go of
    }
  }

  std::optional<budget::slot> take(bool hasty) {
    look(0ms);
    if (!idle_.empty() && !places_.anybody_waits()) {
      budget::slot warm = std::move(idle_.back());
      idle_.pop_back();
      return warm;
    }
    if (auto place = places_.take_or_wait(ticket_, {number_, "apples", 1})) return place;
    ++all_.waited;
    const auto end = std::chrono::steady_clock::now() + soon;
    for (bool once = true; !got_ && (once || !hasty); once = false) {
      if (std::chrono::steady_clock::now() > end) {
        all_.starved = true;
        break;
      }
      look(hasty ? 0ms : 100ms);
    }
    places_.stop_waiting(std::exchange(ticket_, 0));
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
    const auto told = places_.offer({number_, "apples", 1});
    if (told.what == waiting_line::fate::stays) idle_.push_back(std::move(back));
    if (told.what == waiting_line::fate::handed_on && told.ticket == ticket_) {
      got_ = std::move(back);
    }
  }

  budget& places_;
  tally& all_;
  bool keeps_;  // connections, for whom they fit
  unsigned number_;
  unsigned random_;
  std::uint64_t ticket_ = 0;
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
