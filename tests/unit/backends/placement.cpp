// What is said of a statement by what it does, and what a cache keeps of the verdict.
#include "backends/placement.hpp"

#include <doctest/doctest.h>

using namespace skein;

namespace {

statement_deeds doing(deed kind, std::string command) {
  statement_deeds done;
  done.kind = kind;
  done.command = std::move(command);
  return done;
}

}  // namespace

TEST_CASE("a clause for each deed") {
  CHECK(words_of(doing(deed::reads, "")).empty());
  CHECK(words_of(doing(deed::writes, "INSERT")) == "it writes (INSERT)");
  CHECK(words_of(doing(deed::defines, "CREATE TABLE")) == "it defines (CREATE TABLE)");
  CHECK(words_of(doing(deed::calls, "CALL")) == "it runs code (CALL)");
  CHECK(words_of(doing(deed::session, "SET")) == "it belongs to its session (SET)");
  CHECK(words_of(doing(deed::unknown, "")) == "it cannot be parsed");
  for (const char* each : {"FOR UPDATE", "FOR NO KEY UPDATE", "FOR SHARE", "LOCK IN SHARE MODE"})
    CHECK(words_of(doing(deed::locks, each)) == std::string("it locks rows (") + each + ")");
  for (const char* each : {"LOCK TABLE", "LOCK TABLES", "UNLOCK TABLES", "LOCK INSTANCE"})
    CHECK(words_of(doing(deed::locks, each)) == std::string("it locks tables (") + each + ")");
  auto block = doing(deed::block, "SAVEPOINT");
  CHECK(words_of(block) == "it is part of a transaction (SAVEPOINT)");
  block.begins = true;
  CHECK(words_of(block) == "it begins a transaction");
  block.ends = true;
  CHECK(words_of(block) == "it ends a transaction");
}

TEST_CASE("a verdict has each name once, and a reason is the leader's") {
  auto done = doing(deed::reads, "");
  done.relations = {"b", "a", "b"};
  placement made;
  conclude(made, done, false);
  CHECK(made.where == place::any);
  CHECK(made.relations == std::vector<std::string>{"a", "b"});

  placement reasoned{.why = "it writes (INSERT)"};
  conclude(reasoned, done, false);
  CHECK(reasoned.where == place::leader);
  CHECK(reasoned.why == "it writes (INSERT)");

  placement begun{.why = "it begins a transaction"};
  conclude(begun, done, true);
  CHECK(begun.where == place::transaction);
  CHECK(begun.why.empty());
}

TEST_CASE("a form's number is the front of its digest, and none is zero") {
  CHECK(number_of_form("\x01\x02\x03\x04\x05\x06\x07\x08\x09") == 0x0102030405060708);
  CHECK(number_of_form(std::string(32, '\0')) == 1);
  statement_facts facts;
  take_placement(facts, {.where = place::any, .may_write = false, .form = "select 1"}, 7);
  CHECK(facts.where == place::any);
  CHECK_FALSE(facts.may_write);
  CHECK(facts.form == "select 1");
  CHECK(facts.fingerprint == 7);
}
