#include "metrics/exporter.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace skein::metrics;
using namespace std::chrono_literals;

namespace {

const std::string golden_path = "tests/unit/metrics/metric_names.txt";

exporter_settings full_settings() {
  exporter_settings how;
  how.version = "1.2.3";
  how.error_kinds = {"protocol", "login"};
  how.members = [] {
    member_sample leads{"shop", "a", "leader", true, 0.0, 0.0, 4096.0, 0.001};
    leads.has_orphans = false;
    member_sample silent{"shop", "b"};
    return std::vector{leads, silent};
  };
  how.clusters = [] { return std::vector{cluster_sample{"shop", 7, 1}}; };
  how.reloads = [] { return reload_sample{3, 2, 1, 1.5}; };
  return how;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool has_line(const std::string& text, const std::string& wanted) {
  for (const auto& line : lines_of(text)) {
    if (line == wanted) return true;
  }
  MESSAGE("not there: " << wanted);
  return false;
}

// "name type" for every family announced.
std::set<std::string> announced(const std::string& text) {
  std::set<std::string> found;
  for (const auto& line : lines_of(text)) {
    if (line.starts_with("# TYPE ")) found.insert(line.substr(7));
  }
  return found;
}

std::string family_of(const std::string& sample, const std::set<std::string>& types) {
  const auto name = sample.substr(0, sample.find_first_of("{ "));
  for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    auto stem = name.substr(0, name.size() - suffix.size());
    if (types.contains(stem + " histogram")) return stem;
  }
  return name;
}

// "cluster,member": what stands before each '=' of a sample's labels.
std::string labels_of(const std::string& sample) {
  std::string names;
  const auto end = std::min(sample.rfind('}'), sample.size());
  for (auto at = sample.find('{'); at < end;) {
    const auto equals = sample.find("=\"", at);
    names += (names.empty() ? "" : ",") + sample.substr(at + 1, equals - at - 1);
    at = sample.find("\",", equals);
    if (at != sample.npos) ++at;
  }
  if (names.ends_with(",le")) names.resize(names.size() - 3);
  return names;
}

// "name type labels" for every family, as the golden list has it.
std::set<std::string> described(const std::string& text) {
  const auto types = announced(text);
  std::map<std::string, std::string> labels;
  for (const auto& line : lines_of(text)) {
    if (line.starts_with('#')) continue;
    if (const auto names = labels_of(line); !names.empty()) labels[family_of(line, types)] = names;
  }
  std::set<std::string> found;
  for (const auto& one : types) {
    const auto names = labels.find(one.substr(0, one.find(' ')));
    found.insert(names == labels.end() ? one : one + " " + names->second);
  }
  return found;
}

}  // namespace

TEST_CASE("the metrics' names, types and labels are the golden list") {
  exporter source(full_settings());
  const auto counters = std::make_shared<core_counters>();
  counters->sessions_pinned.add("a reason");
  counters->routed.add("a reason");
  counters->routed_to.add("a");
  counters->commits_resolved.add("committed");
  source.watch("shop", counters);
  std::ifstream file(golden_path);
  REQUIRE_MESSAGE(file.good(), "run from the root of the tree: " << golden_path);
  std::set<std::string> expected;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && !line.starts_with('#')) expected.insert(line);
  }
  const auto found = described(source.text());
  for (const auto& line : found)
    CHECK_MESSAGE(expected.contains(line), "not in the list: " << line);
  for (const auto& line : expected) CHECK_MESSAGE(found.contains(line), "not exported: " << line);
}

TEST_CASE("every sample has HELP and TYPE before it, and its name keeps the conventions") {
  exporter source(full_settings());
  source.watch("shop", std::make_shared<core_counters>());
  const auto text = source.text();
  const auto types = announced(text);
  std::set<std::string> helped;
  std::set<std::string> typed;
  for (const auto& line : lines_of(text)) {
    std::istringstream words(line);
    std::string hash, word, name, rest;
    if (line.starts_with("# ")) {
      words >> hash >> word >> name >> rest;
      CHECK_FALSE(rest.empty());
      CHECK((word == "HELP" ? helped : typed).insert(name).second);
      continue;
    }
    name = family_of(line, types);
    CAPTURE(line);
    CHECK(helped.contains(name));
    CHECK(typed.contains(name));
    CHECK(types.contains(name + " counter") == name.ends_with("_total"));
  }
  CHECK(helped.size() > 20);
}

