// What the rows are written by that Skein writes for itself.
#include <doctest/doctest.h>

#include "backends/mysql/role_statements.hpp"

using namespace skein::mysql;

TEST_CASE("who leads is written down in time, where writes are taken, and never an earlier epoch") {
  CHECK(lead_statement(7, "o'b\\", {1700000000.25, 4294967295}) ==
        "insert into skein.`lead` (id, epoch, member, since) select 1, 7, 'o''b\\\\', now(6) "
        "from dual where (@@global.read_only = 0 or @@global.server_id <> 4294967295) and "
        "unix_timestamp(now(6)) < 1700000000.250000 "
        "on duplicate key update "
        "member = if(skein.`lead`.epoch <= 7, 'o''b\\\\', skein.`lead`.member), "
        "since = if(skein.`lead`.epoch <= 7, now(6), skein.`lead`.since), "
        "epoch = greatest(skein.`lead`.epoch, 7)");
}

TEST_CASE("what is written by is what the server says, or nothing is written") {
  const auto told = [](const char* clock, const char* server) {
    return read_limits({{"clock", clock}, {"server", server}}, std::chrono::milliseconds(1500));
  };
  const auto limits = told("1700000000.250000", "4294967295");
  REQUIRE(limits);
  CHECK(limits->until == 1700000001.75);
  CHECK(limits->server == 4294967295);
  for (const char* const server : {"", "4294967296", "-1", "1 or 1", "ON"}) {
    CAPTURE(server);
    CHECK_FALSE(told("1700000000", server));
  }
  CHECK_FALSE(told("", "1"));
  CHECK_FALSE(read_limits({}, {}));
}
