// Commits whose answers were lost, asked for while the lead moves: a scripted server, a real
// thread.
#include "proxy/commit_inquiries.hpp"

#include <doctest/doctest.h>

#include <future>

#include "proxy/lead.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

struct script {
  std::mutex mutex;
  std::map<std::string, std::optional<commit_fate>> says = {};  // by host; none there: no answer
  std::vector<std::string> asked = {};                          // "host token marks"
  std::function<void()> meanwhile = {};
  bool by_marks = true;
};

class scripted_inquiry final : public commit_inquiry {
 public:
  scripted_inquiry(script& by, std::string host) : by_(by), host_(std::move(host)) {}
  result<std::optional<commit_fate>> ask(const std::string& token,
                                         std::span<const std::string> marks) override {
    std::string all = host_ + " " + token;
    for (const auto& each : marks) all += " " + each;
    const std::lock_guard held(by_.mutex);
    by_.asked.push_back(all);
    if (by_.meanwhile) std::exchange(by_.meanwhile, nullptr)();
    if (!by_.says.contains(host_)) return failure(error_kind::unavailable, fault::server, "down");
    return by_.says[host_];
  }
  bool goes_by_marks() const override { return by_.by_marks; }
  void interrupt() override {}

 private:
  script& by_;
  std::string host_;
};

struct scene {
  scene()
      : all("shop", [this](const member_address& at) {
          return std::make_unique<scripted_inquiry>(server, at.host);
        }) {
    all.start();
  }
  void lead(std::uint64_t epoch, std::optional<std::size_t> who, std::string mark = {},
            std::chrono::nanoseconds until = std::chrono::nanoseconds::max()) {
    routing::cluster_view now{.cluster = "shop", .epoch = epoch, .leader = who};
    for (const char* name : {"a", "b", "c"})
      now.members.push_back({.name = name, .address = {.host = name}});
    now.lead_mark = std::move(mark);
    now.writes_until = until;
    all.see(std::make_shared<const routing::cluster_view>(std::move(now)));
  }
  std::future<commit_fate> ask(std::uint64_t epoch, std::chrono::milliseconds within = 20s) {
    auto told = std::make_shared<std::promise<commit_fate>>();
    auto coming = told->get_future();
    all.ask("741", epoch, std::chrono::steady_clock::now() + within,
            [told](commit_fate fate) { told->set_value(fate); });
    return coming;
  }
  void says(const std::string& host, std::optional<commit_fate> what) {
    const std::lock_guard held(server.mutex);
    server.says[host] = what;
  }
  std::string last_asked() {
    const std::lock_guard held(server.mutex);
    return server.asked.empty() ? "" : server.asked.back();
  }

  script server = {};
  commit_inquiries all;
};

}  // namespace

TEST_CASE("the same leader is asked, without a mark, until it has an answer") {
  scene at;
  at.lead(3, 0);
  at.says("a", std::nullopt);  // it is still under way
  auto coming = at.ask(3);
  CHECK(coming.wait_for(200ms) == std::future_status::timeout);
  at.says("a", commit_fate::committed);
  CHECK(coming.get() == commit_fate::committed);
  CHECK(at.last_asked() == "a 741");
}

TEST_CASE("who leads next is asked, by the marks of all who have led since") {
  scene at;
  at.lead(3, 0);
  at.lead(3, std::nullopt);
  at.says("c", commit_fate::rolled_back);
  auto coming = at.ask(3);
  CHECK(coming.wait_for(100ms) == std::future_status::timeout);
  at.lead(4, 1, "750");
  at.lead(5, 2, "760");
  CHECK(coming.get() == commit_fate::rolled_back);
  CHECK(at.last_asked() == "c 741 750 760");
}

TEST_CASE("where a mark is not known nobody is asked: it is in doubt") {
  scene at;
  at.lead(3, 0);
  at.says("b", commit_fate::committed);
  at.lead(4, 1);
  CHECK(at.ask(3, 200ms).get() == commit_fate::unknown);
  CHECK(at.last_asked().empty());
}

TEST_CASE("an answer of who leads no more does not count") {
  scene at;
  at.lead(3, 0);
  at.says("a", commit_fate::committed);
  at.says("b", commit_fate::rolled_back);
  at.server.meanwhile = [&] { at.lead(4, 1, "700"); };
  CHECK(at.ask(3).get() == commit_fate::rolled_back);
}

TEST_CASE("nor one of who may write no more, nor any while two claim to lead") {
  scene at;
  at.says("a", commit_fate::committed);
  at.lead(3, 0, {}, net::since_boot() - 1ms);
  CHECK(at.ask(3, 200ms).get() == commit_fate::unknown);
  CHECK(at.last_asked().empty());
}

TEST_CASE("nobody answers in time: in doubt; and a stop leaves nobody waiting") {
  scene at;
  at.lead(3, 0);
  CHECK(at.ask(3, 150ms).get() == commit_fate::unknown);
  auto never = at.ask(3, 60s);
  at.all.stop();
  CHECK_THROWS_AS(never.get(), std::future_error);
}

TEST_CASE("a server is believed in its own epoch, and while the lead is held") {
  lead one;
  one.see({.epoch = 4});
  CHECK(one.holds(4));
  CHECK_FALSE(one.holds(3));
  one.see({.epoch = 4, .two_claimants = true});
  CHECK_FALSE(one.holds(4));
  one.see({.epoch = 4, .writes_until = net::since_boot() + 10min});
  CHECK(one.holds(4));
  one.see({.epoch = 4, .writes_until = net::since_boot() - 1ns});
  CHECK_FALSE(one.holds(4));
}

TEST_CASE("who needs no marks is asked without them, and told that the lead has moved") {
  scene at;
  at.server.by_marks = false;
  at.lead(3, 0);
  at.lead(4, std::nullopt);
  at.lead(5, 1);
  at.says("b", commit_fate::rolled_back);
  CHECK(at.ask(3).get() == commit_fate::rolled_back);
  CHECK(at.last_asked() == "b 741  ");
}
