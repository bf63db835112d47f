// What each kind and release of server is told when its role changes, word by word, and what is
// read from what it says of its role.
#include "backends/mysql/role_statements.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace skein;
using namespace skein::mysql;

namespace {

using texts = std::vector<std::string>;

constexpr dialect newer{flavour::mysql, 90704};
constexpr dialect older{flavour::mysql, 50744};
constexpr dialect between{flavour::mysql, 80022};
constexpr dialect maria{flavour::mariadb, 101119};

replication_link link(std::string name = {}) {
  return {.name = std::move(name),
          .source = {"a", 3306},
          .user = "replicator",
          .receives = true,
          .applies = true,
          .by_gtid = true};
}

standing following(const dialect& in, replication_link by = link()) {
  standing now;
  now.of = in.of;
  now.guarded = true;
  now.takes_writes = false;
  now.links = {std::move(by)};
  return now;
}

// As servers show them, of a follower that is well.
status_row shown(const dialect& in, status_row changed = {}) {
  status_row row;
  if (in.has_newer_words()) {
    row = {{"channel_name", ""},           {"source_host", "a"},
           {"source_port", "3306"},        {"source_user", "replicator"},
           {"replica_io_running", "Yes"},  {"replica_sql_running", "Yes"},
           {"source_ssl_allowed", "No"},   {"auto_position", "1"},
           {"retrieved_gtid_set", ""},     {"last_sql_errno", "0"},
           {"relay_log_file", "relay.02"}, {"relay_log_pos", "413"}};
  } else {
    row = {{"master_host", "a"},           {"master_port", "3306"},
           {"slave_io_running", "Yes"},    {"slave_sql_running", "Yes"},
           {"master_ssl_allowed", "Yes"},  {"last_sql_errno", "0"},
           {"relay_log_file", "relay.02"}, {"relay_log_pos", "413"}};
    if (in.of_mariadb()) row["using_gtid"] = "Slave_Pos";
  }
  for (auto& [name, value] : changed) row[name] = value;
  return row;
}

standing read(const dialect& in, const status_row& state, std::vector<status_row> links = {}) {
  return read_standing(in, state, links);
}

}  // namespace

TEST_CASE("a follower is told to stop and to start in its server's words") {
  CHECK(stop_receiving(newer, link()) == "stop replica io_thread");
  CHECK(stop_receiving(between, link()) == "stop slave io_thread");
  CHECK(stop_receiving(older, link()) == "stop slave io_thread");
  CHECK(stop_receiving(maria, link()) == "stop slave io_thread");
  CHECK(stop_applying(newer, link("n")) == "stop replica sql_thread for channel 'n'");
  CHECK(start_applying(maria, link("n")) == "start slave 'n' sql_thread");
  CHECK(start_following(newer, link()) == "start replica");
  CHECK(leave(newer, link()) == texts{"stop replica", "reset replica all"});
  CHECK(leave(newer, link("n")) ==
        texts{"stop replica for channel 'n'", "reset replica all for channel 'n'"});
  CHECK(leave(maria, link("n")) == texts{"stop slave 'n'", "reset slave 'n' all"});
  CHECK(links_question(newer) == "show replica status");
  CHECK(links_question(between) == "show slave status");
  CHECK(links_question(maria) == "show all slaves status");
}

TEST_CASE("what was received is kept by naming the place in the relay log") {
  auto by = link();
  by.relay_file = "relay.000002";
  by.relay_place = 413;
  CHECK(keep_relay_log(newer, by) ==
        "change replication source to source_delay = 0, source_auto_position = 0, "
        "relay_log_file = 'relay.000002', relay_log_pos = 413");
  CHECK(keep_relay_log(older, by) ==
        "change master to master_delay = 0, master_auto_position = 0, "
        "relay_log_file = 'relay.000002', relay_log_pos = 413");
  by.name = "n";
  CHECK(keep_relay_log(maria, by) ==
        "change master 'n' to master_delay = 0, master_use_gtid = no, "
        "relay_log_file = 'relay.000002', relay_log_pos = 413");
}