TEST_CASE("a scrape sums the cores of a cluster and keeps clusters apart") {
  exporter source(full_settings());
  const auto first = std::make_shared<core_counters>();
  const auto second = std::make_shared<core_counters>();
  const auto other = std::make_shared<core_counters>();
  source.watch("shop", first);
  source.watch("books", other);
  source.watch("shop", second);
  first->queries.add(40);
  second->queries.add(2);
  other->queries.add(5);
  first->clients_active.add(1);
  second->clients_active.subtract(1);
  second->errors[1].add(3);
  const auto text = source.text();
  CHECK(has_line(text, R"(skein_queries_total{cluster="shop"} 42)"));
  CHECK(has_line(text, R"(skein_queries_total{cluster="books"} 5)"));
  CHECK(has_line(text, R"(skein_clients_active{cluster="shop"} 0)"));
  CHECK(has_line(text, R"(skein_errors_total{cluster="shop",kind="login"} 3)"));
  CHECK(has_line(text, R"(skein_errors_total{cluster="shop",kind="protocol"} 0)"));
}

TEST_CASE("pins are summed by their reasons, of which too many are one") {
  exporter source(full_settings());
  const auto first = std::make_shared<core_counters>();
  const auto second = std::make_shared<core_counters>();
  source.watch("shop", first);
  source.watch("shop", second);
  CHECK(source.text().find("skein_sessions_pinned_total") == std::string::npos);
  first->sessions_pinned.add("it \"holds\" a lock");
  second->sessions_pinned.add("it listens");
  second->sessions_pinned.add("it \"holds\" a lock");
  const std::string name = R"(skein_sessions_pinned_total{cluster="shop",reason=)";
  CHECK(has_line(source.text(), name + R"("it \"holds\" a lock"} 2)"));
  CHECK(has_line(source.text(), name + R"("it listens"} 1)"));
  for (int n = 0; n < 20; ++n) first->sessions_pinned.add("reason " + std::to_string(n));
  CHECK(has_line(source.text(), name + R"("reason 13"} 1)"));
  CHECK(has_line(source.text(), name + R"("other"} 6)"));
  first->sessions_pinned.add("reason 13");
  CHECK(has_line(source.text(), name + R"("reason 13"} 2)"));
}

TEST_CASE("every counter and gauge is exported under a name of its own") {
  exporter source(full_settings());
  const auto counters = std::make_shared<core_counters>();
  source.watch("shop", counters);
  auto& c = *counters;
  std::uint64_t value = 1000;
  std::set<std::string> wanted;
  const auto set = [&](const char* name, auto& what) {
    what.add(++value);
    wanted.insert(std::string(name) + "{cluster=\"shop\"} " + std::to_string(value));
  };
  set("skein_queries_total", c.queries);
  set("skein_client_received_bytes_total", c.bytes_from_client);
  set("skein_client_sent_bytes_total", c.bytes_to_client);
  set("skein_server_received_bytes_total", c.bytes_from_server);
  set("skein_server_sent_bytes_total", c.bytes_to_server);
  set("skein_clients_accepted_total", c.clients_accepted);
  set("skein_clients_refused_total", c.clients_refused);
  set("skein_logins_failed_total", c.logins_failed);
  set("skein_server_connections_opened_total", c.server_connections_opened);
  set("skein_server_connections_failed_total", c.server_connections_failed);
  set("skein_server_errors_total", c.server_errors);
  set("skein_cancels_requested_total", c.cancels_requested);
  set("skein_cancels_sent_total", c.cancels_sent);
  set("skein_notifications_total", c.announcements);
  set("skein_notification_gaps_total", c.announcement_gaps);
  const auto level = [&](const char* name, gauge& what) {
    what.set(static_cast<std::int64_t>(++value));
    wanted.insert(std::string(name) + "{cluster=\"shop\"} " + std::to_string(value));
  };
  level("skein_clients_active", c.clients_active);
  level("skein_sessions_active", c.sessions_active);
  level("skein_server_connections_active", c.server_connections_active);
  level("skein_server_connections_idle", c.server_connections_idle);
  level("skein_pool_waiting", c.pool_waiting);
  const auto text = source.text();
  for (const auto& line : wanted) CHECK(has_line(text, line));
}

