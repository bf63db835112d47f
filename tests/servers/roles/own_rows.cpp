// The rows that Skein writes reach the followers in whatever way the servers log: as rows, or as
// statements that each follower carries out by itself.
#include "backends/mysql/commit_tokens.hpp"
#include "tests/servers/roles/scene.hpp"

using namespace skein;
using namespace skein::servers;

namespace {

constexpr auto tokens_left =
    "select coalesce(group_concat(left(hex(token), 8)), '') "
    "from skein.commits";

void write_tokens(scene& on) {
  for (const auto each : skein::mysql::commits_table().makes) on.a().query(each);
  on.a().query("grant select, delete on skein.commits to mover");
  on.a().query("insert into skein.commits values (x'000000a1" + std::string(24, '0') +
               "', now() - interval 61 minute), (x'000000b2" + std::string(24, '0') +
               "', now() - interval 50 minute)");
}

}  // namespace

TEST_CASE("rows of Skein's own reach followers, however the servers log them") {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    for (const std::string format : {"STATEMENT", "MIXED", "ROW"}) {
      CAPTURE(to_string(which));
      CAPTURE(format);
      scene on(which, 1, {"binlog_format = " + format});
      REQUIRE(on.a().value("select @@global.binlog_format") == format);
      write_tokens(on);

      for (int i = 0; i < 3; ++i) scene::expect_done(on.order(on.a()).beat());
      scene::expect_done(on.order(on.a()).record_lead({.epoch = 5, .member = "o'b\\"}));
      CHECK_FALSE(on.order(on.a()).record_lead({.epoch = 4, .member = "before"}));
      wait_until([&] { return on.a().value(tokens_left) == "000000B2"; }, 60s,
                 "the old token is cleared");
      on.shop.wait_until_caught_up();
      CHECK(on.b().value("select group_concat(beats) from skein.heartbeat") == "3");
      CHECK(on.b().value(tokens_left) == "000000B2");
      const auto there = on.examine(on.b()).last_lead;
      REQUIRE(there);
      CHECK(there->epoch == 5);
      CHECK(there->member == "o'b\\");
      CHECK(on.b().value("select beat_at from skein.heartbeat") ==
            on.a().value("select beat_at from skein.heartbeat"));

      scene::expect_done(on.order(on.a()).fence());
      CHECK_FALSE(on.order(on.a()).beat());
      CHECK_FALSE(on.order(on.a()).record_lead({.epoch = 6, .member = "a"}));
      CHECK(on.a().value("select group_concat(beats) from skein.heartbeat") == "3");
      CHECK(on.a().value("select epoch from skein.`lead`") == "5");
    }
  }
}