TEST_CASE("it is in danger where MariaDB would be started, or a delay is to go") {
  struct row {
    const char* what;
    bool applies;
    bool by_gtid;
    std::uint64_t delay;
    bool in_mysql;
    bool in_mariadb;
  };
  for (const auto& each : std::vector<row>{{"it applies", true, true, 0, false, false},
                                           {"it is kept back", true, true, 60, true, true},
                                           {"it has stopped", false, true, 0, false, true},
                                           {"it is safe already", false, false, 0, false, false},
                                           {"... and kept back", false, false, 9, true, true}}) {
    CAPTURE(each.what);
    auto by = link();
    by.applies = each.applies;
    by.by_gtid = each.by_gtid;
    by.delay_seconds = each.delay;
    CHECK(needs_relay_log_kept(newer, by) == each.in_mysql);
    CHECK(needs_relay_log_kept(maria, by) == each.in_mariadb);
  }
}

TEST_CASE("a follower follows another, as the user that it is told or remembers") {
  const upstream whom{.source = {"b", 3307}};
  CHECK(follow(newer, following(newer), whom) ==
        texts{"stop replica",
              "change replication source to source_host = 'b', source_port = 3307, "
              "source_auto_position = 1, get_source_public_key = 1",
              "start replica"});
  CHECK(follow(between, following(between), whom)[1] ==
        "change master to master_host = 'b', master_port = 3307, master_auto_position = 1, "
        "get_master_public_key = 1");
  CHECK(follow(older, following(older), whom)[1] ==
        "change master to master_host = 'b', master_port = 3307, master_auto_position = 1");
  CHECK(follow(maria, following(maria), whom) ==
        texts{"stop slave",
              "change master to master_host = 'b', master_port = 3307, "
              "master_use_gtid = slave_pos",
              "start slave"});
  auto encrypted = link("n");
  encrypted.tls = true;
  CHECK(follow(newer, following(newer, encrypted),
               {.source = {"b", 3307}, .user = "r", .password = "p", .tls = true}) ==
        texts{"stop replica for channel 'n'",
              "change replication source to source_password = 'p', source_user = 'r', "
              "source_host = 'b', source_port = 3307, source_auto_position = 1 for channel 'n'",
              "start replica for channel 'n'"});
}

TEST_CASE("who led goes on from all that it has, its own writes among them") {
  const upstream whom{.source = {"b", 3307}, .user = "r", .password = "p"};
  standing led;
  CHECK(follow(newer, led, whom) ==
        texts{"stop replica",
              "change replication source to source_password = 'p', source_user = 'r', "
              "source_host = 'b', source_port = 3307, source_auto_position = 1, "
              "source_connect_retry = 1, source_ssl = 0, source_retry_count = 1000000, "
              "get_source_public_key = 1",
              "start replica"});
  auto over_tls = whom;
  over_tls.tls = true;
  CHECK(follow(newer, led, over_tls)[1].ends_with(
      "source_connect_retry = 1, source_ssl = 1, source_retry_count = 1000000"));
  led.of = flavour::mariadb;
  struct row {
    const char* applied;
    const char* logged;
    const char* from;
  };
  for (const auto& each : std::vector<row>{{"", "0-1-100", "0-1-100"},
                                           {"0-2-90", "0-1-100", "0-1-100"},
                                           {"0-2-90,5-3-7", "0-1-100,6-1-1", "0-1-100,5-3-7,6-1-1"},
                                           {"0-2-90", "", "0-2-90"},
                                           {"0-2-90", "nonsense", "0-2-90"}}) {
    CAPTURE(each.logged);
    led.applied = each.applied;
    led.logged = each.logged;
    CHECK(follow(maria, led, whom) ==
          texts{"stop slave", "set global gtid_slave_pos = '" + std::string(each.from) + "'",
                "change master to master_password = 'p', master_user = 'r', master_host = 'b', "
                "master_port = 3307, master_use_gtid = slave_pos, master_connect_retry = 1, "
                "master_ssl = 0",
                "start slave"});
  }
}

