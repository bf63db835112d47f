#include "backends/mysql/errors.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/mysql/bytes.hpp"

using namespace skein;
using namespace skein::mysql;

TEST_CASE("each kind has a number and a SQLSTATE") {
  struct row {
    error_kind kind;
    fault whose;
    const char* told;
  };
  for (const auto& [kind, whose, told] : {row{error_kind::protocol, fault::client, "1043 08S01 x"},
                                          {error_kind::login, fault::client, "1045 28000 x"},
                                          {error_kind::unsupported, fault::client, "1235 42000 x"},
                                          {error_kind::limit, fault::us, "1040 08004 x"},
                                          {error_kind::timeout, fault::client, "1159 08S01 x"},
                                          {error_kind::timeout, fault::us, "3024 HY000 x"},
                                          {error_kind::unavailable, fault::server, "1053 08S01 x"},
                                          {error_kind::lost, fault::server, "1053 08S01 x"},
                                          {error_kind::in_doubt, fault::server, "1180 08007 x"},
                                          {error_kind::rolled_back, fault::server, "1213 40001 x"},
                                          {error_kind::shutdown, fault::us, "1053 08S01 x"},
                                          {error_kind::shutdown, fault::client, "1317 70100 x"},
                                          {error_kind::internal, fault::us, "1105 HY000 x"}}) {
    CHECK(wire::error_in(error_response(4, {kind, whose, {}, "x", "for the log"})) == told);
  }
}

TEST_CASE("an error's own SQLSTATE is kept, and its number follows where it can") {
  CHECK(wire::error_in(error_response(1, {error_kind::login, fault::us, "42000", "x", {}})) ==
        "1044 42000 x");
  CHECK(wire::error_in(error_response(1, {error_kind::lost, fault::us, "08006", "x", {}})) ==
        "1053 08006 x");
  CHECK(wire::error_in(error_response(1, {error_kind::limit, fault::us, "bad", "", {}})) ==
        "1040 08004 limit");
  // Before the greeting.
  CHECK(error_response(0, {error_kind::limit, fault::us, {}, "full", {}}, false) ==
        wire::packet(0,
                     "\xff\x10\x04"
                     "full"));
}

TEST_CASE("a server's error in its own words") {
  const auto denied = read_error_response(wire::bytes("\xff\x15\x04#28000Access denied"));
  CHECK(denied.kind == error_kind::login);
  CHECK(denied.whose == fault::client);
  CHECK(denied.sqlstate == "28000");
  CHECK(denied.text_for_client == "Access denied");
  CHECK(denied.detail_for_log == "server: 1045 28000");
  CHECK(error_of({1040, "08004", "full"}).kind == error_kind::limit);
  CHECK(error_of({1053, "08S01", "bye"}).kind == error_kind::unavailable);
  CHECK(error_of({4242, "HY000", ""}).kind == error_kind::unavailable);
  CHECK_FALSE(error_of({4242, "HY000", ""}).text_for_client.empty());
  CHECK(read_error_response(wire::bytes("\xff")).kind == error_kind::protocol);
}
