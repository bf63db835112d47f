// What servers answer, and what the observer makes of it: roles, positions, who covers whom, and
// the clauses about replication that stands still.
#include "backends/mysql/position.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace skein;
using namespace skein::mysql;

namespace {

const std::string one = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string two = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

// A server of MySQL with GTIDs that takes writes, or what is changed of it.
struct answers {
  flavour of = flavour::mysql;
  status_row state = {
      {"guarded", "0"}, {"gtid", one + ":1-100"}, {"gtid_mode", "ON"}, {"logs", "1"},
      {"uuid", one},    {"version", "9.7.0"},     {"now", "1000.5"},   {"uptime", "100"}};
  std::vector<status_row> following = {};
  std::optional<status_row> log_end = {};

  observation_rows told() const {
    return {
        .of = of, .state = state, .following = following, .log_end = log_end ? &*log_end : nullptr};
  }
  observation read() const { return read_observation(told()); }
  bool wants() const { return wants_log_end(told()); }
};

answers with(status_row changed, std::vector<status_row> following = {}) {
  answers out;
  for (auto& [name, value] : changed) out.state[name] = value;
  out.following = std::move(following);
  return out;
}
answers of_mariadb(status_row changed, std::vector<status_row> following = {}) {
  answers out;
  out.of = flavour::mariadb;
  out.state = {{"guarded", "0"}, {"gtid", "0-1-100"}, {"logged", "0-1-100"},
               {"applied", ""},  {"logs", "1"},       {"version", "10.11.6-MariaDB"}};
  for (auto& [name, value] : changed) out.state[name] = value;
  out.following = std::move(following);
  return out;
}

status_row replica(status_row changed = {}) {
  status_row out = {{"replica_io_running", "Yes"}, {"replica_sql_running", "Yes"},
                    {"last_io_error", ""},         {"last_sql_error", ""},
                    {"source_uuid", one},          {"seconds_behind_source", "0"},
                    {"channel_name", ""}};
  for (auto& [name, value] : changed) out[name] = value;
  return out;
}
status_row slave(status_row changed = {}) {
  status_row out = {{"slave_io_running", "Yes"},
                    {"slave_sql_running", "Yes"},
                    {"last_io_error", ""},
                    {"last_sql_error", ""},
                    {"seconds_behind_master", "0"}};
  for (auto& [name, value] : changed) out[name] = value;
  return out;
}
status_row at(const std::string& file, const std::string& offset, status_row changed = {}) {
  changed["relay_source_log_file"] = file;
  changed["exec_source_log_pos"] = offset;
  return replica(std::move(changed));
}

}  // namespace

TEST_CASE("who neither is read only nor follows another leads") {
  struct row {
    const char* what;
    answers told;
    member_role role;
  };
  for (const auto& each : std::vector<row>{
           {"writable, follows nobody", with({}), member_role::leader},
           {"read only", with({{"guarded", "1"}}), member_role::follower},
           {"read only, follows", with({{"guarded", "1"}}, {replica()}), member_role::follower},
           {"writable, follows", with({}, {replica()}), member_role::follower},
           {"writable, follows, stopped",
            with({}, {replica({{"replica_io_running", "No"}, {"replica_sql_running", "No"}})}),
            member_role::follower},
           {"writable, with a group's own channels",
            with({}, {replica({{"channel_name", "group_replication_applier"}}),
                      replica({{"channel_name", "group_replication_recovery"},
                               {"replica_io_running", "No"},
                               {"replica_sql_running", "No"}})}),
            member_role::leader},
           {"MariaDB, writable", of_mariadb({}), member_role::leader},
           {"MariaDB, by a connection with a name", of_mariadb({}, {slave()}),
            member_role::follower}}) {
    CAPTURE(each.what);
    CHECK(each.told.read().role == each.role);
  }
}

