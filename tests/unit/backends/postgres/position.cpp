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

TEST_CASE("a leader's answer") {
  const auto seen = read_observation({.in_recovery = "f",
                                      .inserted = "16/B374D848",
                                      .received = "",
                                      .replayed = "",
                                      .receiving = "f",
                                      .replay_age = "",
                                      .timeline = "3",
                                      .started_at_us = "1700000000000001",
                                      .server_version = "15.3"});
  REQUIRE(seen);
  CHECK(seen->role == member_role::leader);
  CHECK(seen->written == position{3, 0x16B374D848, "16/B374D848"});
  CHECK(seen->applied == position{});
  CHECK_FALSE(seen->lag_seconds);
  CHECK(seen->started_at_us == 1700000000000001);
  CHECK(seen->server_version == "15.3");
}

TEST_CASE("a follower's lag is what it has not applied") {
  struct row {
    const char *received, *replayed, *receiving, *age;
    std::uint64_t written;
    std::optional<double> lag;
  };
  for (const auto& one : {row{"0/20", "0/10", "t", "1.5", 0x20, 1.5},
                          {"0/20", "0/20", "t", "99", 0x20, 0.0},
                          {"0/20", "0/20", "f", "99", 0x20, std::nullopt},
                          {"0/10", "0/20", "t", "99", 0x20, 0.0},
                          {"", "0/20", "f", "99", 0x20, std::nullopt},
                          {"0/20", "0/10", "t", "", 0x20, std::nullopt},
                          {"0/20", "0/10", "t", "-0.2", 0x20, 0.0},
                          {"", "", "f", "", 0, std::nullopt}}) {
    const auto seen = read_observation({.in_recovery = "t",
                                        .inserted = "",
                                        .received = one.received,
                                        .replayed = one.replayed,
                                        .receiving = one.receiving,
                                        .replay_age = one.age,
                                        .timeline = "1",
                                        .started_at_us = "5",
                                        .server_version = "10.1"});
    REQUIRE(seen);
    CHECK(seen->role == member_role::follower);
    CHECK(seen->written.rank == one.written);
    CHECK(seen->applied.rank == parse_lsn(one.replayed).value_or(0));
    CHECK(seen->lag_seconds == one.lag);
  }
}

TEST_CASE("an answer that makes no sense is an error") {
  const observation_row sound{.in_recovery = "f",
                              .inserted = "0/10",
                              .received = "",
                              .replayed = "",
                              .receiving = "f",
                              .replay_age = "",
                              .timeline = "1",
                              .started_at_us = "5",
                              .server_version = "15"};
  REQUIRE(read_observation(sound));
  auto odd = sound;
  odd.in_recovery = "";
  CHECK_FALSE(read_observation(odd));
  odd = sound;
  odd.inserted = "";
  CHECK_FALSE(read_observation(odd));
  odd = sound;
  odd.timeline = "x";
  CHECK_FALSE(read_observation(odd));
  odd = sound;
  odd.started_at_us = "";
  CHECK_FALSE(read_observation(odd));
}