TEST_CASE("no value ends its quotes") {
  const upstream whom{.source = {"h'\\", 1}, .user = "o'r", .password = std::string("\\'\0\"", 4)};
  CHECK(follow(maria, following(maria), whom)[1] ==
        R"(change master to master_password = '\\''\0"', master_user = 'o''r', )"
        R"(master_host = 'h''\\', master_port = 1, master_use_gtid = slave_pos)");
  CHECK(stop_receiving(maria, link("it's")) == "stop slave 'it''s' io_thread");
}

TEST_CASE("a guard against writes holds in MySQL until it is lifted, also over a restart") {
  CHECK(guard(newer) == "set global super_read_only = 1");
  CHECK(guard(maria) == "set global read_only = 1");
  CHECK(lift_guard(newer) == texts{"set global super_read_only = 0", "set global read_only = 0"});
  CHECK(lift_guard(maria) == texts{"set global read_only = 0"});
  CHECK(keep_guard(newer) == texts{"set persist super_read_only = 1", "set persist read_only = 1"});
  CHECK(forget_guard(newer) ==
        texts{"reset persist if exists super_read_only", "reset persist if exists read_only"});
  for (const auto& in : {older, maria}) {
    CHECK(keep_guard(in).empty());
    CHECK(forget_guard(in).empty());
  }
  CHECK(settle_session(3) ==
        "set session autocommit = 1, sql_mode = '', lock_wait_timeout = 3, "
        "innodb_lock_wait_timeout = 3");
}

TEST_CASE("clients are ended, the server's own threads and its followers are not") {
  const std::vector<status_row> sessions = {
      {{"id", "5"}, {"user", "event_scheduler"}, {"command", "Daemon"}},
      {{"id", "6"}, {"user", "system user"}, {"command", "Slave_IO"}},
      {{"id", "7"}, {"user", "system user"}, {"command", "Query"}},
      {{"id", "8"}, {"user", "replicator"}, {"command", "Binlog Dump"}},
      {{"id", "9"}, {"user", "replicator"}, {"command", "Binlog Dump GTID"}},
      {{"id", "10"}, {"user", "app"}, {"command", "Sleep"}},
      {{"id", "11"}, {"user", "mover"}, {"command", "Query"}},
      {{"id", "12"}, {"user", "mover"}, {"command", "Sleep"}},
      {{"id", "13"}, {"user", "unauthenticated user"}, {"command", "Connect"}},
      {{"id", "x"}, {"user", "app"}, {"command", "Sleep"}},
      {{"id", "4294967296"}, {"user", "root"}, {"command", "Query"}}};
  CHECK(clients_in(sessions, 11) == std::vector<std::uint64_t>{10, 12, 4294967296});
  CHECK(end_session(10) == "kill connection 10");
}

TEST_CASE("who waits for followers is told to wait for nobody, where he waits") {
  const auto with = [](const char* name, const char* value) {
    return std::vector<status_row>{{{"variable_name", name}, {"value", value}}};
  };
  CHECK(wait_for_nobody({}).empty());
  CHECK(wait_for_nobody(with("rpl_semi_sync_source_enabled", "OFF")).empty());
  CHECK(wait_for_nobody(with("rpl_semi_sync_source_enabled", "ON")) ==
        texts{"set global rpl_semi_sync_source_enabled = 0"});
  CHECK(wait_for_nobody(with("rpl_semi_sync_master_enabled", "ON")) ==
        texts{"set global rpl_semi_sync_master_enabled = 0"});
}