TEST_CASE("a follower with writes of its own does not cover what it lacks") {
  const auto leader = with({{"gtid", one + ":1-100"}}).read();
  CHECK(leader.written.text == one + ":1-100");
  CHECK(leader.written.rank == 100);
  struct row {
    const char* what;
    std::string gtid;
    bool covers;
  };
  for (const auto& each :
       std::vector<row>{{"the same", one + ":1-100", true},
                        {"more", one + ":1-101", true},
                        {"all, and its own", one + ":1-100," + two + ":1", true},
                        {"less", one + ":1-99", false},
                        {"as many", one + ":1-99," + two + ":1", false},
                        {"more, but not all", one + ":1-99," + two + ":1-9", false},
                        {"a gap", one + ":1-50:52-200", false},
                        {"nothing", "", false}}) {
    CAPTURE(each.what);
    const auto seen = with({{"guarded", "1"}, {"gtid", each.gtid}}, {replica()}).read();
    CHECK(covers(seen.applied, leader.written) == each.covers);
    CHECK(seen.history_unknown.empty());
  }
}

TEST_CASE("MariaDB: a follower covers by what it has applied of others, not by its own writes") {
  const auto leader = of_mariadb({{"gtid", "0-1-100"}}).read();
  struct row {
    const char* what;
    const char* applied;
    bool covers;
  };
  for (const auto& each : std::vector<row>{{"the same", "0-1-100", true},
                                           {"more", "0-1-101", true},
                                           {"more, of a newer leader", "0-2-101", true},
                                           {"less", "0-1-99", false},
                                           {"less, and another domain", "0-1-99,7-2-500", false},
                                           {"as much of another history", "0-2-100", false}}) {
    CAPTURE(each.what);
    const auto seen =
        of_mariadb({{"guarded", "1"}, {"gtid", "0-2-900"}, {"applied", each.applied}}, {slave()})
            .read();
    CHECK(covers(seen.applied, leader.written) == each.covers);
  }
}

TEST_CASE("MariaDB: what a leader wrote under an earlier server_id is written all the same") {
  const auto leader = of_mariadb({{"gtid", "0-1-90,5-3-7"}, {"logged", "0-1-100"}}).read();
  CHECK(leader.written.text == "0-1-100,5-3-7");
}

TEST_CASE("MariaDB: nothing is known of the history of who is not connected") {
  const auto told = [](const char* receives) {
    return of_mariadb({{"guarded", "1"}, {"applied", "0-1-100"}},
                      {slave({{"slave_io_running", receives}})})
        .read();
  };
  CHECK(told("Yes").history_unknown.empty());
  CHECK(told("Connecting").history_unknown ==
        "that is not connected to whom it follows, so that its history cannot be told");
  CHECK(told("Connecting").stopped.empty());
  CHECK(!of_mariadb({{"guarded", "1"}}).read().history_unknown.empty());
}

TEST_CASE("without GTIDs a position is a place in the leader's log") {
  answers leading = with({{"gtid_mode", "OFF"}, {"gtid", ""}});
  CHECK(leading.wants());
  leading.log_end = status_row{{"file", "binlog.000012"}, {"position", "400"}};
  const auto leader = leading.read();
  CHECK(leader.written.text == "binlog.000012:400");
  CHECK(leader.written.history != 0);
  struct row {
    const char* what;
    status_row following;
    bool covers;
  };
  for (const auto& each : std::vector<row>{
           {"the same", at("binlog.000012", "400"), true},
           {"further", at("binlog.000012", "401"), true},
           {"the next file", at("binlog.000013", "4"), true},
           {"less", at("binlog.000012", "399"), false},
           {"a file before", at("binlog.000011", "9000"), false},
           {"a number that is longer", at("binlog.1000000", "4"), true},
           {"a log of another name", at("mysql-bin.000012", "400"), false},
           {"the log of another server", at("binlog.000012", "400", {{"source_uuid", two}}), false},
           {"no server yet", at("binlog.000012", "400", {{"source_uuid", ""}}), false},
           {"no file yet", at("", "0"), false}}) {
    CAPTURE(each.what);
    const auto seen =
        with({{"guarded", "1"}, {"gtid_mode", "OFF"}, {"gtid", ""}}, {each.following}).read();
    CHECK(covers(seen.applied, leader.written) == each.covers);
  }
  const auto several = with({{"guarded", "1"}, {"gtid_mode", "OFF"}}, {replica(), replica()});
  CHECK(several.read().history_unknown == "that has no GTIDs and follows several servers");
  const auto alone = with({{"guarded", "1"}, {"gtid_mode", "OFF"}});
  CHECK(alone.read().history_unknown == "that has no GTIDs and follows nobody");
}

