// What a server connection remembers when it goes from one core to another.
#include "backends/postgres/memory.hpp"

#include <doctest/doctest.h>

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
