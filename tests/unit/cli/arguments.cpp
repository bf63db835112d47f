// Command lines as people type them, right and wrong, and what the command makes of each.
#include "cli/arguments.hpp"

#include <doctest/doctest.h>

using namespace skein::cli;

namespace {

using words = std::vector<std::string>;

arguments parsed(const words& typed) {
  const auto got = parse(typed);
  REQUIRE_MESSAGE(got.has_value(), got.error());
  return *got;
}

std::string mistake(const words& typed) {
  const auto got = parse(typed);
  return got ? "(none)" : got.error();
}

}  // namespace

TEST_CASE("each command, with its file or without") {
  struct row {
    const char* word;
    command what;
  };
  for (const auto& one : {row{"run", command::run},
                          {"check", command::check},
                          {"status", command::status},
                          {"grants", command::grants}}) {
    const auto bare = parsed({one.word});
    CHECK(bare.what == one.what);
    CHECK(bare.file == "skein.yaml");
    CHECK_FALSE(bare.file_given);
    const auto named = parsed({one.word, "shop.yaml"});
    CHECK(named.what == one.what);
    CHECK(named.file == "shop.yaml");
    CHECK(named.file_given);
    CHECK_FALSE((named.json || named.keys || named.schema));
    CHECK((named.admin + named.feature).empty());
  }
}

TEST_CASE("each option, before the file and behind it") {
  for (const auto& typed : {words{"status", "--json", "--admin", "[::1]:99", "f"},
                            words{"status", "f", "--admin=[::1]:99", "--json"}}) {
    const auto got = parsed(typed);
    CHECK(got.json);
    CHECK(got.admin == "[::1]:99");
    CHECK(got.file == "f");
    CHECK_FALSE((got.keys || got.schema));
  }
  CHECK(parsed({"check", "--keys"}).keys);
  CHECK_FALSE(parsed({"check", "--keys"}).schema);
  CHECK(parsed({"check", "f", "--schema"}).schema);
  CHECK_FALSE(parsed({"check", "f", "--schema"}).keys);
  CHECK(parsed({"grants", "--feature", "health"}).feature == "health");
  CHECK(parsed({"run", "--take-over", "f"}).take_over);
  CHECK_FALSE(parsed({"run", "f"}).take_over);
  CHECK(mistake({"check", "--take-over"}).contains("is not an option of 'skein check'"));
  CHECK(parsed({"status", "--admin=a=b"}).admin == "a=b");
  CHECK(parsed({"status", "--admin", "a:1", "--admin", "b:2"}).admin == "b:2");
}

TEST_CASE("explain takes a statement, and then a file") {
  const auto all = parsed({"explain", "--user", "u", "select 1", "--cluster=shop", "--database",
                           "app", "shop.yaml", "--json", "--admin", "a:1"});
  CHECK(all.what == command::explain);
  CHECK(all.statement == "select 1");
  CHECK(all.user == "u");
  CHECK(all.cluster == "shop");
  CHECK(all.database == "app");
  CHECK(all.file == "shop.yaml");
  CHECK(all.file_given);
  CHECK(all.json);
  CHECK(all.admin == "a:1");
  const auto bare = parsed({"explain", "select 1"});
  CHECK_FALSE(bare.file_given);
  CHECK((bare.user + bare.cluster + bare.database).empty());
  CHECK(parsed({"explain", "--", "-- a comment\nselect 1"}).statement == "-- a comment\nselect 1");
  for (const auto& typed : {words{"explain"}, words{"explain", ""}, words{"explain", "--json"}})
    CHECK(mistake(typed) == "'skein explain' wants a statement, in quotes");
  CHECK(mistake({"explain", "select", "1", "+", "1"}) == "one file at a time: '1' and '+'");
  CHECK(mistake({"explain", "select 1", "--usr=x"}) ==
        "'--usr' is not an option of 'skein explain'; did you mean '--user'?");
}

TEST_CASE("behind -- everything is a file") {
  CHECK(parsed({"run", "--", "--odd.yaml"}).file == "--odd.yaml");
  CHECK(parsed({"check", "--keys", "--", "--help"}).file == "--help");
  CHECK(parsed({"run", "--"}).file == "skein.yaml");
  CHECK(parsed({"run", "--", "--"}).file == "--");
  CHECK(mistake({"run", "a", "--", "b"}) == "one file at a time: 'a' and 'b'");
}

TEST_CASE("an option that a command does not have: the nearest that it has") {
  struct row {
    words typed;
    std::string said;
  };
  for (const auto& one : std::vector<row>{
           {{"status", "--jsno"},
            "'--jsno' is not an option of 'skein status'; did you mean '--json'?"},
           {{"status", "--adress=x"},
            "'--adress' is not an option of 'skein status'; see 'skein status --help'"},
           {{"status", "--admn=x"},
            "'--admn' is not an option of 'skein status'; did you mean '--admin'?"},
           {{"check", "--shema"},
            "'--shema' is not an option of 'skein check'; did you mean '--schema'?"},
           {{"check", "--json"},
            "'--json' is not an option of 'skein check'; see 'skein check --help'"},
           {{"run", "--hlep"}, "'--hlep' is not an option of 'skein run'; did you mean '--help'?"},
           // Where it is none, it wants no value either.
           {{"run", "--admin"},
            "'--admin' is not an option of 'skein run'; see 'skein run --help'"},
           {{"run", "-f"}, "'-f' is not an option of 'skein run'; see 'skein run --help'"}}) {
    CHECK(mistake(one.typed) == one.said);
  }
}

