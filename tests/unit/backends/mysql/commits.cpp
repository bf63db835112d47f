// What is told of a commit by what was found of its token; the tokens, and what is said to servers.
#include "backends/mysql/commits.hpp"

#include <doctest/doctest.h>

#include "backends/mysql/commit_tokens.hpp"

using namespace skein;
using namespace skein::mysql;
using namespace std::chrono_literals;

TEST_CASE("what a finding tells") {
  struct {
    token_finding found;
    std::optional<commit_fate> told;
  } const table[] = {
      {{.can_tell = false}, std::nullopt},
      {{.can_tell = true, .locked = true}, std::nullopt},
      {{.can_tell = true, .locked = true, .moved = true, .believable = true}, std::nullopt},
      {{.can_tell = true, .kept = true}, commit_fate::committed},
      {{.can_tell = true, .kept = true, .believable = true}, commit_fate::committed},
      {{.can_tell = true, .kept = true, .waits = true}, commit_fate::unknown},
      {{.can_tell = true, .kept = true, .moved = true, .waits = true}, commit_fate::committed},
      {{.can_tell = true, .believable = true}, commit_fate::rolled_back},
      {{.can_tell = true, .moved = true, .believable = true}, commit_fate::rolled_back},
      {{.can_tell = true, .moved = true}, commit_fate::unknown},
      {{.can_tell = false, .kept = true, .moved = true, .believable = true}, std::nullopt},
  };
  for (const auto& each : table) {
    CAPTURE(&each - table);
    CHECK(fate_by(each.found) == each.told);
  }
}

TEST_CASE("a token is 16 bytes, never the same, and knows its age") {
  token_maker one;
  token_maker other;
  const std::string first = one.next(1000s);
  CHECK(first.size() == 32);
  CHECK(first.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(one.next(1000s) != first);
  CHECK(other.next(1000s) != first);
  CHECK(age_of(first, 1000s) == 0s);
  CHECK(age_of(first, 2800s) == 1800s);
  CHECK_FALSE(age_of(first, 999s).has_value());
  CHECK_FALSE(age_of("", 1000s).has_value());
  CHECK_FALSE(age_of(std::string(32, 'x'), 1000s).has_value());
}

TEST_CASE("a COMMIT and nothing else") {
  CHECK(is_plain_commit("commit"));
  CHECK(is_plain_commit("COMMIT WORK"));
  CHECK_FALSE(is_plain_commit("commit and chain"));
  CHECK_FALSE(is_plain_commit("commit release"));
  CHECK_FALSE(is_plain_commit("xa commit"));
  CHECK_FALSE(is_plain_commit(""));
}

TEST_CASE("what is said of tokens") {
  CHECK(token_statement("ab") == "insert into skein.commits (token) values (x'ab')");
  CHECK(token_question("ab") == "select 1 as kept from skein.commits where token = x'ab'");
  CHECK(clear_statement({12.5, 3}, 2000) ==
        "delete from skein.commits where written_at < now() - interval 1 hour and "
        "(@@global.read_only = 0 or @@global.server_id <> 3) and unix_timestamp(now(6)) < "
        "12.500000 order by written_at, token limit 2000");
  CHECK(token_believed < token_kept);
}