TEST_CASE("what a server has been told is read from either's rows") {
  for (const auto& in : {newer, between, maria}) {
    const auto now =
        read(in, {{"refuses_most", "1"}, {"refuses_all", "1"}, {"identity", "17"}}, {shown(in)});
    const auto told = duties_of(now);
    CHECK(told.receives);
    CHECK(told.source == member_address{"a", 3306});
    CHECK(!told.fenced);
    CHECK(told.server_identity == "17");
    CHECK(now.links[0].relay_place == 413);
    CHECK(now.links[0].relay_file == "relay.02");
  }
  const auto receives = [](const char* state) {
    return duties_of(read(newer, {}, {shown(newer, {{"replica_io_running", state}})})).receives;
  };
  CHECK(receives("Yes"));
  CHECK(receives("Connecting"));
  CHECK(!receives("No"));
  CHECK(read(newer, {}, {shown(newer)}).links[0].tls == false);
  CHECK(read(maria, {}, {shown(maria)}).links[0].tls);
}

TEST_CASE("who follows nobody and takes no writes from anybody is fenced") {
  struct row {
    dialect in;
    const char* most;
    const char* all;
    bool writes;
    bool fenced;
  };
  for (const auto& each : std::vector<row>{{newer, "0", "0", true, false},
                                           {newer, "1", "0", false, false},
                                           {newer, "0", "1", true, false},
                                           {newer, "1", "1", false, true},
                                           {maria, "0", "", true, false},
                                           {maria, "1", "", false, true},
                                           {maria, "ON", "", false, true}}) {
    const auto now = read(each.in, {{"refuses_most", each.most}, {"refuses_all", each.all}});
    CHECK(now.takes_writes == each.writes);
    CHECK(duties_of(now).fenced == each.fenced);
    CHECK(!duties_of(now).source);
  }
  // What is left of a link that was reset names no source.
  CHECK(duties_of(read(newer, {{"refuses_most", "1"}, {"refuses_all", "1"}},
                       {shown(newer, {{"source_host", ""}})}))
            .fenced);
}

TEST_CASE("several links, or a group, are left alone; a group that is not in use is nothing") {
  const auto group = [](const char* runs) {
    return shown(newer, {{"channel_name", "group_replication_applier"},
                         {"source_host", "<NULL>"},
                         {"replica_io_running", "No"},
                         {"replica_sql_running", runs}});
  };
  CHECK(why_not_changeable(read(newer, {}, {shown(newer), group("No")})).empty());
  CHECK(why_not_changeable(read(newer, {}, {group("Yes")})) ==
        "is in a replication group, which chooses its primary itself");
  CHECK(why_not_changeable(read(maria, {}, {shown(maria), shown(maria)})) ==
        "follows 2 servers: its role can be changed when it follows one at most");
}

TEST_CASE("whether all is applied is told by GTIDs") {
  const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  const std::string other = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
  const auto of_mysql = [&](const std::string& applied, const std::string& received) {
    return has_applied_all(
        read(newer, {{"applied", applied}}, {shown(newer, {{"retrieved_gtid_set", received}})}));
  };
  CHECK(of_mysql(uuid + ":1-9,\n" + other + ":1", uuid + ":5-9"));
  CHECK(of_mysql(uuid + ":1-9", ""));
  CHECK(!of_mysql(uuid + ":1-8", uuid + ":5-9"));
  CHECK(!of_mysql(uuid + ":1-9", other + ":1"));
  CHECK(!of_mysql("nonsense", ""));
  const auto of_mariadb = [&](const char* applied, const char* received) {
    return has_applied_all(
        read(maria, {{"applied", applied}}, {shown(maria, {{"gtid_io_pos", received}})}));
  };
  CHECK(of_mariadb("0-1-9", "0-1-9"));
  CHECK(of_mariadb("0-2-10,5-1-1", "0-1-9"));
  CHECK(!of_mariadb("0-1-8", "0-1-9"));
  CHECK(!of_mariadb("0-1-9", "0-1-9,5-1-1"));
  CHECK(!of_mariadb("0-1-9", "nonsense"));
}

