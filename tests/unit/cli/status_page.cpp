// What is said of a cluster in each of its states, word for word: to people and to machines. The
// states are the judge's own, from what observers saw.
#include "cli/status_page.hpp"

#include <doctest/doctest.h>

#include "cli/version.hpp"
#include "cluster/judge.hpp"

using namespace skein;
using namespace skein::cli;
using cluster::member_news;

namespace {

const std::vector<cluster::member_settings> three = {
    {"a", {"db-a", 5432}}, {"bee", {"10.0.0.2", 15432}}, {"c", {"/run/postgresql", 5432}}};

member_news sees(observation seen) {
  seen.server_version = "15.3";
  seen.round_trip = std::chrono::microseconds(250);
  return {true, seen, {}, seen};
}
member_news leads(std::uint64_t rank, std::uint64_t history = 1) {
  return sees({.role = member_role::leader, .written = {history, rank, "0/3000000"}});
}
member_news follows(std::uint64_t rank, std::optional<double> seconds = {}) {
  return sees({.role = member_role::follower,
               .applied = {1, rank, "0/" + std::to_string(rank)},
               .lag_seconds = seconds});
}
member_news gone(const member_news& before, const std::string& trouble) {
  return {true, {}, trouble, before.before};
}

routing::cluster_view judged(const std::vector<member_news>& news,
                             const routing::cluster_view* before = nullptr) {
  return cluster::judge("shop", three, news, before);
}

status_facts facts_of(routing::cluster_view view) {
  cluster_status one{std::make_shared<routing::cluster_view>(std::move(view))};
  one.sessions = 2;
  one.server_connections_active = 3;
  one.server_connections_idle = 4;
  one.waiting = 5;
  one.queries = 678;
  one.listeners = {"127.0.0.1:6432", "unix:/run/skein/s"};
  one.orphans = {false, true};
  return {std::chrono::seconds(3600), 7, false, {}, {one}};
}

const std::string head = std::string("skein ") + version + ", up 3600 s, 7 clients";
constexpr auto foot =
    "  listens on 127.0.0.1:6432\n"
    "  listens on unix:/run/skein/s\n"
    "  2 sessions, 3 server connections in use, 4 idle, 5 sessions waiting for one, 678 queries so "
    "far\n";

std::string page(const routing::cluster_view& view) {
  return status_text(facts_of(view));
}

// What stands in brackets behind the member bee.
std::string lag_said(std::uint64_t ahead, std::uint64_t behind, std::optional<double> seconds) {
  const auto text = page(judged({leads(ahead), follows(behind, seconds), follows(ahead)}));
  const auto line = text.substr(text.find("\n  bee") + 1);
  const auto open = line.find('(');
  return line.substr(0, line.find('\n')).substr(std::min(open, line.find('\n')));
}

}  // namespace

TEST_CASE("a healthy cluster") {
  const auto view = judged({leads(100), follows(100, 0.0), follows(100)});
  CHECK(facts_of(view).healthy());
  CHECK(
      page(view) ==
      head +
          "\ncluster shop (epoch 1): a leads: it alone takes writes\n"
          "  a    db-a:5432             leader    takes writes, has written up to 0/3000000\n"
          "  bee  10.0.0.2:15432        follower  follows, has applied up to 0/100 (0 B behind)\n"
          "  c    unix:/run/postgresql  follower  follows, has applied up to 0/100 (0 B behind)\n" +
          foot);
}

TEST_CASE("followers that lag, in bytes and in seconds") {
  CHECK(lag_said(1100, 77, {}) == "(1023 B behind)");
  CHECK(lag_said(1101, 77, 0.25) == "(1.0 KiB behind, 0.2 s)");
  CHECK(lag_said(5'000'000, 0, 12.34) == "(4.8 MiB behind, 12.3 s)");
  CHECK(lag_said(5'000'000'000'000, 0, {}) == "(4656.6 GiB behind)");
  CHECK(lag_said(100, 200, {}) == "(0 B behind)");  // it was looked at a moment later
}

TEST_CASE("a lag that cannot be told is left out") {
  const auto moved = judged({leads(900, 2), follows(100), follows(100, 3.0)});
  const auto text = page(moved);
  CHECK(text.find("bee  10.0.0.2:15432        follower  follows, has applied up to 0/100\n") !=
        std::string::npos);
  CHECK(text.find("has applied up to 0/100 (3.0 s)\n") != std::string::npos);
  CHECK_FALSE(lag_bytes(moved, 0).has_value());
}

