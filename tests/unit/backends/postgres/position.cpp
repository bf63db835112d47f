#include "backends/postgres/position.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::postgres;

TEST_CASE("log positions are two hexadecimal halves") {
  CHECK(parse_lsn("0/0") == 0);
  CHECK(parse_lsn("16/B374D848") == 0x16B374D848);
  CHECK(parse_lsn("FFFFFFFF/FFFFFFFF") == 0xFFFFFFFFFFFFFFFF);
  for (const char* const text : {"", "/", "1/", "/1", "1", "1/g", "1/2/3", "100000000/0", " 1/2"})
    CHECK_FALSE(parse_lsn(text));
}

namespace {

observation_row leader_at(const char* inserted, const char* file, const char* flushed) {
  return {.in_recovery = "f",
          .inserted = inserted,
          .file = file,
          .page_bytes = "8192",
          .flushed = flushed,
          .received = "",
          .replayed = "",
          .timeline = "",
          .replay_age = "",
          .started_at_us = "1700000000000001",
          .server_version = "15.3"};
}
observation_row follower_at(const char* replayed, const char* timeline) {
  return {.in_recovery = "t",
          .inserted = "",
          .file = "",
          .page_bytes = "8192",
          .flushed = "",
          .received = replayed,
          .replayed = replayed,
          .timeline = timeline,
          .replay_age = "",
          .started_at_us = "5",
          .server_version = "10.1"};
}
result<observation> read(const observation_row& row) {
  known_timeline nothing;
  return read_observation(row, nothing);
}

}  // namespace

TEST_CASE("a leader's answer") {
  const auto seen =
      read(leader_at("16/B374D848", "(0000000B00000016000000B3,7657544)", "16/B374D000"));
  REQUIRE(seen);
  CHECK(seen->role == member_role::leader);
  CHECK(seen->written == position{11, 0x16B374D848, "16/B374D848"});
  CHECK(seen->offered == position{11, 0x16B374D000, "16/B374D000"});
  CHECK(seen->applied == position{});
  CHECK_FALSE(seen->lag_seconds);
  CHECK(seen->started_at_us == 1700000000000001);
  CHECK(seen->server_version == "15.3");
}

TEST_CASE("a leader's last record ends before the header of the page that is next") {
  struct row {
    const char *inserted, *file, *page;
    std::uint64_t end;
  };
  for (const auto& one :
       {row{"0/3000028", "(000000010000000000000003,40)", "8192", 0x3000000},     // of a file
        row{"0/3002018", "(000000010000000000000003,8216)", "8192", 0x3002000},   // of a page
        row{"0/3002028", "(000000010000000000000003,8232)", "8192", 0x3002028},   // a record's end
        row{"0/3002018", "(000000010000000000000003,8216)", "16384", 0x3002018},  // within a page
        row{"0/3000018", "(000000010000000000000003,24)", "8192", 0x3000000}}) {
    auto row = leader_at(one.inserted, one.file, one.inserted);
    row.page_bytes = one.page;
    const auto seen = read(row);
    REQUIRE(seen);
    CHECK(seen->written.rank == one.end);
    CHECK(seen->offered->rank == one.end);
  }
}

TEST_CASE("a follower's timeline is what it receives, or was told where it stands") {
  known_timeline known;
  const auto history = [&](const observation_row& row) {
    const auto seen = read_observation(row, known);
    REQUIRE(seen);
    CHECK(seen->written.history == seen->applied.history);
    CHECK(seen->history_unknown.empty() == (seen->applied.history != 0));
    return seen->applied.history;
  };
  CHECK(history(follower_at("0/20", "")) == 0);
  CHECK(history(follower_at("0/20", "3")) == 3);
  CHECK(history(follower_at("0/20", "")) == 3);
  CHECK(history(follower_at("0/28", "")) == 0);  // from anywhere
  CHECK(history(follower_at("0/20", "")) == 3);
  CHECK(history(follower_at("0/20", "0")) == 0);
  auto restarted = follower_at("0/20", "");
  restarted.started_at_us = "6";
  CHECK(history(restarted) == 0);
}

TEST_CASE("a follower's lag is what it has not applied") {
  struct row {
    const char *received, *replayed, *timeline, *age;
    std::uint64_t written;
    std::optional<double> lag;
  };
  for (const auto& one : {row{"0/20", "0/10", "1", "1.5", 0x20, 1.5},
                          {"0/20", "0/20", "1", "99", 0x20, 0.0},
                          {"0/20", "0/20", "", "99", 0x20, std::nullopt},
                          {"0/10", "0/20", "0", "99", 0x20, 0.0},
                          {"", "0/20", "", "99", 0x20, std::nullopt},
                          {"0/20", "0/10", "1", "", 0x20, std::nullopt},
                          {"0/20", "0/10", "1", "-0.2", 0x20, 0.0},
                          {"", "", "", "", 0, std::nullopt}}) {
    auto row = follower_at(one.replayed, one.timeline);
    row.received = one.received;
    row.replay_age = one.age;
    const auto seen = read(row);
    REQUIRE(seen);
    CHECK(seen->role == member_role::follower);
    CHECK(seen->written.rank == one.written);
    CHECK(seen->applied.rank == parse_lsn(one.replayed).value_or(0));
    CHECK(seen->lag_seconds == one.lag);
  }
}

TEST_CASE("an answer that makes no sense is an error") {
  const auto sound = leader_at("0/10", "(000000010000000000000000,16)", "0/10");
  REQUIRE(read(sound));
  REQUIRE(read(follower_at("0/10", "1")));
  for (const auto part :
       {&observation_row::in_recovery, &observation_row::inserted, &observation_row::file,
        &observation_row::page_bytes, &observation_row::flushed, &observation_row::started_at_us}) {
    for (const char* const text :
         {"", "x", "(,4)", "(00000001,)", "(00000001,x)", "(0000000x1,4)"}) {
      auto odd = sound;
      odd.*part = text;
      CHECK_FALSE(read(odd));
    }
  }
  CHECK_FALSE(read(follower_at("0/10", "x")));
}
