// Histories as values, and what the programs of PostgreSQL 15 print.
#include "backends/postgres/divergence.hpp"

#include <doctest/doctest.h>

using namespace skein::postgres;

namespace {

constexpr auto printed = R"(pg_control version number:            1300
Database system identifier:           7711451423005228566
Database cluster state:               in production
Latest checkpoint location:           0/1500718
Latest checkpoint's REDO location:    0/1500700
Latest checkpoint's TimeLineID:       2
Latest checkpoint's PrevTimeLineID:   1
Minimum recovery ending location:     0/0
Min recovery ending loc's timeline:   0
wal_log_hints setting:                on
Bytes per WAL segment:                16777216
Data page checksum version:           0
)";

std::optional<divergence> between(const std::vector<timeline_span>& one,
                                  const std::vector<timeline_span>& other) {
  const auto there = find_divergence(one, other);
  const auto back = find_divergence(other, one);
  CHECK(there.has_value() == back.has_value());
  if (there && back) {
    CHECK(there->timeline == back->timeline);
    CHECK(there->at == back->at);
    CHECK(there->same_line == back->same_line);
  }
  return there;
}

}  // namespace

TEST_CASE("what pg_controldata prints is read") {
  const auto read = read_control_data(printed);
  REQUIRE(read);
  CHECK(read->identity == "7711451423005228566");
  CHECK(read->state == "in production");
  CHECK_FALSE(read->stopped_cleanly());
  CHECK(read->timeline == 2);
  CHECK(read->last_timeline() == 2);
  CHECK(read->checkpoint == 0x1500718);
  CHECK(read->minimum_end == 0);
  CHECK(read->segment_bytes == 16U << 20);
  CHECK(read->hints);
  CHECK_FALSE(read->checksums);
}

TEST_CASE("each line that is needed must be there, and whole") {
  const std::string whole = printed;
  for (const char* label : {"Database system identifier", "Database cluster state",
                            "Latest checkpoint location", "Latest checkpoint's TimeLineID",
                            "Minimum recovery ending location", "Bytes per WAL segment"}) {
    CAPTURE(label);
    std::string without = whole;
    without.replace(without.find(label), 4, "Else");
    CHECK_FALSE(read_control_data(without));
  }
  for (std::size_t i = 0; i < whole.find("Bytes per"); ++i)
    CHECK_FALSE(read_control_data(whole.substr(0, i)));
}

TEST_CASE("history files are read") {
  CHECK(*read_history("", 1) == std::vector<timeline_span>{{1, {}}});
  CHECK(*read_history("1\t0/3000148\tno recovery target specified\n\n# a comment\n"
                      "3 1/A0 before 2026\n",
                      4) == std::vector<timeline_span>{{1, 0x3000148}, {3, 0x1000000A0}, {4, {}}});
  CHECK_FALSE(read_history("1", 2));
  CHECK_FALSE(read_history("1\tx\n", 2));
  CHECK_FALSE(read_history("2\t0/1\n", 2));
  CHECK_FALSE(read_history("2\t0/1\n1\t0/2\n", 3));
}

TEST_CASE("where two histories part") {
  // The old leader stayed on timeline 1, the new one left it.
  auto found = between({{1, {}}}, {{1, 100}, {2, {}}});
  REQUIRE(found);
  CHECK(found->timeline == 1);
  CHECK(found->at == 100);
  CHECK_FALSE(found->same_line);
  // Both have left it, at different places.
  found = between({{1, 90}, {2, {}}}, {{1, 100}, {3, {}}});
  CHECK(found->at == 90);
  CHECK(found->timeline == 1);
  // At the same place, to different ones.
  found = between({{1, 100}, {2, {}}}, {{1, 100}, {3, {}}});
  CHECK(found->at == 100);
  CHECK(found->timeline == 1);
  // Later ones in common.
  found = between({{1, 100}, {2, {}}}, {{1, 100}, {2, 200}, {3, {}}});
  CHECK(found->timeline == 2);
  CHECK(found->at == 200);
  // Of one line.
  found = between({{1, 100}, {2, {}}}, {{1, 100}, {2, {}}});
  CHECK(found->same_line);
  CHECK(found->timeline == 2);
  CHECK_FALSE(between({{1, {}}}, {{2, {}}}));
}

TEST_CASE("places and segments have PostgreSQL's names") {
  CHECK(lsn_text(0x1003000148) == "10/3000148");
  CHECK(segment_name(2, 0x1003000148, 16U << 20) == "000000020000001000000003");
  CHECK(segment_name(1, 0xFFFFFFFF, 16U << 20) == "0000000100000000000000FF");
  CHECK(segment_name(1, 0xFFFFFFFF, 1U << 30) == "000000010000000000000003");
}
