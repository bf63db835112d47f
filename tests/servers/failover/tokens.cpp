// Commits of MySQL and MariaDB whose answers are lost, and which have written a token: what their
// clients hear is held against the table.
#include "backends/registry/registry.hpp"
#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// The OK to the token's row: then the COMMIT's answer.
constexpr std::uint64_t token_bytes = 11;

// Long enough that what is cut here is no reason to promote anybody.
constexpr auto patient = "automatic: yes, detect_after: 30s, hold: 20s, commit_tokens: true";

// What `skein grants` says of tokens, as a person pastes it.
void grant_tokens(cluster& members) {
  const std::string text = skein::find_backend("mysql")->grants_for(
      skein::grants_feature::failover, {.observer = {app.user},
                                        .failover = {lead_mover.user},
                                        .applications = {{app.user, "app"}},
                                        .commit_tokens = true});
  const auto begins = text.find("create database");
  REQUIRE(begins != text.npos);
  std::string rest = text.substr(begins);
  for (auto end = rest.find(";\n"); end != rest.npos; end = rest.find(";\n")) {
    members.leader().query(rest.substr(0, end));
    rest.erase(0, end + 2);
  }
  members.wait_until_caught_up();
}

struct scene {
  explicit scene(const tongue& in, const std::string& failover = patient, bool granted = true)
      : at(in, failover, {.relayed = true}, {}, {}, {}, true), way(at.members.link("skein", "a")) {
    if (granted) grant_tokens(at.members);
    client = connect(in.which, {.port = at.skein->port()});
    for (int number = 1; number < 4; ++number) {
      begin(number);
      REQUIRE(client->ask("commit").ok());
    }
  }
  void begin(int number) {
    REQUIRE(client->ask("begin").ok());
    REQUIRE(client->ask("insert into ledger values (" + std::to_string(number) + ")").ok());
    lent = client->value("select connection_id()");
  }
  // Its server has heard of the cut, and has rolled back what was open.
  void wait_until_gone() {
    const std::string there = "select count(*) from information_schema.processlist where id = ";
    wait_until([&] { return at.members.leader().value(there + lent) == "0"; }, 20s,
               "its server has heard of the cut");
  }
  bool has(const std::string& member, int number) {
    return at.members.member(member).value("select count(*) from ledger where n = " +
                                           std::to_string(number)) == "1";
  }
  double found(const std::string& outcome) const {
    return at.skein->metric("skein_commits_resolved_total", "outcome=\"" + outcome + "\"")
        .value_or(0);
  }
  std::string tokens(const std::string& member) {
    return at.members.member(member).value("select count(*) from skein.commits");
  }
  // The COMMIT is carried out, and nobody hears so.
  void lose_answer(int number, cut how = cut::reset) {
    begin(number);
    way.cut_after(token_bytes, direction::to_client, how);
    client->send("commit");
    wait_until([&] { return has("a", number); }, 20s, "it is committed");
    // Until then its answer may be on its way yet.
    if (how == cut::reset) wait_until_gone();
  }

  skein::servers::flock at;
  fault_relay& way;
  std::unique_ptr<connection> client = {};
  std::string lent;  // the server's number of the connection that the client's transaction has
};

void on_both(void (*play)(const tongue& in)) {
  for (const engine which : {engine::mysql, engine::mariadb}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    play(tongue_of(which));
  }
}

}  // namespace

TEST_CASE("each commit of a transaction leaves a token, which followers receive") {
  on_both([](const tongue& in) {
    scene here(in);
    CHECK(here.tokens("a") == "3");
    REQUIRE(here.client->ask("insert into ledger values (7)").ok());
    CHECK(here.tokens("a") == "3");
    here.at.members.wait_until_caught_up();
    CHECK(here.tokens("b") == "3");
  });
}

TEST_CASE("while the same server leads a commit whose answer was lost is told as it has it") {
  on_both([](const tongue& in) {
    scene here(in);
    here.lose_answer(11);
    here.way.heal();
    const auto told = here.client->finish(60s);
    CHECK_MESSAGE(told.ok(), told.code, " ", told.text);
    CHECK(here.found("committed") == 1.0);
    // Its session goes on, over another connection.
    CHECK(here.client->value("select count(*) from ledger where n = 11") == "1");
  });
}

