// The cases of tests/cases, held against a real database: its definitions are read from its own
// catalogs, and what may run anywhere is run on a follower.
#include <doctest/doctest.h>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "backends/postgres/catalog.hpp"
#include "backends/postgres/catalog_reader.hpp"
#include "backends/postgres/placement.hpp"
#include "backends/postgres/statement_reader.hpp"
#include "tests/cases/case_file.hpp"
#include "tests/servers/cluster.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"

using namespace skein::servers;
using skein::place;
using skein::placement;
using skein::postgres::deed;

namespace {

const std::string folder = "tests/cases/postgres";

std::string schema() {
  std::ifstream file(folder + "/schema.sql");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<const skein::postgres::catalog> catalog_of(server& at) {
  const auto reader =
      skein::postgres::make_catalog_reader({.address = {"127.0.0.1", at.port()},
                                            .who = {.user = app.user, .password = app.password},
                                            .database = "app",
                                            .timeout = std::chrono::seconds(20)});
  auto known = reader->read(nullptr);
  REQUIRE_MESSAGE(known.has_value(), known.error().detail_for_log);
  return std::static_pointer_cast<const skein::postgres::catalog>(*known);
}

std::string word_of(deed kind) {
  switch (kind) {
    case deed::reads:
      return "reads";
    case deed::calls:
      return "calls";
    case deed::block:
      return "block";
    case deed::session:
      return "session";
    case deed::locks:
      return "locks";
    case deed::defines:
      return "defines";
    case deed::writes:
      return "writes";
    case deed::unknown:
      return "unknown";
  }
  return "";
}

std::string facts_in_words(const placement& placed) {
  std::string words = word_of(placed.kind);
  const char* between = "; ";
  for (const auto& each : placed.relations) {
    words += between + each;
    between = ", ";
  }
  return words;
}

std::string plan_in_words(const placement& placed) {
  if (placed.where == place::leader) return "leader: " + placed.why;
  return placed.where == place::any ? "any" : "any for the transaction";
}

struct outcome {
  std::string sqlstate = {};
  std::string text = {};
};

// Rows that are copied out are read to their end.
outcome run(pg_session& at, const std::string& sql) {
  const auto take = [](PGresult* made) {
    return std::unique_ptr<PGresult, decltype(&PQclear)>(made, &PQclear);
  };
  auto answer = take(PQexec(at.raw(), sql.c_str()));
  if (PQresultStatus(answer.get()) == PGRES_COPY_OUT) {
    for (char* line = nullptr; PQgetCopyData(at.raw(), &line, 0) > 0;) PQfreemem(line);
    answer = take(PQgetResult(at.raw()));
  }
  const char* const state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
  return {state ? state : "", PQresultErrorMessage(answer.get())};
}

// Whether it went wrong for it was asked of a follower; whatever else is wrong would be so on its
// leader too.
bool is_refused_by_follower(const outcome& answer) {
  return answer.sqlstate == "25006" || answer.text.contains("recovery") ||
         answer.text.contains("hot standby");
}

std::string words_of(server& at) {
  return "host=" + at.socket().string() + " port=" + std::to_string(at.port()) +
         " dbname=app user=" + at.admin().user + " options='-c search_path=public,app'";
}

// Of this thread alone, however busy the machine is.
std::chrono::nanoseconds time_used() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::string repeated(std::string_view what, int times) {
  std::string all;
  for (int time = 0; time < times; ++time) all += what;
  return all;
}

// What takes the longest of what is still read, or is found too late to be too long.
std::vector<std::string> largest() {
  return {"select " + repeated("n,", 145) + "n from orders",
          "select " + repeated("(", 145) + "n" + repeated(")", 145) + " from orders",
          "select n from orders where n in (" + repeated("1,", 8000) + "1)",
          "select n from orders where " + repeated("n = 1 or ", 70) + "n = 2",
          "select " + repeated("(select ", 95) + "1" + repeated(")", 95),
          "select " + repeated("n ", 8000),
          "select " + repeated("(", 16000)};
}

}  // namespace

TEST_CASE("a statement that is new is read in a moment, and holds nobody up") {
  auto shop = cluster::start(engine::postgres);
  shop.leader().query(schema());
  const auto known = catalog_of(shop.leader());
  const auto time_of = [&](const std::string& sql) {
    skein::postgres::statement_reader reader;
    const auto before = time_used();
    reader.read(sql, true, known.get());
    return std::chrono::duration<double, std::micro>(time_used() - before).count();
  };
  std::vector<double> took;
  for (const auto& each : cases::read_folder(folder)) took.push_back(time_of(each.sql));
  std::ranges::sort(took);
  const double median = took[took.size() / 2];
  MESSAGE("of ", took.size(), " cases: median ", median, " us, longest ", took.back(), " us");
  double longest = 0;
  for (const auto& each : largest()) {
    double one = time_of(each);
    for (int time = 0; time < 4; ++time) one = std::min(one, time_of(each));
    MESSAGE(one, " us: ", each.substr(0, 40), "..., ", each.size(), " bytes");
    longest = std::max(longest, one);
  }
  if (is_sanitized) return;
  // On a machine that does nothing else 100 us and 1 ms; one that is shared may be slower by far.
  CHECK(median <= 500);
  CHECK(longest <= 5000);
}

TEST_CASE("statements are what the cases say") {
  auto shop = cluster::start(engine::postgres, {.followers = 1});
  shop.leader().query(schema());
  const auto known = catalog_of(shop.leader());
  const auto all = cases::read_folder(folder);
  CHECK(all.size() > 700);
  shop.wait_until_caught_up();
  std::size_t ran = 0;
  for (const auto& each : all) {
    CAPTURE(each.title);
    CAPTURE(each.sql);
    const placement placed = skein::postgres::place_of(each.sql, true, &known->names());
    CHECK(facts_in_words(placed) == each.facts);
    CHECK(plan_in_words(placed) == each.plan);
    // What writes is never said to leave nothing; what may run anywhere always is.
    if (placed.kind >= deed::defines) CHECK(placed.may_write);
    if (placed.where != place::leader) CHECK_FALSE(placed.may_write);
    if (!each.plan.starts_with("any")) continue;
    pg_session follower(words_of(shop.follower(0)));
    const auto answer = run(follower, each.sql);
    CHECK_MESSAGE(!is_refused_by_follower(answer), answer.text);
    ran += answer.sqlstate.empty();
  }
  CHECK(ran > 200);
}