namespace {

class anything final : public extent {
 public:
  bool covers(const extent&) const override { return true; }
};

}  // namespace

TEST_CASE("where positions count no bytes, no lag in bytes is told") {
  auto view = judged({leads(900), follows(100), follows(100)});
  view.members[1].last.applied.exact = std::make_shared<anything>();
  CHECK_FALSE(lag_bytes(view, 1).has_value());
  CHECK(lag_bytes(view, 2) == 800U);
}

TEST_CASE("two claimants") {
  const auto before = judged({leads(100), follows(100), follows(100)});
  const auto view = judged({leads(100), leads(120, 2), follows(100, 1.0)}, &before);
  CHECK_FALSE(facts_of(view).healthy());
  CHECK(page(view) ==
        head +
            "\ncluster shop (epoch 1): a and bee both claim to lead: nothing is sent to any of "
            "them until only one does; stop the wrong one, or make it a follower\n"
            "  a    db-a:5432             leader    takes writes, has written up to 0/3000000\n"
            "  bee  10.0.0.2:15432        leader    takes writes, has written up to 0/3000000\n"
            "  c    unix:/run/postgresql  follower  follows, has applied up to 0/100 (1.0 s)\n" +
            foot);
}

TEST_CASE("members that are down, the leader or a follower") {
  const auto before = judged({leads(100), follows(100), follows(100)});
  const auto headless = judged({gone(leads(100), "refused"), follows(100), follows(100)}, &before);
  CHECK_FALSE(facts_of(headless).healthy());
  CHECK(page(headless) ==
        head +
            "\ncluster shop (epoch 1): the members that can be reached are followers, and a cannot "
            "be reached: refused; start it again or promote a follower\n"
            "  a    db-a:5432             out       cannot be reached: refused\n"
            "  bee  10.0.0.2:15432        follower  follows, has applied up to 0/100\n"
            "  c    unix:/run/postgresql  follower  follows, has applied up to 0/100\n" +
            foot);
  // What a member that is out had applied once is no lag of now.
  const auto limping = judged({leads(900), gone(follows(100, 5.0), "timed out"), follows(900)});
  CHECK(facts_of(limping).healthy());
  CHECK(page(limping).find("bee  10.0.0.2:15432        out       cannot be reached: timed out\n") !=
        std::string::npos);
  std::vector<metrics::member_sample> samples;
  sample_members(limping, samples, {false, true});
  REQUIRE(samples.size() == 3);
  CHECK(samples[0].has_orphans == false);
  CHECK(samples[1].has_orphans == true);
  CHECK_FALSE(samples[2].has_orphans.has_value());
  CHECK_FALSE(samples[1].up);
  CHECK_FALSE((samples[1].lag_bytes || samples[1].lag_seconds));
}

TEST_CASE(
    "a Skein that is stopping says so, and one cluster without a leader is enough to be ill") {
  auto facts = facts_of(judged({leads(100), follows(100), follows(100)}));
  facts.clusters.push_back({std::make_shared<routing::cluster_view>(judged({{}, {}, {}}))});
  facts.stopping = true;
  CHECK_FALSE(facts.healthy());
  const auto text = status_text(facts);
  CHECK(text.starts_with(head + ", stopping\ncluster shop (epoch 1)"));
  CHECK(text.find("cluster shop (epoch 0): no member is known to lead yet; waiting for a, bee and c"
                  "\n  a    db-a:5432             out       has not been looked at yet\n") !=
        std::string::npos);
  CHECK(
      text.ends_with("  0 sessions, 0 server connections in use, 0 idle, 0 sessions waiting for "
                     "one, 0 queries so far\n"));
}

TEST_CASE("what the process before this one still has is told as long as it drains") {
  auto facts = facts_of(judged({leads(100), follows(100), follows(100)}));
  facts.before = handover::predecessor{4711, 3};
  CHECK(status_text(facts).starts_with(
      head + "\n  process 4711, before this one, drains: 3 clients left\ncluster shop"));
  CHECK(status_json(facts).contains("\"draining_before\":{\"pid\":4711,\"clients\":3},"));
}

