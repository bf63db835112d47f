#include "tests/servers/tongue.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace skein::servers {
namespace {

const tongue postgres = {
    .which = engine::postgres,
    .heard = {.unavailable = "57P03",
              .lost = "08006",
              .rolled_back = "40001",
              .in_doubt = "08007",
              .limit = "53300",
              .wrong_password = "28P01",
              .refused = "42501",
              .late_statement = "57014",
              .shutdown = "57P01",
              .only_reads = "25006",
              .no_table = "42P01"},
    .sleep = "pg_sleep",
    .add_up = "count",
    .begin_read_only = "begin read only",
    .begin_serializable_read_only = {"begin isolation level serializable read only"},
    .first_parameter = "$1",
    .sessions =
        "select count(*) from pg_stat_activity where usename = 'app' and datname = 'app' "
        "and application_name <> 'skein catalog'",
};

const tongue mariadb = {
    .which = engine::mariadb,
    .heard = {.unavailable = "1053",
              .lost = "1053",
              .rolled_back = "1213",
              .in_doubt = "1180",
              .limit = "1040",
              .wrong_password = "1045",
              .refused = "1235",
              .late_statement = "1317",
              .shutdown = "1053",
              .only_reads = "1792",
              .no_table = "1146"},
    .sleep = "sleep",
    .add_up = "sum",
    .begin_read_only = "start transaction read only",
    .begin_serializable_read_only = {"set session transaction isolation level serializable",
                                     "start transaction read only"},
    .first_parameter = "?",
    .sessions =
        "select count(*) from information_schema.processlist where user = 'app' and db = "
        "'app'",
};

const tongue mysql = [] {
  tongue like = mariadb;
  like.which = engine::mysql;
  return like;
}();

}  // namespace

std::string tongue::running(const std::string& text) const {
  if (which == engine::postgres)
    return "select count(*) from pg_stat_activity where usename = 'app' and state = 'active' and "
           "position('" +
           text + "' in query) > 0";
  return "select count(*) from information_schema.processlist where user = 'app' and command in "
         "('Query', 'Execute') and instr(info, '" +
         text + "') > 0";
}

const tongue& tongue_of(engine which) {
  switch (which) {
    case engine::postgres:
      return postgres;
    case engine::mariadb:
      return mariadb;
    case engine::mysql:
      return mysql;
  }
  std::unreachable();
}

void make_goods(cluster& shop) {
  server& leader = shop.leader();
  std::string rows = "(1, 1)";
  for (int id = 2; id <= 100; ++id)
    rows += ", (" + std::to_string(id) + ", " + std::to_string(id) + ")";
  leader.query_as(app, "create table goods (id int primary key, n int)");
  leader.query_as(app, "insert into goods values " + rows);
  if (shop.which() == engine::postgres) {
    leader.query("grant pg_read_all_stats to app");
  } else {
    leader.query("grant replication client on *.* to app");
    if (shop.which() == engine::mariadb) leader.query("grant replica monitor on *.* to app");
  }
  shop.wait_until_caught_up();
}

void on_each_engine(void (*play)(const tongue& in)) {
  for (const engine which : {engine::postgres, engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    play(tongue_of(which));
  }
}

}  // namespace skein::servers
