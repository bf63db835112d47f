// Looking users up with a scripted directory: who asks whom, how often, and who hears what.
#include "proxy/user_lookup.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

// What all directories of a test share: each says what `answers` says, once `open`.
struct script {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = true;
  bool interrupted = false;
  std::vector<std::string> questions = {};
  std::map<std::string, user_lookup::answer> answers = {};
  std::size_t asked() {
    const std::lock_guard held(mutex);
    return questions.size();
  }
  void let_go() {
    const std::lock_guard held(mutex);
    open = true;
    changed.notify_all();
  }
};

class scripted_directory final : public directory {
 public:
  scripted_directory(script& by, std::string host) : by_(by), host_(std::move(host)) {}
  result<std::optional<credentials>> find(const std::string& user) override {
    std::unique_lock held(by_.mutex);
    by_.questions.push_back(user + "@" + host_);
    by_.changed.notify_all();
    by_.changed.wait(held, [&] { return by_.open || by_.interrupted; });
    if (by_.interrupted) return failure(error_kind::shutdown, fault::us, "interrupted");
    const auto found = by_.answers.find(user);
    return found == by_.answers.end() ? user_lookup::answer(std::nullopt) : found->second;
  }
  void interrupt() override {
    const std::lock_guard held(by_.mutex);
    by_.interrupted = true;
    by_.changed.notify_all();
  }

 private:
  script& by_;
  std::string host_;
};

routing::view led_by(std::optional<std::string> host) {
  routing::cluster_view view;
  view.reason = "nobody leads";
  view.members.push_back({.name = "a", .address = {host.value_or("a"), 1}});
  if (host) view.leader = 0;
  return std::make_shared<routing::cluster_view>(view);
}

struct house {
  script says;
  user_lookup lookup;

  explicit house(lookup_settings how = {.cluster = "shop"})
      : lookup(std::move(how), [this](const member_address& at) {
          return std::make_unique<scripted_directory>(says, at.host);
        }) {
    says.answers["ann"] = credentials{.user = "ann", .verifier = "secret"};
    lookup.see(led_by("a"));
    lookup.start();
  }
  std::future<user_lookup::answer> ask(const std::string& user) {
    auto told = std::make_shared<std::promise<user_lookup::answer>>();
    auto coming = told->get_future();
    auto at_hand = lookup.ask(user, [told](user_lookup::answer said) { told->set_value(said); });
    if (at_hand) told->set_value(*at_hand);
    return coming;
  }
  user_lookup::answer answer(const std::string& user) {
    auto coming = ask(user);
    REQUIRE(coming.wait_for(10s) == std::future_status::ready);
    return coming.get();
  }
};

}  // namespace

TEST_CASE("the leader is asked once, and its answer kept; so is that there is nobody") {
  house at;
  for (int i = 0; i < 3; ++i) {
    CHECK(at.answer("ann").value().value().verifier == "secret");
    CHECK_FALSE(at.answer("bob").value());
  }
  CHECK(at.says.questions == std::vector<std::string>{"ann@a", "bob@a"});
}

TEST_CASE("a login that failed has the next one asked anew, where the lead has gone to") {
  house at({.cluster = "shop", .cache = {.keep_doubted = 0ms}});
  at.answer("ann");
  at.lookup.doubt("ann");
  at.says.answers["ann"] = credentials{.user = "ann", .verifier = "newer"};
  at.lookup.see(led_by("b"));
  CHECK(at.answer("ann").value().value().verifier == "newer");
  CHECK(at.says.questions == std::vector<std::string>{"ann@a", "ann@b"});
}

TEST_CASE("those who wait for one user share its answer, and too many users are turned away") {
  house at({.cluster = "shop", .users_waiting_max = 2});
  at.says.open = false;
  auto one = at.ask("ann");
  auto same = at.ask("ann");
  auto other = at.ask("bob");
  const auto refused = at.answer("cyd");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == error_kind::limit);
  at.says.let_go();
  CHECK(one.get().value());
  CHECK(same.get().value());
  CHECK_FALSE(other.get().value());
  CHECK(at.says.asked() == 2);
}

