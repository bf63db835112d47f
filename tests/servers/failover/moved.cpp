// The lead goes to another member because a person says so: applications see a pause and no error.
#include <atomic>
#include <thread>

#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// Sessions that write without a break, in transactions of two statements, until they are stopped.
class writers {
 public:
  explicit writers(flock& at, int count = 8) {
    for (int n = 0; n < count; ++n)
      threads_.emplace_back([this, &at, n] { write(at, 1000 + n * 100'000); });
  }
  ~writers() { stop(); }
  void stop() {
    over_ = true;
    for (auto& each : threads_)
      if (each.joinable()) each.join();
  }
  int taken() const { return taken_; }
  std::string trouble() {
    const std::lock_guard lock(mutex_);
    return trouble_;
  }

 private:
  void write(flock& at, int number) {
    try {
      const auto on = connect(at.in.which, {.port = at.skein->port()});
      while (!over_) {
        const std::string values = "insert into ledger values (" + std::to_string(number++) + ")";
        for (const std::string& sql : {std::string("begin"), values, std::string("commit")}) {
          const auto heard = on->ask(sql);

          if (!heard.ok()) return fail(sql + ": " + heard.code + " " + heard.text);
        }
        ++taken_;
      }
    } catch (const std::exception& thrown) {
      fail(thrown.what());
    }
  }
  void fail(const std::string& why) {
    const std::lock_guard lock(mutex_);
    trouble_ += why + "\n";
  }

  std::atomic<bool> over_{false};
  std::atomic<int> taken_{0};
  std::mutex mutex_ = {};
  std::string trouble_ = {};
  std::vector<std::thread> threads_ = {};
};

finished_child order(const flock& at, std::vector<std::string> words) {
  if (words.front() == "switchover" && at.in.which == engine::postgres)
    words.push_back("--leave-outside");
  words.push_back("--admin");
  words.push_back("127.0.0.1:" + std::to_string(at.skein->admin_port()));
  return at.skein->command(words, {"SKEIN_ADMIN_TOKEN=move"});
}

}  // namespace

TEST_CASE("a person moves the lead, and no session that writes notices but by a pause") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: no", {}, "token: move");
    writers load(at);
    wait_until([&] { return load.taken() > 50; }, 20s, "they write");
    const auto told = order(at, {"switchover", "--to", "b"});
    CAPTURE(told.errors);
    CHECK(told.exit_code == 0);
    CHECK(told.output.starts_with("b leads now, in the place of a; new transactions waited for"));
    MESSAGE(to_string(in.which), ": ", told.output);
    const int before = load.taken();
    wait_until([&] { return load.taken() > before + 50; }, 20s, "they go on");
    load.stop();
    CHECK(load.trouble() == "");
    CHECK(!at.follows("b"));
    const std::string all = std::to_string(load.taken());
    CHECK(at.count_at("b") == all);
    wait_until([&] { return at.count_at("c") == all; }, 20s, "c follows b");
    if (in.which != engine::postgres)
      wait_until([&] { return at.follows("a") && at.count_at("a") == all; }, 20s, "a follows b");
  });
}

TEST_CASE("a transaction that does not end in time ends the move, and nothing else") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes", {}, "token: move");
    const auto on = connect(in.which, {.port = at.skein->port()});
    CHECK(on->ask("begin").ok());
    CHECK(on->ask("insert into ledger values (1)").ok());
    const auto told = order(at, {"switchover", "--to", "c", "--wait", "1s"});
    CHECK(told.exit_code == 1);
    CHECK(told.errors.find("1 transaction had not ended after 1") != std::string::npos);
    CHECK(on->ask("commit").ok());
    at.write(2);
    CHECK(at.who_takes_writes() == "a");
    CHECK(at.count_at("a") == "2");
  });
}

TEST_CASE("an order that cannot be carried out is refused with the reason") {
  if (!is_wanted(engine::postgres)) return;
  flock at(tongue_of(engine::postgres), "automatic: no", {}, "token: move");
  const auto refused = [&](std::vector<std::string> words) {
    const auto told = order(at, std::move(words));
    CHECK(told.exit_code == 1);
    return told.errors;
  };
  const auto plain = at.skein->command(
      {"switchover", "--to", "b", "--admin", "127.0.0.1:" + std::to_string(at.skein->admin_port())},
      {"SKEIN_ADMIN_TOKEN=move"});
  CHECK(plain.exit_code == 1);
  CHECK(plain.errors.find("a would stay outside") != std::string::npos);
  CHECK(plain.errors.find("--leave-outside") != std::string::npos);
  CHECK(at.skein->get("/member/a?role=leader", "move").status == 200);
  CHECK(refused({"switchover", "--to", "a"}).find("a leads already") != std::string::npos);
  CHECK(refused({"switchover", "--to", "x"}).find("no member is called x; there are a, b, c") !=
        std::string::npos);
  CHECK(refused({"drain", "a"}).find("move the lead first") != std::string::npos);
  CHECK(at.skein->get("/member/a").status == 401);
  CHECK(at.skein->get("/member/a?role=leader", "move").status == 200);
  CHECK(at.skein->get("/member/b?role=leader", "move").status == 503);
  CHECK(at.skein->get("/member/b", "move").status == 200);
  CHECK(at.skein->get("/member/x", "move").status == 404);

  CHECK(order(at, {"drain", "b"}).exit_code == 0);
  CHECK(at.skein->get("/member/b", "move").status == 503);
  CHECK(refused({"switchover", "--to", "b"}).find("skein drain --back b") != std::string::npos);
  CHECK(order(at, {"drain", "b", "--back"}).exit_code == 0);
  wait_until([&] { return at.skein->get("/member/b", "move").status == 200; }, 20s, "b is back");
}

TEST_CASE("a person promotes a follower of a leader that is dead") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: no", {}, "token: move");
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.member("a").kill();
    wait_until([&] { return at.skein->log().find("skein switchover --to") != std::string::npos; },
               20s, "the log says what could be done");
    const auto told = order(at, {"switchover", "--to", "c"});
    CAPTURE(told.errors);
    CHECK(told.exit_code == 0);
    at.write(2);
    CHECK(at.who_takes_writes() == "c");
  });
}
