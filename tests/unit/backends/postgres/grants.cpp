// What `skein grants` prints for PostgreSQL: names quoted, nothing but comments and statements, and
// the README shows the same.
#include "backends/postgres/grants.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>

using namespace skein;
using postgres::grants_for;

namespace {

const grants_request shop = {.observer = {"watcher"},
                             .directory = {"skein_auth", "app"},
                             .applications = {{"app", "app"}, {"reporting"}}};

// Without comments and empty lines.
std::string statements(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with("--")) kept += line + "\n";
  }
  return kept;
}

std::string role(const std::string& quoted, const std::string& quotes = "$$") {
  return "do " + quotes + " begin create role " + quoted +
         " login; exception when duplicate_object then null; end " + quotes + ";\n";
}

}  // namespace

TEST_CASE("who looks may log in to the databases that are looked at, and read statistics") {
  CHECK(statements(grants_for(grants_feature::health, shop)) ==
        role("\"watcher\"") +
            "grant connect on database \"postgres\" to \"watcher\";\n"
            "grant connect on database \"app\" to \"watcher\";\n"
            "grant pg_read_all_stats to \"watcher\";\n");
  CHECK(grants_for(grants_feature::health, {.observer = {"w", "elsewhere"}})
            .contains("grant connect on database \"elsewhere\" to \"w\";\n"));
}

TEST_CASE("who looks reads what the applications' databases define: each is named once") {
  const auto text = grants_for(
      grants_feature::health,
      {.observer = {"w", "app"}, .applications = {{"a", "app"}, {"b", "x\"y"}, {"c", "x\"y"}}});
  CHECK(
      statements(text).contains("grant connect on database \"app\" to \"w\";\n"
                                "grant connect on database \"x\"\"y\" to \"w\";\n"
                                "grant pg_read_all_stats"));
  CHECK(grants_for(grants_feature::health, {.observer = {"w"}, .applications = {{"a"}, {"b"}}})
            .contains("to \"w\";\n-- grant connect on database \"DATABASE\" to \"w\";\ngrant"));
}

TEST_CASE("who looks users up may call one function, which nobody else may") {
  const auto text = statements(grants_for(grants_feature::auth_query, shop));
  CHECK(text.starts_with("\\connect \"app\"\n" + role("\"skein_auth\"") +
                         "grant connect on database \"app\" to \"skein_auth\";\n"));
  CHECK(text.contains("security definer set search_path = pg_catalog, pg_temp as $$\n"));
  CHECK(text.contains("\nrevoke all on function skein.user_secret(name) from public;\n"));
  CHECK(text.ends_with("\ngrant execute on function skein.user_secret(name) to \"skein_auth\";\n"));
  CHECK(grants_for(grants_feature::auth_query, shop).contains("No superuser"));
}

TEST_CASE("of a query of one's own Skein cannot know what it reads") {
  auto own = shop;
  own.directory_query = "select name, secret from people where name = $1";
  CHECK(statements(grants_for(grants_feature::auth_query, own)) ==
        role("\"skein_auth\"") + "grant connect on database \"app\" to \"skein_auth\";\n");
}

TEST_CASE("applications may log in, and connect to the databases that are known") {
  const auto text = grants_for(grants_feature::pooling, shop);
  CHECK(statements(text) == role("\"app\"") + "grant connect on database \"app\" to \"app\";\n" +
                                role("\"reporting\""));
  CHECK(text.contains("\n-- grant connect on database \"DATABASE\" to \"reporting\";\n"));
}

TEST_CASE("names are what they are, whatever is in them") {
  const grants_request odd = {.observer = {"O'Brien \"Bo\" $$; drop\nall --"}};
  const auto text = grants_for(grants_feature::health, odd);
  const std::string quoted = "\"O'Brien \"\"Bo\"\" $$; drop\nall --\"";
  CHECK(text.contains(role(quoted, "$q$")));
  CHECK(text.contains("to " + quoted + ";\n"));
  const grants_request nowhere = {.applications = {{"a\nb"}}};
  CHECK(grants_for(grants_feature::pooling, nowhere)
            .ends_with("\n-- grant connect on database \"DATABASE\" to \"a?b\";\n"));
}

TEST_CASE("no line is too long to read") {
  for (const auto each :
       {grants_feature::health, grants_feature::auth_query, grants_feature::pooling,
        grants_feature::failover, grants_feature::rejoin}) {
    std::istringstream lines(grants_for(each, shop));
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= 100);
    }
  }
}

TEST_CASE("the README has the same statements for auth_query") {
  std::ifstream file("README.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string opening = "```sql\n";
  const auto begin = text.find(opening) + opening.size();
  REQUIRE(begin > opening.size());
  CHECK(text.substr(begin, text.find("```", begin) - begin) ==
        statements(grants_for(grants_feature::auth_query, shop)));
}
