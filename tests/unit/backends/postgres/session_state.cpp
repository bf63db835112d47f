#include "backends/postgres/session_state.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace skein::postgres;

namespace {

session_state state(settings_map settings) {
  return session_state(std::move(settings));
}

// "a=1 b": a is 1, b is named only.
std::vector<std::pair<std::string, std::string>> pairs_of(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> all;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    all.emplace_back(word.substr(0, equals),
                     equals == std::string::npos ? "" : word.substr(equals + 1));
  }
  return all;
}

session_state of(const std::string& text) {
  const auto pairs = pairs_of(text);
  return state({pairs.begin(), pairs.end()});
}

}  // namespace

TEST_CASE("equal settings are one object, however they came about") {
  const session_state nothing;
  CHECK(nothing == state({}));
  CHECK(nothing.all().empty());
  const auto one = state({{"timezone", "UTC"}, {"work_mem", "1MB"}});
  CHECK(one == state({{"work_mem", "1MB"}, {"timezone", "UTC"}}));
  CHECK(one == state({{"timezone", "UTC"}}).with("work_mem", "1MB"));
  CHECK(&one.all() == &nothing.with("work_mem", "1MB").with("timezone", "UTC").all());
  CHECK_FALSE(one == state({{"timezone", "UTC"}, {"work_mem", "2MB"}}));
  CHECK_FALSE(one == nothing);
  CHECK(one.with("work_mem", {}).with("timezone", {}) == nothing);
  CHECK(one.with("absent", {}) == one);
  CHECK(one.with("work_mem", "1MB") == one);
  REQUIRE(one.find("work_mem"));
  CHECK(*one.find("work_mem") == "1MB");
  CHECK_FALSE(one.find("work"));
}

TEST_CASE("settings that nobody holds any more do not pile up, and those held stay one object") {
  const auto held = state({{"app.user", "held"}});
  for (int i = 0; i < 10000; ++i) CHECK_FALSE(state({{"app.user", std::to_string(i)}}) == held);
  CHECK(state({{"app.user", "held"}}) == held);
}

TEST_CASE("names as the server files them") {
  CHECK(setting_name("TimeZone") == "timezone");
  CHECK(setting_name("App.Größe") == "app.größe");
  CHECK(setting_name("sort_mem") == "work_mem");
  CHECK(setting_name("VACUUM_MEM") == "maintenance_work_mem");
  for (const auto* name : {"transaction_isolation", "transaction_read_only",
                           "transaction_deferrable", "seed", "is_superuser", ""})
    CHECK_FALSE(can_be_carried(name));
  for (const auto* name : {"default_transaction_isolation", "role", "app.seed"})
    CHECK(can_be_carried(name));
}

TEST_CASE("the part by which a statement's text is read") {
  const auto zone = state({{"timezone", "Asia/Tokyo"}});
  CHECK(session_state().reading() == session_state());
  CHECK(zone.reading() == zone);
  CHECK(zone.with("work_mem", "1MB").with("search_path", "a").reading() == zone);
  CHECK(state({{"work_mem", "1MB"}}).reading() == session_state());
  for (const auto* name : {"client_encoding", "datestyle", "intervalstyle", "timezone",
                           "standard_conforming_strings", "transform_null_equals"})
    CHECK_FALSE(session_state().with(name, "other").reading() == session_state());
}

TEST_CASE("the difference between two sessions") {
  struct row {
    const char *title, *on_server, *wanted, *unknown, *expected;
  };
  const row rows[] = {
      {"nothing", "", "", "", ""},
      {"set", "", "a=1 b=2", "", "a=1 b=2"},
      {"reset", "a=1", "", "", "a"},
      {"change", "a=1 b=2", "a=2 b=2", "", "a=2"},
      {"empty is a value", "a=", "", "", "a"},
      {"unknown, wanted", "a=1", "a=1", "a", "a=1"},
      {"unknown, not wanted", "", "", "a a", "a"},

      {"a role is taken up last", "", "a=1 role=r z=1", "", "a=1 z=1 role=r"},
      {"and laid down first", "a=1 role=r", "", "", "role a"},
      {"the same role", "role=r", "a=1 role=r", "", "role=none a=1 role=r"},
      {"another role", "role=r", "a=1 role=s", "", "role=none a=1 role=s"},
      {"another role only", "role=r", "role=s", "", "role=s"},
      {"a role that may be set", "", "a=1", "role", "role a=1"},
      {"who changes the session's user loses the role", "role=r", "role=r session_authorization=u",
       "", "role=none session_authorization=u role=r"},
      {"both, and settings", "role=r session_authorization=u", "a=1 role=r session_authorization=u",
       "", "role=none session_authorization a=1 session_authorization=u role=r"},

      {"a timeout that was not in force comes last", "", "role=r statement_timeout=1 work_mem=1",
       "", "work_mem=1 role=r statement_timeout=1"},
      {"one that was goes first", "statement_timeout=1", "app.a=1 statement_timeout=2", "",
       "statement_timeout=2 app.a=1"},
      {"behind the role", "role=r transaction_timeout=1", "app.a=1", "",
       "role transaction_timeout app.a=1"},
  };
  for (const auto& one : rows) {
    CAPTURE(one.title);
    std::vector<std::string> unknown;
    for (const auto& [name, value] : pairs_of(one.unknown)) unknown.push_back(name);
    std::string spelled;
    for (const auto& [name, value] : diff(of(one.on_server), of(one.wanted), unknown))
      spelled += (spelled.empty() ? "" : " ") + name + (value ? "=" + *value : "");
    CHECK(spelled == one.expected);
  }
}

TEST_CASE("after a look the session is what was found, and its start-up's settings") {
  const auto startup = state({{"timezone", "Asia/Tokyo"}, {"work_mem", "1MB"}});
  CHECK(after_look({}, startup) == startup);
  CHECK(after_look({{"timezone", "UTC"}, {"a", ""}}, startup) ==
        state({{"a", ""}, {"timezone", "UTC"}, {"work_mem", "1MB"}}));
}
