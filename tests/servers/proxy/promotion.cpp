// Manual promotions: writes follow the lead; while two members claim it, nothing is written.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// Applications that insert all the time, connecting anew after each error.
class writers {
 public:
  writers(const skein_process& skein, int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, words = skein.words(app)] { work(words); });
    }
  }
  ~writers() { stop(); }
  void stop() {
    over_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  int written() const { return written_; }

 private:
  void work(const std::string& words) {
    while (!over_) {
      try {
        pg_session session(words, 5s);
        while (!over_) {
          const int number = ++numbers_;
          if (!session.ask("insert into log values (" + std::to_string(number) + ")", 5s).ok()) {
            break;
          }
          ++written_;
          std::this_thread::sleep_for(1ms);
        }
      } catch (const pg_refusal&) {
        std::this_thread::sleep_for(20ms);
      }
    }
  }

  std::atomic<bool> over_{false};
  std::atomic<int> numbers_{0};
  std::atomic<int> written_{0};
  std::vector<std::thread> threads_;
};

std::string count(server& member) {
  return member.value("select count(*) from log");
}

}  // namespace

TEST_CASE("a follower promoted after the leader stopped takes the writes") {
  auto shop = cluster::start(engine::postgres, {.followers = 2});
  shop.leader().query_as(app, "create table log (n int)");
  shop.wait_until_caught_up();
  skein_process skein(shop);
  const auto epoch = skein.metric("skein_cluster_epoch").value();
  writers apps(skein, 4);
  wait_until([&] { return apps.written() > 50; }, 10s, "applications write");
  shop.leader().stop();
  shop.promote("b");
  wait_until([&, before = apps.written()] { return apps.written() > before + 50; }, 15s,
             "applications write on the new leader");
  apps.stop();
  CHECK(pg_session(skein.words(app))
            .value("select setting from pg_settings where name = "
                   "'cluster_name'") == "b");
  // A clean stop hands everything over: what was acknowledged is there.
  CHECK(std::stoi(count(shop.member("b"))) >= apps.written());
  CHECK(skein.metric("skein_cluster_epoch").value() > epoch);
  CHECK(skein.metric("skein_member_role", "member=\"b\",role=\"leader\"") == 1.0);
  skein.wait_until_status_says("b leads");
}

TEST_CASE("sessions that hold a server of the old lead are ended, also those that are idle") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  skein_process skein(shop, {.pool_mode = "session"});
  pg_session idle(skein.words(app));
  pg_session open(skein.words(app));
  REQUIRE(open.ask("begin; select 1").ok());
  shop.leader().freeze();  // it will not tell them itself
  shop.member("b").promote();
  skein.wait_until_status_says("b leads");
  const auto heard = idle.ask("select 1", 3s);
  CHECK(heard.sqlstate == "08006");
  CHECK(heard.text.find("lead") != std::string::npos);
  CHECK(!open.ask("select 1", 3s).ok());
  CHECK(pg_session(skein.words(app)).value("select not pg_is_in_recovery()") == "t");
}

TEST_CASE("in transaction pooling a session outside a transaction goes on with the new lead") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  skein_process skein(shop);
  pg_session idle(skein.words(app));
  REQUIRE(idle.ask("set application_name to 'steadfast'").ok());
  REQUIRE(idle.ask("select 1").ok());  // what was set has been read back: it holds no server now
  pg_session open(skein.words(app));
  REQUIRE(open.ask("begin; select 1").ok());
  shop.leader().freeze();  // it will not tell them itself
  shop.member("b").promote();
  skein.wait_until_status_says("b leads");
  CHECK(idle.value("select not pg_is_in_recovery()") == "t");
  CHECK(idle.value("show application_name") == "steadfast");
  const auto heard = open.ask("select 1", 3s);
  CHECK(heard.sqlstate == "40001");
  CHECK(heard.text.find("the lead") != std::string::npos);
  CHECK(open.ask("rollback").ok());
  CHECK(open.value("select not pg_is_in_recovery()") == "t");
}

TEST_CASE("two claimants: nothing is written and the status says why, until only one is left") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  shop.leader().query_as(app, "create table log (n int)");
  shop.wait_until_caught_up();
  skein_process skein(shop, {.pool_wait = 1s});
  writers apps(skein, 4);
  wait_until([&] { return apps.written() > 50; }, 10s, "applications write");

  auto& a = shop.member("a");
  auto& b = shop.member("b");
  b.promote();
  skein.wait_until_status_says("both claim to lead", 5s);
  std::this_thread::sleep_for(200ms);  // what was on its way has arrived
  const auto a_before = count(a);
  const auto b_before = count(b);
  std::this_thread::sleep_for(1500ms);
  CHECK(count(a) == a_before);
  CHECK(count(b) == b_before);

  const auto failure = login_failure(skein.words(app), 10s);
  CHECK_MESSAGE(failure.starts_with("57P03: "), failure);
  CHECK_MESSAGE(failure.find("claim to lead") != std::string::npos, failure);
  CHECK(skein.get("/leader").status == 503);
  CHECK(skein.get("/ready").status == 503);
  CHECK(skein.metric("skein_cluster_leader_claimants") == 2.0);
  const auto said = skein.command({"status", skein.settings_file()});
  CHECK(said.exit_code == 1);
  CHECK(said.output.find("a and b both claim to lead") != std::string::npos);

  a.stop();
  wait_until([&, before = apps.written()] { return apps.written() > before + 20; }, 10s,
             "applications write on the one that is left");
  CHECK(std::stoi(count(b)) > std::stoi(b_before));
  apps.stop();
}
