#include "console/command.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace skein::console;

namespace {

std::string refusal(std::string_view statement) {
  const auto meant = parse(statement);
  return meant ? "understood" : meant.error();
}

}  // namespace

TEST_CASE("what may be said at the console") {
  struct saying {
    std::string_view text;
    verb what;
    std::string name = {};
    std::uint64_t session = 0;
    std::string tag = "SHOW";
  };
  const std::array all = {
      saying{"SHOW CLUSTERS", verb::show_clusters},
      saying{"show members;", verb::show_members},
      saying{"Show\n\tPools ; ;", verb::show_pools},
      saying{"/* what is there? */ show -- now\n sessions", verb::show_sessions},
      saying{"SHOW SERVERS", verb::show_servers},
      saying{"SHOW STATEMENTS", verb::show_statements},
      saying{"SHOW PREPARED", verb::show_prepared},
      saying{"SHOW PINS", verb::show_pins},
      saying{"SHOW SETTINGS", verb::show_settings},
      saying{"SHOW VERSION", verb::show_version},
      saying{"SHOW HELP", verb::show_help},
      saying{"help;", verb::show_help},
      saying{"PAUSE", verb::pause, "", 0, "PAUSE"},
      saying{"pause shop", verb::pause, "shop", 0, "PAUSE"},
      saying{"pause \"two words; \"\"quoted\"\"\"", verb::pause, "two words; \"quoted\"", 0,
             "PAUSE"},
      saying{"RESUME 'shop'", verb::resume, "shop", 0, "RESUME"},
      saying{"Reload", verb::reload, "", 0, "RELOAD"},
      saying{"kill 4294967297", verb::kill, "", 4294967297, "KILL"},
      saying{"drain;", verb::drain, "", 0, "DRAIN"},
      saying{"BEGIN", verb::nothing, "", 0, "BEGIN"},
      saying{"set application_name = 'a;b'", verb::nothing, "", 0, "SET"},
      saying{"Show transaction\nisolation level", verb::show_isolation},
      saying{"deallocate all", verb::nothing, "", 0, "DEALLOCATE"},
      saying{"release savepoint a", verb::nothing, "", 0, "RELEASE"},
  };
  for (const saying& each : all) {
    CAPTURE(each.text);
    const auto meant = parse(each.text);
    REQUIRE_MESSAGE(meant, meant.error());
    CHECK(meant->what == each.what);
    CHECK(meant->name == each.name);
    CHECK(meant->session == each.session);
    CHECK(meant->tag == each.tag);
  }
}

TEST_CASE("what is to be explained: the statement as it is, behind where and who") {
  const auto plain = parse("explain route\n select 'a;b'");
  REQUIRE(plain);
  CHECK(plain->what == verb::explain_route);
  CHECK(plain->statement == "select 'a;b'");
  CHECK((plain->name + plain->in_database + plain->user).empty());
  const auto all = parse(
      "EXPLAIN ROUTE USER u DATABASE \"my db\" CLUSTER shop "
      "/* skein: leader */ select $1 -- who?");
  REQUIRE(all);
  CHECK(all->user == "u");
  CHECK(all->in_database == "my db");
  CHECK(all->name == "shop");
  CHECK(all->statement == "/* skein: leader */ select $1 -- who?");
  for (const char* text : {"explain", "explain select 1", "explain route", "explain route user u"})
    CHECK(refusal(text).starts_with("EXPLAIN ROUTE [CLUSTER name]"));
}

TEST_CASE("what may not be said is refused in words that help") {
  CHECK(refusal("") == "nothing was said: HELP lists what may be");
  CHECK(
      refusal("show me") ==
      "SHOW wants one of CLUSTERS, MEMBERS, POOLS, SESSIONS, SERVERS, STATEMENTS, PREPARED, PINS, "
      "SETTINGS, VERSION, HELP");
  CHECK(refusal("show pools now").starts_with("SHOW wants one of"));
  CHECK(refusal("pause a b") == "PAUSE wants the name of one cluster, or none for all");
  for (const char* text : {"pause ''", "pause \"\"", "pause \""})
    CHECK(refusal(text) == "PAUSE wants the name of one cluster, or none for all");
  CHECK(refusal("resume ''") == "RESUME wants the name of one cluster, or none for all");
  for (const char* text : {"kill $1", "pause $1;", "SELECT $1"})
    CHECK(refusal(text) ==
          "the console takes no parameters: write the value itself in the statement");
  for (const char* text :
       {"kill", "kill all", "kill -1", "kill 7x", "kill 7 8", "kill 99999999999999999999"})
    CHECK(refusal(text) == "KILL wants the id of one session, as SHOW SESSIONS tells it");
  CHECK(refusal("drain a").starts_with("DRAIN alone stops this Skein in good order; a member"));
  CHECK(refusal("reload now").starts_with("the console does not know"));
  CHECK(refusal("SELECT c.relname FROM pg_catalog.pg_class c").contains("no tables"));
  CHECK(refusal("\"show\" pools") ==
        "the console does not know \"show\": HELP lists what may be said");
  CHECK(refusal("drop table t").starts_with("the console does not know \"drop\""));
}

TEST_CASE("a text is split where its statements end") {
  using list = std::vector<std::string_view>;
  CHECK(statements_of("") == list{});
  CHECK(statements_of(" ; -- nothing\n ;/* open") == list{});
  CHECK(statements_of("show pools") == list{"show pools"});
  CHECK(statements_of("show pools;pause 'a;b';resume") ==
        list{"show pools", "pause 'a;b'", "resume"});
  CHECK(statements_of("kill 1 -- ; no\n; kill 2") == list{"kill 1 -- ; no\n", " kill 2"});
  CHECK(statements_of("pause \"open;") == list{"pause \"open;"});
}

TEST_CASE("each SHOW has columns, of names that no other column of it has") {
  for (const auto& line : help().rows) {
    const auto& words = std::get<std::string>(line[0]);
    CAPTURE(words);
    if (!words.starts_with("SHOW")) continue;
    const auto columns = columns_of(parse(words)->what);
    CHECK_FALSE(columns.empty());
    for (const column& each : columns)
      CHECK(std::ranges::count(columns, each.name, &column::name) == 1);
  }
  CHECK(columns_of(verb::pause).empty());
  CHECK(columns_of(verb::nothing).empty());
  CHECK(help().rows.size() == 17);
}