TEST_CASE("the log's end is asked for where nothing else tells how far a leader is") {
  CHECK(!with({}).wants());
  CHECK(with({{"gtid_mode", "OFF_PERMISSIVE"}}).wants());
  CHECK(with({{"gtid_mode", "ON_PERMISSIVE"}}).wants());  // some transactions may have none
  CHECK(!with({{"gtid_mode", "OFF"}, {"logs", "0"}}).wants());
  CHECK(!with({{"gtid_mode", "OFF"}, {"guarded", "1"}}).wants());
  CHECK(!of_mariadb({}).wants());
}

TEST_CASE("who has GTIDs and who has none do not cover each other, though both have nothing") {
  answers leading = with({{"gtid_mode", "OFF"}, {"gtid", ""}});
  leading.log_end = status_row{{"file", "binlog.000001"}, {"position", "4"}};
  const auto by_place = leading.read();
  const auto by_gtid = with({{"guarded", "1"}, {"gtid", ""}}, {replica()}).read();
  CHECK(!covers(by_gtid.applied, by_place.written));
  CHECK(!covers(by_place.written, by_gtid.applied));
  const auto nothing = with({{"gtid", ""}}).read();
  CHECK(covers(by_gtid.applied, nothing.written));
}

TEST_CASE("nobody covers a leader that does not say how far it is") {
  const auto follower = with({{"guarded", "1"}, {"gtid", ""}}, {replica()}).read();
  for (const auto& [told, why] : std::vector<std::pair<answers, std::string>>{
           {with({{"logs", "0"}}), "whose binary log is off, so that nobody can follow it"},
           {of_mariadb({{"logs", "0"}}), "whose binary log is off, so that nobody can follow it"},
           {with({{"gtid", "nonsense"}}), "whose GTIDs cannot be read"},
           {of_mariadb({{"logged", "nonsense"}}), "whose GTIDs cannot be read"},
           {with({{"gtid_mode", "OFF"}}),
            "that has no GTIDs and does not say where its log ends"}}) {
    const auto leader = told.read();
    CHECK(leader.role == member_role::leader);
    CHECK(leader.history_unknown == why);
    CHECK(!covers(follower.applied, leader.written));
    CHECK(!covers(leader.written, leader.written));
  }
  CHECK(with({{"guarded", "1"}, {"gtid", "x"}}).read().history_unknown ==
        "whose GTIDs cannot be read");
}

TEST_CASE("a follower whose replication stands still says why") {
  struct row {
    status_row following;
    const char* stopped;
  };
  for (const auto& each : std::vector<row>{
           {replica(), ""},
           {replica({{"replica_io_running", "Connecting"}}), ""},
           {replica(
                {{"replica_sql_running", "No"}, {"last_sql_error", "Duplicate entry '1'\nmore"}}),
            "its replication has stopped: Duplicate entry '1'"},
           {replica({{"replica_io_running", "No"}, {"last_io_error", "Got fatal error 1236"}}),
            "its replication has stopped: Got fatal error 1236"},
           {replica({{"replica_sql_running", "No"}}),
            "its replication has been stopped (START REPLICA)"},
           {replica({{"replica_io_running", "No"}}),
            "its replication has been stopped (START REPLICA)"}}) {
    CHECK(with({{"guarded", "1"}}, {each.following}).read().stopped == each.stopped);
  }
  const auto both = replica({{"replica_io_running", "No"}, {"replica_sql_running", "No"}});
  CHECK(with({}, {both}).read().stopped ==
        "its replication has been stopped (START REPLICA, or RESET REPLICA ALL if it is to lead)");
  CHECK(with({{"guarded", "1"}}, {replica(), both}).read().stopped ==
        "its replication has been stopped (START REPLICA)");
  CHECK(of_mariadb({{"guarded", "1"}}, {slave({{"slave_sql_running", "No"}})}).read().stopped ==
        "its replication has been stopped (START SLAVE)");
}

TEST_CASE("a follower's own word on its lag is told, and decides nothing") {
  const auto lagging = [](std::optional<std::string> seconds) {
    return with({{"guarded", "1"}}, {replica({{"seconds_behind_source", std::move(seconds)}})})
        .read()
        .lag_seconds;
  };
  CHECK(lagging("0") == 0.0);
  CHECK(lagging("17") == 17.0);
  CHECK(!lagging(std::nullopt));
}