TEST_CASE("a commit that never reached its server is told to be rolled back") {
  on_both([](const tongue& in) {
    scene here(in);
    here.begin(11);
    // The token's row passes, the COMMIT behind it (10 bytes more) does not.
    constexpr std::uint64_t packet_bytes = 5;
    const std::string row =
        "insert into skein.commits (token) values (x'" + std::string(32, '0') + "')";
    here.way.cut_after(packet_bytes + row.size(), direction::to_server);
    here.client->send("commit");
    here.wait_until_gone();
    here.way.heal();
    const auto told = here.client->finish(60s);
    CHECK_MESSAGE(told.code == in.heard.rolled_back, told.code, " ", told.text);
    CHECK(here.found("rolled_back") == 1.0);
    CHECK_FALSE(here.has("a", 11));
    CHECK(here.client->value("select count(*) from ledger") == "3");
  });
}

TEST_CASE("a commit under way while the lead moves is told as the new leader has it") {
  on_both([](const tongue& in) {
    for (const bool arrives : {true, false}) {
      CAPTURE(arrives);
      scene here(in, "automatic: yes, hold: 30s, commit_tokens: true");
      here.at.members.wait_until_caught_up();
      if (!arrives)
        for (const char* each : {"b", "c"}) here.at.members.link(each, "a").half_open();
      here.lose_answer(11, cut::silence);
      if (arrives) here.at.members.wait_until_caught_up();
      here.at.members.member("a").kill();
      here.way.refuse();
      const auto told = here.client->finish(60s);
      CHECK_MESSAGE(told.code == (arrives ? "" : in.heard.rolled_back), told.code, " ", told.text);
      CHECK(here.found(arrives ? "committed" : "rolled_back") == 1.0);
      const std::string leads = here.at.who_takes_writes();
      REQUIRE((leads == "b" || leads == "c"));
      CHECK(here.has(leads, 11) == arrives);
      here.at.skein->wait_until_status_says("leads");
      const std::string rows = "select count(*) from ledger where n = 11";
      CHECK(here.client->value(rows) == (arrives ? "1" : "0"));
    }
  });
}

TEST_CASE("without a token it is in doubt: where none is asked for, where none may be written") {
  on_both([](const tongue& in) {
    for (const bool wanted : {false, true}) {
      CAPTURE(wanted);
      scene here(in, wanted ? patient : "automatic: yes, detect_after: 30s, hold: 20s", false);
      here.begin(11);
      if (wanted) {
        // Its row has been refused a moment ago: so the COMMIT goes alone.
        REQUIRE(here.client->ask("commit").ok());
        here.begin(12);
        CHECK(here.at.skein->metric("skein_commit_tokens_refused_total").value_or(0) >= 1.0);
        const std::string log = here.at.skein->log();
        const auto line = log.find("commits write no tokens");
        REQUIRE(line != log.npos);
        CHECK(log.find("user=" + app.user, line) < log.find('\n', line));
        CHECK(log.find("commits write no tokens", line + 1) == log.npos);
      }
      here.way.cut_after(0, direction::to_client);
      here.client->send("commit");
      const auto told = here.client->finish(60s);
      here.way.heal();
      CHECK_MESSAGE(told.code == in.heard.in_doubt, told.code, " ", told.text);
      CHECK(here.found("committed") == 0.0);
    }
  });
}

TEST_CASE("what commits by itself is in doubt all the same") {
  on_both([](const tongue& in) {
    scene here(in);
    here.way.cut_after(0, direction::to_client);
    here.client->send("insert into ledger values (11)");
    const auto told = here.client->finish(60s);
    here.way.heal();
    CHECK_MESSAGE(told.code == in.heard.in_doubt, told.code, " ", told.text);
  });
}

TEST_CASE("tokens of long ago are cleared, and others are not") {
  on_both([](const tongue& in) {
    skein::servers::flock at(in);
    grant_tokens(at.members);
    for (const char digit : {'1', '2', '3', '4'})
      at.members.leader().query("insert into skein.commits values (x'" + std::string(32, digit) +
                                "', now() - interval " + (digit == '4' ? "50" : "61") + " minute)");
    const auto left = [&] {
      return at.members.leader().value("select count(*) from skein.commits");
    };
    wait_until([&] { return left() == "1"; }, 120s, "the old ones are cleared");
    at.members.wait_until_caught_up();
    CHECK(at.members.member("b").value("select count(*) from skein.commits") == "1");
  });
}
