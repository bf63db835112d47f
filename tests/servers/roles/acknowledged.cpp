// By how many followers commits are acknowledged: as a server shows it that a person has set up
// otherwise, and as it is once it has been told.
#include "tests/servers/roles/scene.hpp"

using namespace skein;
using namespace skein::servers;

TEST_CASE("who goes on alone once too few are connected acknowledges by nobody, until it is told") {
  on_each(
      [](scene& on) {
        auto how = on.settings(on.a());
        how.wanted = {.acks = 1, .own_name = "a", .followers = {"b"}};
        const auto leads = scene::changer(how);
        auto follows_how = on.settings(on.b());
        follows_how.wanted = {.acks = 1, .own_name = "b", .followers = {"a"}};
        const auto follows = scene::changer(follows_how);
        const auto acks = [&] {
          const auto told = leads->examine();
          return told ? told->acks : 99;
        };
        scene::expect_done(leads->assure(1));
        wait_until(
            [&] {
              scene::expect_done(follows->assure(1));
              const auto told = follows->examine();
              return told && told->counted && acks() == 1;
            },
            30s, "a waits for b, and b answers");

        const auto patience =
            on.words("rpl_semi_sync_source_wait_no_replica", "rpl_semi_sync_master_wait_no_slave");
        on.a().query("set global " + patience + " = 0");
        CHECK(acks() == 0);
        scene::expect_done(leads->assure(1));
        wait_until([&] { return acks() == 1; }, 30s, "a waits for b again");
        CHECK(on.a().value("select @@global." + patience) == "1");
        on.put(on.a(), 1, 3);
        on.wait_for_count(on.b(), "3");
      },
      1);
}

TEST_CASE("a follower that may lose what it acknowledges says by what settings") {
  on_each(
      [](scene& on) {
        auto how = on.settings(on.b());
        const auto remark = [&] {
          const auto told = scene::changer(how)->examine();
          return told ? told->remark : told.error().text_for_client;
        };
        on.b().query("set global sync_relay_log = 10000");
        on.b().query("set global sync_binlog = 1");
        on.b().query("set global innodb_flush_log_at_trx_commit = 2");
        CHECK(remark().empty());  // it is not asked to acknowledge
        how.wanted = {.acks = 1, .own_name = "b", .followers = {"a"}};
        CHECK(remark() ==
              "may lose what it has acknowledged when it crashes: set "
              "innodb_flush_log_at_trx_commit = 1, sync_relay_log = 1");
        on.b().query("set global sync_relay_log = 1");
        on.b().query("set global innodb_flush_log_at_trx_commit = 1");
        CHECK(remark().empty());
      },
      1);
}
