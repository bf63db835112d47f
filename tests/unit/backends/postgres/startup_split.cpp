// split_startup of session_state.hpp: which settings of a start-up packet travel with the client.
#include <doctest/doctest.h>

#include "backends/postgres/session_state.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

startup_split split(pairs parameters) {
  return split_startup({"ann", "shop", std::move(parameters)});
}

}  // namespace

TEST_CASE("settings of a start-up packet travel under their folded names") {
  const auto found = split({{"TimeZone", "UTC"}, {"application_name", ""}, {"App.User", "Ann"}});
  CHECK(found.settings.all() ==
        settings_map{{"app.user", "Ann"}, {"application_name", ""}, {"timezone", "UTC"}});
  CHECK(found.for_server.empty());
  CHECK(split({}).settings == session_state());
}

TEST_CASE("settings inside options") {
  struct row {
    std::string options;
    settings_map settings;
  };
  const row rows[] = {
      {"", {}},
      {" \t\n", {}},
      {"-c work_mem=1MB", {{"work_mem", "1MB"}}},
      {"-cwork_mem=1MB", {{"work_mem", "1MB"}}},
      {"--work_mem=1MB", {{"work_mem", "1MB"}}},
      {"--Statement-Timeout=5s", {{"statement_timeout", "5s"}}},
      {"  -c\ta=b  -c  c=d\n", {{"a", "b"}, {"c", "d"}}},
      {"-c a=", {{"a", ""}}},
      {"-c a=b=c", {{"a", "b=c"}}},
      {"-c a=1 -c A=2", {{"a", "2"}}},
      {R"(-c a=one\ two)", {{"a", "one two"}}},
      {R"(-c\ a=1)", {{" a", "1"}}},
      {R"(-c a=back\\slash\x)", {{"a", R"(back\slashx)"}}},
      {R"(-c a=end\)", {{"a", "end"}}},
      {R"(-c search_path="a,b",c)", {{"search_path", R"("a,b",c)"}}},
      {"-c -a=1", {{"_a", "1"}}},
  };
  for (const auto& one : rows) {
    CAPTURE(one.options);
    const auto found = split({{"options", one.options}});
    CHECK(found.settings.all() == one.settings);
    CHECK(found.for_server.empty());
  }
}

TEST_CASE("options with more than settings in them are the server's to read") {
  for (const std::string options :
       {"-c a", "-c", "-ca", "--", "--a", "--=1", "-c =1", "-S 2048", "-c a=1 -S 2048", "-e",
        "word", "-", R"(\)", "-E -c a=1", "-fs -c a=1"}) {
    CAPTURE(options);
    const auto found = split({{"options", options}, {"b", "2"}});
    CHECK(found.settings.all() == settings_map{{"b", "2"}});
    CHECK(found.for_server == pairs{{"options", options}});
  }
}

TEST_CASE(
    "a pair of its own wins over options, wherever it stands; of two options the last counts") {
  const auto found = split({{"a", "pair"}, {"options", "-c b=lost"}, {"options", "-c a=1 -c c=3"}});
  CHECK(found.settings.all() == settings_map{{"a", "pair"}, {"c", "3"}});
}

TEST_CASE("what can only be said when the connection starts is the server's") {
  const auto found = split({{"options", "-c Log-Connections=on -c a=1"},
                            {"session_preload_libraries", "x"},
                            {"transaction_isolation", "serializable"}});
  CHECK(found.settings.all() == settings_map{{"a", "1"}});
  CHECK(found.for_server == pairs{{"log_connections", "on"},
                                  {"session_preload_libraries", "x"},
                                  {"transaction_isolation", "serializable"}});
}
