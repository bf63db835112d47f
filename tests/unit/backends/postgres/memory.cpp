// What a server connection remembers when it goes from one core to another.
#include "backends/postgres/memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/backends/postgres/making.hpp"

using namespace skein::postgres;

TEST_CASE("a server connection that changes cores takes no core's numbers along as its own") {
  core_memory core;
  server_memory server({}, 10);
  const auto one = core.statements.intern(std::string("select 1\0\0\0", 11), true, {});
  const auto two = core.statements.intern(std::string("select 2\0\0\0", 11), true, {});
  server.prepared.add(one);
  server.prepared.add(two);
  server.last_borrower = 5;
  server.unnamed = 6;
  server.ran_unseen_code = true;
  server.leave_core();
  // The names are taken there, perhaps by other texts: each is closed before it is used again.
  CHECK_FALSE(server.prepared.use(*one));
  CHECK_FALSE(server.prepared.use(*two));
  CHECK(server.doubtful == std::vector{one->number, two->number});
  CHECK(server.last_borrower > core.next_mark);
  CHECK(server.unnamed > core.next_mark);
  CHECK(server.sequences == 0);  // nothing was known before, either
  CHECK(server.ran_unseen_code);
}

TEST_CASE("facts are kept by the reader and by what is prepared, and told once") {
  core_memory core;
  making::shop in;
  const auto known = make_catalog(in.code);
  const auto of = [&](const std::string& text) {
    return core.reader.read(text, true, known.get()).facts;
  };
  const auto told = [&](std::string_view form) {
    return std::ranges::count(core.facts_kept(), form, [](const auto& each) { return each->form; });
  };
  CHECK(core.facts_kept().empty());
  of("select one");
  of("select two");
  of("SELECT two");
  const auto held = core.statements.intern(std::string("select one\0\0\0", 13), true, {});
  held->reading_with(core.reader, known.get());
  CHECK(told("select one") == 1);
  CHECK(told("select two") == 2);  // as many as there are ways to write it
  // Others come, until the reader has forgotten both.
  for (std::size_t i = 0; i < statement_reader::entries_default; ++i)
    of("select c" + std::to_string(i));
  CHECK(told("select one") == 1);
  CHECK(told("select two") == 0);
}
