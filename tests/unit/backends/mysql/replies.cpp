#include "backends/mysql/replies.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/mysql/bytes.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

const ok_packet full = {.affected_rows = 300,
                        .last_insert_id = 70'000,
                        .status = status::autocommit | status::session_state_changed,
                        .warnings = 2,
                        .info = "Rows matched: 1",
                        .changes = {{session_track::system_variable, "autocommit", "ON"},
                                    {session_track::schema, "", "shop"},
                                    {session_track::state_change, "", "1"},
                                    {session_track::gtids, "", "3e11fa47-71ca-11e1-9e33:1-5"},
                                    {session_track::transaction_characteristics, "", ""},
                                    {session_track::transaction_state, "", "T_______"},
                                    {static_cast<session_track>(99), "", "whatever"}}};

}  // namespace

TEST_CASE("an OK as servers send it") {
  const auto plain = read_ok(wire::bytes(wire::text("\0\1\2\2\0\0\0hello")), 0);
  REQUIRE(plain);
  CHECK(*plain == ok_packet{1, 2, 2, 0, "hello", {}});
  // SET NAMES utf8mb4 under session_track.
  const auto tracked = read_ok(wire::bytes(wire::text("\0\0\0\2\x40\0\0\0\x1f\0\x1d\x14") +
                                           "character_set_client" + "\7utf8mb4"),
                               capability::session_track);
  REQUIRE(tracked);
  CHECK(tracked->changes == std::vector<session_change>{{session_track::system_variable,
                                                         "character_set_client", "utf8mb4"}});
}

TEST_CASE("an OK is read as it was written") {
  const auto tracked = written(3, full, capability::session_track, reply::eof);
  CHECK(wire::number_of(tracked) == 3);
  CHECK(wire::body_of(tracked).front() == '\xfe');
  CHECK(*read_ok(wire::bytes(wire::body_of(tracked)), capability::session_track) == full);

  auto untracked = full;
  untracked.changes.clear();
  untracked.status = status::autocommit;
  const auto packet = written(3, full, 0);
  CHECK(*read_ok(wire::bytes(wire::body_of(packet)), 0) == untracked);
  // Nothing to tell: servers leave the text out as a whole.
  CHECK(written(1, ok_packet{.status = 2}, capability::session_track) ==
        wire::packet(1, wire::text("\0\0\0\2\0\0\0")));
}

TEST_CASE("an OK that is cut short anywhere is an error, or an OK that ends there") {
  const auto whole = wire::body_of(written(3, full, capability::session_track));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    const auto told =
        read_ok(wire::bytes(std::string_view(whole).substr(0, cut)), capability::session_track);
    if (told) CHECK(told->changes.empty());
    if (cut < 11) CHECK_FALSE(told);
  }
}

TEST_CASE("an EOF has one length") {
  const auto packet = written(5, eof_packet{1, 0x22});
  CHECK(packet == wire::packet(5, wire::text("\xfe\1\0\x22\0")));
  CHECK(*read_eof(wire::bytes(wire::body_of(packet))) == eof_packet{1, 0x22});
  CHECK_FALSE(read_eof(wire::bytes("\xfe\1")));
  CHECK_FALSE(read_eof(wire::bytes(wire::text("\xfe\1\0\x22\0\0"))));
}

TEST_CASE("an ERR with and without a SQLSTATE") {
  const error_packet denied = {1045, "28000", "Access denied"};
  const auto packet = written(2, denied);
  CHECK(packet == wire::packet(2, "\xff\x15\x04#28000Access denied"));
  CHECK(*read_error(wire::bytes(wire::body_of(packet))) == denied);
  CHECK(*read_error(wire::bytes("\xff\x10\x04Too many connections")) ==
        error_packet{1040, "", "Too many connections"});
  CHECK(*read_error(wire::bytes("\xff\x10\x04#123")) == error_packet{1040, "", "#123"});
  CHECK(*read_error(wire::bytes("\xff\x10\x04")) == error_packet{1040, "", ""});
  CHECK_FALSE(read_error(wire::bytes("\xff\x10")));
  CHECK_FALSE(read_error({}));
}
