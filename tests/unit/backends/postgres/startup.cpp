#include "backends/postgres/startup.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

startup_packet taken_whole(const std::string& written) {
  auto input = wire::bytes(written);
  auto taken = take_startup(input);
  REQUIRE(taken);
  REQUIRE(taken->has_value());
  CHECK(input.empty());
  return **taken;
}

error refused(const std::string& written) {
  auto input = wire::bytes(written);
  auto taken = take_startup(input);
  REQUIRE_FALSE(taken);
  return taken.error();
}

constexpr std::uint32_t cancel_code = 80877102;

}  // namespace

TEST_CASE("a start-up packet is read whole, at no byte before its end") {
  const auto written = wire::packet(
      3 << 16, wire::text("user\0ann\0database\0shop\0TimeZone\0UTC\0replication\0off\0"
                          "application_name\0\0\0"));
  for (std::size_t size = 0; size < written.size(); ++size) {
    auto input = wire::bytes(written).first(size);
    const auto taken = take_startup(input);
    REQUIRE(taken);
    CHECK_FALSE(taken->has_value());
    CHECK(input.size() == size);
  }
  const auto packet = taken_whole(written);
  CHECK(packet.kind == startup_kind::session);
  CHECK(packet.version == protocol_3_0);
  CHECK(packet.request.user == "ann");
  CHECK(packet.request.database == "shop");
  const std::vector<std::pair<std::string, std::string>> settings = {{"TimeZone", "UTC"},
                                                                     {"application_name", ""}};
  CHECK(packet.request.parameters == settings);
  CHECK(startup_message(packet.request) ==
        wire::packet(3 << 16, wire::text("user\0ann\0database\0shop\0TimeZone\0UTC\0"
                                         "application_name\0\0\0")));
}

TEST_CASE("the database is the user's when none is named") {
  CHECK(taken_whole(wire::session_start("ann")).request.database == "ann");
}

TEST_CASE("requests without settings") {
  CHECK(taken_whole(wire::tls_request).kind == startup_kind::tls_request);
  CHECK(taken_whole(wire::gss_request).kind == startup_kind::gss_request);
  CHECK(tls_request() == wire::tls_request);
  for (const std::size_t size : {4, 32, 256}) {
    const std::string secret(size, 'k');
    const auto packet = taken_whole(wire::packet(cancel_code, wire::u32(99) + secret));
    CHECK(packet.kind == startup_kind::cancel);
    CHECK(packet.key == cancel_key{99, secret});
    CHECK(cancel_request(packet.key) == wire::packet(cancel_code, wire::u32(99) + secret));
  }
}

TEST_CASE("what is wrong with a start-up packet is said with its SQLSTATE") {
  struct row {
    std::string written;
    error_kind kind;
    const char* part_of_text;
  };
  const auto v3 = 3U << 16;
  const row rows[] = {
      {wire::u32(7) + "rest", error_kind::protocol, "no start-up packet"},
      {wire::u32(10001), error_kind::protocol, "no start-up packet"},
      {wire::u32(0x80000000), error_kind::protocol, "no start-up packet"},
      {wire::u32(0), error_kind::protocol, "no start-up packet"},
      {"GET / HTTP/1.1\r\n", error_kind::protocol, "no start-up packet"},
      {"\x16\x03\x01\x02", error_kind::protocol, "no start-up packet"},
      {wire::packet(2 << 16, wire::text("user\0a\0\0")), error_kind::unsupported, "protocol 2.0"},
      {wire::packet(4 << 16, wire::text("user\0a\0\0")), error_kind::unsupported, "protocol 4.0"},
      {wire::packet(v3, wire::text("\0")), error_kind::login, "no user name"},
      {wire::packet(v3, wire::text("user\0\0\0")), error_kind::login, "no user name"},
      {wire::packet(v3, wire::text("user\0a\0")), error_kind::protocol, "no terminator"},
      {wire::packet(v3, wire::text("user\0a")), error_kind::protocol, "no value"},
      {wire::packet(v3, wire::text("user")), error_kind::protocol, "no terminator"},
      {wire::packet(v3), error_kind::protocol, "no terminator"},
      {wire::packet(v3, wire::text("user\0a\0\0x")), error_kind::protocol, "behind its terminator"},
      {wire::packet(v3, wire::text("user\0a\0\0\0")), error_kind::protocol,
       "behind its terminator"},
      {wire::packet(v3, wire::text("user\0a\0replication\0true\0\0")), error_kind::unsupported,
       "replication"},
      {wire::packet(v3, wire::text("user\0a\0replication\0database\0\0")), error_kind::unsupported,
       "replication"},
      {wire::packet(80877103, "more"), error_kind::protocol, "eight bytes"},
      {wire::packet(80877104, "more"), error_kind::protocol, "eight bytes"},
      {wire::packet(cancel_code), error_kind::protocol, "cancel request"},
      {wire::packet(cancel_code, "1234123"), error_kind::protocol, "cancel request"},
      {wire::packet(cancel_code, std::string(261, 'k')), error_kind::protocol, "cancel request"},
  };
  for (const auto& one : rows) {
    const auto why = refused(one.written);
    CAPTURE(why.text_for_client);
    CHECK(why.kind == one.kind);
    CHECK(why.text_for_client.find(one.part_of_text) != std::string::npos);
    CHECK(why.whose == fault::client);
  }
  CHECK(refused(rows[8].written).sqlstate == "28000");
}

TEST_CASE("a newer minor version or an unknown option is negotiated, nothing else is") {
  struct row {
    std::uint32_t asked;
    std::uint32_t agreed;
    bool told;
  };
  for (const auto& [asked, agreed, told] : {row{0x30000, 0x30000, false},
                                            {0x30001, 0x30001, false},
                                            {0x30002, 0x30002, false},
                                            {0x30003, 0x30002, true},
                                            {0x3270f, 0x30002, true}}) {
    const auto packet = taken_whole(wire::session_start("a", asked));
    CHECK(agreed_version(packet.version) == agreed);
    const auto expected = told ? wire::message('v', wire::u32(agreed) + wire::u32(0)) : "";
    CHECK(negotiation(packet) == expected);
  }
  const auto packet =
      taken_whole(wire::packet(3 << 16, wire::text("user\0a\0_pq_.one\0on\0_pq_.two\0\0\0")));
  CHECK(packet.request.parameters.empty());
  CHECK(negotiation(packet) ==
        wire::message('v', wire::u32(3 << 16) + wire::u32(2) + wire::text("_pq_.one\0_pq_.two\0")));
}