TEST_CASE("what is done about the lead stands below the members") {
  auto facts = facts_of(judged({leads(100), follows(60, 1.5), follows(50)}));
  facts.clusters[0].lead = "a leads, since epoch 1; b takes no orders: access denied";
  CHECK(status_text(facts).contains(
      "\n  about the lead: a leads, since epoch 1; b takes no orders: access denied\n"));
  CHECK(status_json(facts).contains("\"about_the_lead\":\"a leads, since epoch 1; b takes"));
}

TEST_CASE("the same for machines") {
  const auto view = judged({leads(100), follows(60, 1.5), gone(follows(50, 5.0), "said \"no\"")});
  CHECK(
      status_json(facts_of(view)) ==
      std::string("{\"version\":\"") + version +
          "\",\"uptime_seconds\":3600,\"clients\":7,\"stopping\":false,\"draining_before\":null,"
          "\"clusters\":[{\"name\":"
          "\"shop\",\"epoch\":1,\"leader\":\"a\",\"two_claimants\":false,\"reason\":\"a leads: it "
          "alone takes "
          "writes\",\"about_the_lead\":\"\",\"acknowledged_short\":0,\"falls_short\":null,"
          "\"sessions\":2,\"server_connections_active\":3,"
          "\"server_connections_idle\":4,\"pool_waiting\":5,\"queries\":678,\"listeners\":["
          "\"127.0.0.1:6432\",\"unix:/run/skein/s\"],\"members\":["
          "{\"name\":\"a\",\"address\":\"db-a:5432\",\"reachable\":true,\"role\":\"leader\","
          "\"reason\":\"takes writes, has written up to 0/3000000\",\"version\":\"15.3\","
          "\"position\":\"0/3000000\",\"lag_bytes\":null,\"lag_seconds\":null,"
          "\"has_orphans\":false,\"round_trip_seconds\":0.00025},"
          "{\"name\":\"bee\",\"address\":\"10.0.0.2:15432\",\"reachable\":true,\"role\":"
          "\"follower\",\"reason\":\"follows, has applied up to 0/60\",\"version\":\"15.3\","
          "\"position\":\"0/60\",\"lag_bytes\":40,\"lag_seconds\":1.5,"
          "\"has_orphans\":true,\"round_trip_seconds\":0.00025},"
          "{\"name\":\"c\",\"address\":\"unix:/run/postgresql\",\"reachable\":false,\"role\":"
          "\"unknown\",\"reason\":\"cannot be reached: said \\\"no\\\"\",\"version\":\"15.3\","
          "\"position\":\"0/50\",\"lag_bytes\":null,\"lag_seconds\":null,"
          "\"has_orphans\":null,\"round_trip_seconds\":0.00025}]}]}\n");
}

TEST_CASE("machines see that nobody leads, and why") {
  const auto said = [](const routing::cluster_view& view) { return status_json(facts_of(view)); };
  const auto two = said(judged({leads(1), leads(2, 2), follows(1)}));
  CHECK(two.find("\"leader\":null,\"two_claimants\":true,\"reason\":\"a and bee both claim") !=
        std::string::npos);
  const auto none = said(judged({follows(1), follows(1), follows(1)}));
  CHECK(none.find("\"leader\":null,\"two_claimants\":false,\"reason\":\"every member is a foll") !=
        std::string::npos);
  CHECK(sample_cluster(judged({leads(1), leads(2, 2), follows(1)})).claimants == 2);
}

TEST_CASE("a cluster that falls short of what durability promises says so, and what that made") {
  auto view = judged({leads(1), follows(1), {}});
  view.falls_short = routing::shortfall{.acks = 1, .promised = 2, .since = {}};
  status_facts facts = facts_of(view);
  facts.clusters.front().acknowledged_short = 34;
  CHECK(status_json(facts).contains(
      "\"acknowledged_short\":34,\"falls_short\":{\"acknowledging\":1,\"promised\":2,"));
  CHECK(status_text(facts).contains(
      "34 statements so far were answered while fewer followers acknowledged than is promised"));
  CHECK(sample_cluster(view).degraded);
  CHECK_FALSE(sample_cluster(judged({leads(1), follows(1), {}})).degraded);
}