TEST_CASE("names that nobody has yet do not keep those waiting who have been found before") {
  house at({.cluster = "shop", .cache = {.keep = 0ms}, .users_waiting_max = 5});
  CHECK(at.answer("ann").value());
  at.says.open = false;
  std::vector<std::future<user_lookup::answer>> flood;
  for (int i = 0; i < 5; ++i) flood.push_back(at.ask("guess" + std::to_string(i)));
  CHECK(at.answer("guess5").error().kind == error_kind::limit);
  auto ann = at.ask("ann");
  at.says.let_go();
  CHECK(ann.get().value());
  for (auto& each : flood) CHECK_FALSE(each.get().value());
  const auto& asked = at.says.questions;
  CHECK(std::ranges::find(asked.begin() + 1, asked.end(), "ann@a") - asked.begin() <= 2);
}

TEST_CASE("a leader that does not answer fails all who wait, and is asked again later") {
  house at;
  at.says.open = false;
  at.says.answers["ann"] = failure(error_kind::timeout, fault::server, "a did not answer");
  auto one = at.ask("ann");
  auto other = at.ask("bob");
  at.says.let_go();
  for (auto* each : {&one, &other}) {
    const auto said = each->get();
    REQUIRE_FALSE(said);
    CHECK(said.error().kind == error_kind::timeout);
    CHECK(said.error().text_for_client ==
          "the user cannot be looked up: see auth_query of cluster \"shop\", and Skein's log");
    CHECK(said.error().detail_for_log.starts_with("a did not answer"));
  }
  at.says.answers["ann"] = credentials{.user = "ann", .verifier = "secret"};
  CHECK(at.answer("ann").value());
}

TEST_CASE("an answer without sense is no password") {
  house at;
  at.says.answers["ann"] = failure(error_kind::unsupported, fault::server, "stars");
  const auto said = at.answer("ann");
  REQUIRE(said);
  CHECK_FALSE(*said);
}

TEST_CASE("a leader is waited for, and not for ever") {
  house at({.cluster = "shop", .patience = 100ms});
  at.lookup.see(led_by(std::nullopt));
  const auto said = at.answer("ann");
  REQUIRE_FALSE(said);
  CHECK(said.error().kind == error_kind::unavailable);
  CHECK(said.error().detail_for_log == "nobody leads");
  CHECK(at.says.asked() == 0);

  house patient({.cluster = "shop", .patience = 10s});
  patient.lookup.see(led_by(std::nullopt));
  auto coming = patient.ask("ann");
  patient.lookup.see(led_by("b"));
  CHECK(coming.get().value());
}

TEST_CASE("a stop ends what is under way and tells who waits") {
  house at;
  at.says.open = false;
  auto under_way = at.ask("ann");
  auto behind = at.ask("bob");
  {
    std::unique_lock held(at.says.mutex);
    at.says.changed.wait(held, [&] { return !at.says.questions.empty(); });
  }
  at.lookup.stop();
  CHECK(under_way.get().error().kind == error_kind::shutdown);
  CHECK(behind.get().error().kind == error_kind::shutdown);
  CHECK(at.answer("cyd").error().kind == error_kind::shutdown);
}

TEST_CASE("another way to ask holds at once, for who waits too; what was known is forgotten") {
  script anew;  // outlives who asks it
  house at;
  at.answer("bob");
  at.says.open = false;
  auto under_way = at.ask("ann");
  {
    std::unique_lock held(at.says.mutex);
    at.says.changed.wait(held, [&] { return at.says.questions.size() == 2; });
  }
  anew.answers["ann"] = credentials{.user = "ann", .verifier = "newer"};
  at.lookup.adopt({.cluster = "shop"}, [&anew](const member_address& to) {
    return std::make_unique<scripted_directory>(anew, to.host);
  });
  at.says.let_go();
  CHECK(under_way.get().value().value().verifier == "newer");
  CHECK_FALSE(at.answer("bob").value());
  CHECK(anew.questions == std::vector<std::string>{"ann@a", "bob@a"});
}