TEST_CASE("histograms are cumulative, in seconds, summed over cores") {
  exporter source(full_settings());
  const auto first = std::make_shared<core_counters>();
  const auto second = std::make_shared<core_counters>();
  source.watch("shop", first);
  source.watch("shop", second);
  first->query_latency.observe(40us);
  second->query_latency.observe(1ms);
  second->query_latency.observe(100s);
  const auto text = source.text();
  const std::string name = "skein_query_duration_seconds";
  CHECK(has_line(text, name + R"(_bucket{cluster="shop",le="5e-05"} 1)"));
  CHECK(has_line(text, name + R"(_bucket{cluster="shop",le="0.0005"} 1)"));
  CHECK(has_line(text, name + R"(_bucket{cluster="shop",le="0.001"} 2)"));
  CHECK(has_line(text, name + R"(_bucket{cluster="shop",le="60"} 2)"));
  CHECK(has_line(text, name + R"(_bucket{cluster="shop",le="+Inf"} 3)"));
  CHECK(has_line(text, name + R"(_count{cluster="shop"} 3)"));
  CHECK(has_line(text, name + R"(_sum{cluster="shop"} 100.00104)"));
}

TEST_CASE("members: what is unknown is left out, not invented") {
  exporter source(full_settings());
  const auto text = source.text();
  CHECK(has_line(text, R"(skein_member_up{cluster="shop",member="a"} 1)"));
  CHECK(has_line(text, R"(skein_member_up{cluster="shop",member="b"} 0)"));
  CHECK(has_line(text, R"(skein_member_role{cluster="shop",member="a",role="leader"} 1)"));
  CHECK(has_line(text, R"(skein_member_role{cluster="shop",member="a",role="follower"} 0)"));
  CHECK(has_line(text, R"(skein_member_role{cluster="shop",member="b",role="unknown"} 1)"));
  CHECK(has_line(text, R"(skein_member_position{cluster="shop",member="a"} 4096)"));
  CHECK(has_line(text, R"(skein_member_has_orphans{cluster="shop",member="a"} 0)"));
  CHECK(text.find(R"(skein_member_has_orphans{cluster="shop",member="b"})") == std::string::npos);
  CHECK(has_line(text, R"(skein_cluster_epoch{cluster="shop"} 7)"));
  CHECK(has_line(text, R"(skein_cluster_leader_claimants{cluster="shop"} 1)"));
  CHECK(text.find(R"(skein_member_lag_seconds{cluster="shop",member="b"})") == std::string::npos);
}

TEST_CASE("reloads are counted by what came of them") {
  const auto text = exporter(full_settings()).text();
  CHECK(has_line(text, R"(skein_reloads_total{outcome="applied"} 3)"));
  CHECK(has_line(text, R"(skein_reloads_total{outcome="unchanged"} 2)"));
  CHECK(has_line(text, R"(skein_reloads_total{outcome="refused"} 1)"));
  CHECK(has_line(text, "skein_settings_loaded_timestamp_seconds 1.5"));
}

TEST_CASE("the process is described as client libraries do") {
  exporter source(full_settings());
  std::map<std::string, double> values;
  for (const auto& line : lines_of(source.text())) {
    if (line.starts_with("process_"))
      values[line.substr(0, line.find(' '))] = std::stod(line.substr(line.find(' ')));
  }
  CHECK(values["process_cpu_seconds_total"] > 0);
  CHECK(values["process_resident_memory_bytes"] > 1e6);
  CHECK(values["process_open_fds"] >= 3);
  CHECK(values["process_max_fds"] >= values["process_open_fds"]);
  // This test began moments ago, whatever the machine's clock says.
  const auto now = static_cast<double>(std::time(nullptr));
  CHECK(std::abs(now - values["process_start_time_seconds"]) < 600);
  CHECK(source.text().find("skein_build_info{") != std::string::npos);
  CHECK(source.text().find("version=\"1.2.3\"") != std::string::npos);
}
