// Cancel requests: they stop what they mean, and never, under any load, another client's query.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;
using cancel_handle = std::unique_ptr<PGcancel, decltype(&PQfreeCancel)>;

bool send_cancel(PGcancel* key) {
  std::array<char, 256> why{};
  return PQcancel(key, why.data(), why.size()) != 0;
}

struct tally {
  std::atomic<int> sessions{0};
  std::atomic<int> queries{0};
  std::atomic<int> cancels{0};
  std::atomic<int> cancelled{0};          // 57014 in a session that somebody asked to cancel
  std::atomic<int> cancelled_unasked{0};  // 57014 in a session that nobody asked to cancel
  std::atomic<int> other_failures{0};
  std::atomic<bool> over{false};
};

// Short sessions of short queries, so that their server connections change hands all the time.
// Some are cancelled at any moment: in a query, between two, at the end, after it.
class client {
 public:
  client(std::string words, unsigned seed, tally& all)
      : words_(std::move(words)), random_(seed), all_(all) {}

  void work() {
    while (!all_.over) {
      try {
        live_once();
      } catch (const pg_refusal&) {
        ++all_.other_failures;
      }
    }
    for (auto& late : late_) late.join();
  }

 private:
  unsigned any(unsigned below) {
    return std::uniform_int_distribution<unsigned>(0, below - 1)(random_);
  }

  // At a random moment of the session, or a little after its end.
  void cancel_later(PGconn* connection) {
    auto key = std::make_shared<cancel_handle>(PQgetCancel(connection), &PQfreeCancel);
    late_.emplace_back([this, key, pause = std::chrono::microseconds(any(12000))] {
      std::this_thread::sleep_for(pause);
      if (send_cancel(key->get())) ++all_.cancels;
    });
  }

  void live_once() {
    pg_session session(words_);
    ++all_.sessions;
    const bool asked = any(3) == 0;
    if (asked) cancel_later(session.raw());
    for (unsigned left = 1 + any(4); left > 0; --left) {
      const auto got = session.ask("select pg_sleep(0.00" + std::to_string(any(6)) + ")");
      ++all_.queries;
      if (got.ok()) continue;
      if (got.sqlstate != "57014") {
        ++all_.other_failures;
      } else if (asked) {
        ++all_.cancelled;
      } else {
        ++all_.cancelled_unasked;
      }
    }
  }

  std::string words_;
  std::minstd_rand random_;
  tally& all_;
  std::vector<std::thread> late_;
};

// For 12 s, or on a slow machine until enough has happened to say something.
void run_load(const skein_process& skein, const std::string& more, tally& all) {
  std::vector<std::unique_ptr<client>> clients;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<client>(skein.words(app, more), 1000 + i, all));
    threads.emplace_back([one = clients.back().get()] { one->work(); });
  }
  const auto start = clock_type::now();
  const auto enough = [&] { return all.sessions.load() > 300 && all.cancelled.load() > 20; };
  while (clock_type::now() - start < (enough() ? 12s : 60s)) std::this_thread::sleep_for(100ms);
  all.over = true;
  for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("a running query is cancelled at once, by its own key only") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop);
  for (const std::string mode : {"disable", "require"}) {
    CAPTURE(mode);
    pg_session victim(skein.words(app, "sslmode=" + mode));
    pg_session other(skein.words(app, "sslmode=" + mode));
    victim.send("select pg_sleep(30)");
    other.send("select 'unharmed' from pg_sleep(1)");
    std::this_thread::sleep_for(200ms);
    const auto start = clock_type::now();
    CHECK(victim.cancel());
    const auto heard = victim.finish(5s);
    CHECK(clock_type::now() - start < 1s);
    CHECK(heard.sqlstate == "57014");
    CHECK(heard.text == "canceling statement due to user request");
    CHECK(other.finish(5s).lines == rows{{"unharmed"}});
    CHECK(victim.value("select 1") == "1");
  }
  CHECK(skein.metric("skein_cancels_requested_total") == 2.0);
  CHECK(skein.metric("skein_cancels_sent_total") == 2.0);
}

TEST_CASE("the key of a session that has ended, or rests, cancels nothing") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_size = 1, .threads = 1});
  cancel_handle old(nullptr, &PQfreeCancel);
  {
    pg_session ended(skein.words(app));
    old.reset(PQgetCancel(ended.raw()));
    CHECK(send_cancel(old.get()));  // at rest
    CHECK(ended.value("select 1 from pg_sleep(0.3)") == "1");
  }
  pg_session next(skein.words(app));  // on the same server connection
  next.send("select 'unharmed' from pg_sleep(0.7)");
  for (int i = 0; i < 20; ++i) {
    send_cancel(old.get());
    std::this_thread::sleep_for(20ms);
  }
  CHECK(next.finish(5s).lines == rows{{"unharmed"}});
}

TEST_CASE("under load no cancel reaches a session that nobody asked to cancel") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.pool_size = 5, .pool_wait = 30s});
  tally all;
  run_load(skein, "sslmode=disable", all);
  MESSAGE(all.sessions.load(), " sessions over ",
          skein.metric("skein_server_connections_opened_total").value_or(-1),
          " server connections, ", all.queries.load(), " queries, ", all.cancels.load(),
          " cancels sent, ", all.cancelled.load(), " arrived");
  CHECK(all.cancelled_unasked.load() == 0);
  CHECK(all.other_failures.load() == 0);
  // The test is worth something: connections changed hands, and cancels do arrive.
  CHECK(all.sessions.load() > 300);
  CHECK(all.cancelled.load() > 20);
  CHECK(all.cancels.load() > all.cancelled.load());
  CHECK(skein.metric("skein_server_connections_opened_total").value_or(1e9) < all.sessions * 0.7);
}
