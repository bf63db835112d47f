#include "backends/postgres/commit_statement.hpp"

#include <doctest/doctest.h>

#include <string>

using skein::postgres::commit;
using skein::postgres::commit_of;
using skein::postgres::is_rollback;

TEST_CASE("a COMMIT is one however it is written, and nothing else is") {
  for (const std::string each :
       {"commit", "COMMIT;", " Commit work ;", "end", "END TRANSACTION", "commit and no chain",
        "commit\n;;", "commit transaction and no chain;"})
    CHECK_MESSAGE(commit_of(each) == commit::plain, each);
  for (const std::string each : {"commit and chain", "end work and chain;"})
    CHECK_MESSAGE(commit_of(each) == commit::and_chain, each);
  for (const std::string each :
       {"", ";", "commit prepared 'x'", "commit; select 1", "commit;select 1", "committed",
        "end if", "rollback", "commit and", "commit and chains", "commit work work",
        "-- commit\ncommit", "select 1; commit", "commit and chain no"})
    CHECK_MESSAGE(commit_of(each) == commit::none, each);
  CHECK(commit_of("commit" + std::string(300, ' ')) == commit::none);
}

TEST_CASE("a ROLLBACK is one of the whole transaction") {
  for (const std::string each :
       {"rollback", "ROLLBACK;", "abort", "rollback work", "abort transaction and no chain"})
    CHECK_MESSAGE(is_rollback(each), each);
  for (const std::string each :
       {"rollback to a", "rollback to savepoint a", "rollback prepared 'x'", "rollback and chain",
        "commit", "rollback; select 1", ""})
    CHECK_FALSE_MESSAGE(is_rollback(each), each);
}