TEST_CASE("who does not follow by GTIDs cannot be promoted") {
  CHECK(why_not_promotable(read(newer, {{"gtid_mode", "ON"}}, {shown(newer)})).empty());
  CHECK(why_not_promotable(read(newer, {{"gtid_mode", "OFF_PERMISSIVE"}}, {shown(newer)})) ==
        "does not number its transactions (gtid_mode = ON)");
  CHECK(why_not_promotable(read(maria, {}, {shown(maria)})).empty());
  const auto by_places = shown(maria, {{"using_gtid", "No"}});
  CHECK(why_not_promotable(read(maria, {}, {by_places})) ==
        "follows by places in a binary log, not by GTIDs (master_use_gtid = slave_pos)");
  auto stopped = by_places;
  stopped["slave_io_running"] = "No";  // as it is while we have it applied
  CHECK(why_not_promotable(read(maria, {}, {stopped})).empty());
}

TEST_CASE("who follows already is known by whom, as whom and by what") {
  const auto told = [](const status_row& row, const std::string& user = {}) {
    return is_told_to_follow(read(newer, {}, {row}), {"a", 3306}, user);
  };
  CHECK(told(shown(newer)));
  CHECK(told(shown(newer), "replicator"));
  CHECK(told(shown(newer, {{"replica_io_running", "No"}})));
  CHECK(!told(shown(newer), "another"));
  CHECK(!told(shown(newer, {{"source_port", "3307"}})));
  CHECK(!told(shown(newer, {{"auto_position", "0"}})));
  const auto refused =
      shown(newer, {{"replica_io_running", "Connecting"}, {"last_io_errno", "1045"}});
  CHECK(!told(refused, "replicator"));
  CHECK(told(refused));
  const auto away = shown(newer, {{"replica_io_running", "Connecting"}, {"last_io_errno", "2003"}});
  CHECK(told(away, "replicator"));
  CHECK(!is_told_to_follow(read(newer, {}), {"a", 3306}, {}));
}

TEST_CASE("what Skein has fenced is told from what a person did") {
  const auto fenced = [](const dialect& in, const status_row& state) {
    return duties_of(read_standing(in, state, {})).fenced_by_us;
  };
  const status_row of_mysql = {{"refuses_most", "1"}, {"refuses_all", "1"}, {"gtid_mode", "ON"}};
  const auto with = [](status_row row, const char* name, const char* value) {
    row[name] = value;
    return row;
  };
  CHECK(fenced(newer, with(of_mysql, "set_by_us", "1")));
  CHECK_FALSE(fenced(newer, with(of_mysql, "set_by_us", "0")));
  CHECK_FALSE(fenced(older, of_mysql));
  CHECK_FALSE(fenced(newer, with(with(of_mysql, "set_by_us", "1"), "refuses_most", "0")));
  const status_row of_maria = {{"refuses_most", "1"}};
  CHECK(fenced(maria, with(of_maria, "first_words", "do 0 /* fenced by skein */")));
  CHECK_FALSE(fenced(maria, with(of_maria, "first_words", "")));
  CHECK_FALSE(fenced(maria, with(of_maria, "first_words", "set @a = 1")));
  CHECK(standing_question(newer).find("set_user") != std::string_view::npos);
  CHECK(standing_question(older).find("set_user") == std::string_view::npos);
}

TEST_CASE("MariaDB is left word of a fence where it has room for it, and is freed of it") {
  const auto state = [](const char* first_words) {
    return read_standing(maria, {{"refuses_most", "1"}, {"first_words", first_words}}, {});
  };
  CHECK(mark_fence(state("")) == texts{"set global init_slave = 'do 0 /* fenced by skein */'"});
  CHECK(mark_fence(state("set @a = 1")).empty());
  CHECK(unmark_fence(state("do 0 /* fenced by skein */")) == texts{"set global init_slave = ''"});
  CHECK(unmark_fence(state("set @a = 1")).empty());
  CHECK(mark_fence(read_standing(newer, {{"refuses_most", "1"}}, {})).empty());
}