TEST_CASE("a value that is missing, or one that is not wanted") {
  const std::string wanted = "'--admin' wants a value behind it";
  CHECK(mistake({"status", "--admin"}) == wanted);
  CHECK(mistake({"status", "--admin="}) == wanted);
  CHECK(mistake({"status", "--admin", ""}) == wanted);
  CHECK(mistake({"status", "--admin", "--json"}) == wanted);
  CHECK(mistake({"status", "--json=no"}) == "'--json' takes no value");
  CHECK(mistake({"check", "--keys="}) == "'--keys' takes no value");
  CHECK(mistake({"check", "--help=all"}) == "'--help' takes no value");
}

TEST_CASE("rejoin wants a member, then a file") {
  const auto got = parsed(
      {"rejoin", "a", "b.yaml", "--copy", "--data-directory", "/data", "--yes", "--cluster=shop"});
  CHECK(got.what == command::rejoin);
  CHECK(got.member == "a");
  CHECK(got.file == "b.yaml");
  CHECK(got.copy);
  CHECK(got.yes);
  CHECK(got.data_directory == "/data");
  CHECK(got.cluster == "shop");
  CHECK_FALSE(got.keep_only);
  CHECK(parsed({"rejoin", "a", "--keep-only"}).keep_only);
  CHECK(mistake({"rejoin"}) == "'skein rejoin' wants the name of a member");
  CHECK(mistake({"rejoin", "a", "b", "c"}) == "one file at a time: 'b' and 'c'");
}

TEST_CASE("servers are asked where that is wanted") {
  CHECK(parsed({"check", "a.yaml", "--connect"}).connect);
  CHECK_FALSE(parsed({"check"}).connect);
}

TEST_CASE("who leads may be left outside") {
  CHECK(parsed({"switchover", "--to", "b", "--leave-outside"}).leave_outside);
  CHECK_FALSE(parsed({"switchover", "--to", "b"}).leave_outside);
}

TEST_CASE("one file at a time, and no word that is no command") {
  CHECK(mistake({"run", "a.yaml", "b.yaml"}) == "one file at a time: 'a.yaml' and 'b.yaml'");
  CHECK(mistake({"statsu"}) == "'statsu' is no command; did you mean 'status'?");
  CHECK(mistake({"serve"}) ==
        "'serve' is no command; the commands are run, check, status, explain, grants, rejoin, "
        "switchover, drain");
  CHECK(mistake({"--json"}) ==
        "'--json' is no command; the commands are run, check, status, explain, grants, rejoin, "
        "switchover, drain");
  CHECK(mistake({""}) ==
        "'' is no command; the commands are run, check, status, explain, grants, rejoin, "
        "switchover, drain");
}

TEST_CASE("help: of all, of each command, in each way of asking") {
  CHECK(parsed({}).what == command::help);
  CHECK(parsed({}).topic.empty());
  for (const char* word : {"help", "--help", "-h"}) CHECK(parsed({word}).topic.empty());
  for (const std::string word : {"run", "check", "status", "explain", "grants", "rejoin"}) {
    CAPTURE(word);
    for (const auto& typed : {words{word, "--help"}, words{word, "-h"}, words{"help", word},
                              words{word, "file", "--help"}, words{word, "--help", "--wrong"}}) {
      const auto got = parsed(typed);
      CHECK(got.what == command::help);
      CHECK(got.topic == word);
    }
    CHECK(help(word).starts_with("Usage: skein " + word));
    CHECK(help(word).find("Exit codes: 0 ") != std::string::npos);
    CHECK(help("").find("skein " + word + " ") != std::string::npos);
  }
  CHECK(mistake({"help", "chek"}) == "'chek' is no command; did you mean 'check'?");
}

TEST_CASE("the help of a command names each of its options, and no line is too long") {
  const auto explains = [](const char* topic, const std::string& option) {
    return help(topic).find("\n  " + option + " ") != std::string::npos;
  };
  CHECK(explains("status", "--admin HOST:PORT"));
  CHECK(explains("status", "--json"));
  CHECK(explains("check", "--keys"));
  CHECK(explains("check", "--schema"));
  CHECK(explains("grants", "--feature NAME"));
  for (const char* option : {"--yes", "--copy", "--keep-only", "--data-directory DIR",
                             "--cluster NAME", "--admin HOST:PORT"})
    CHECK(explains("rejoin", option));
  for (const char* option :
       {"--cluster NAME", "--database NAME", "--user NAME", "--admin HOST:PORT", "--json"})
    CHECK(explains("explain", option));
  for (const char* topic : {"", "run", "check", "status", "explain", "grants", "rejoin"}) {
    std::size_t begin = 0;
    const std::string text = help(topic);
    CHECK(text.ends_with('\n'));
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      CHECK(end - begin <= 100);
    }
  }
}

TEST_CASE("the version, in each way of asking") {
  for (const char* word : {"version", "--version", "-V"}) {
    CHECK(parsed({word}).what == command::version);
  }
}
