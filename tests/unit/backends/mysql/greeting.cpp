#include "backends/mysql/greeting.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/mysql/bytes.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

// As MariaDB 10.11 says it.
const std::string mariadb_greeting =
    wire::text("\x0a") + wire::text("5.5.5-10.11.6-MariaDB\0") + wire::number(7, 4) + "12345678" +
    wire::text("\0\xfe\xf7\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0") + wire::number(0x1d, 4) +
    wire::text("abcdefghijkl\0mysql_native_password\0");

const handshake_response answer = {
    .capabilities = capability::protocol_41 | capability::secure_connection |
                    capability::plugin_auth | capability::plugin_auth_lenenc |
                    capability::connect_with_db | capability::connect_attrs,
    .packet_max = 1U << 24,
    .collation = 255,
    .user = "ann",
    .proof = "proof",
    .database = "shop",
    .plugin = "caching_sha2_password",
    .attributes = {{"_os", "Linux"}, {"program_name", ""}}};

}  // namespace

TEST_CASE("a greeting as MariaDB sends it") {
  const auto told = read_greeting(wire::bytes(mariadb_greeting));
  REQUIRE(told);
  CHECK(told->version == "5.5.5-10.11.6-MariaDB");
  CHECK(told->connection_id == 7);
  CHECK(told->nonce == "12345678abcdefghijkl");
  CHECK(told->collation == 45);
  CHECK(told->status == 2);
  CHECK(told->capabilities == (0x81fff7feULL | 0x1dULL << 32));
  CHECK(told->plugin == "mysql_native_password");
}

TEST_CASE("a greeting is read as it was written") {
  for (const auto flags :
       {offered_to_clients(flavour::mysql, true), offered_to_clients(flavour::mariadb, false)}) {
    const initial_greeting what{.version = "8.0.36",
                                .connection_id = 0x01020304,
                                .nonce = "abcdefghijklmnopqrst",
                                .capabilities = flags,
                                .plugin = "caching_sha2_password"};
    const auto packet = written(0, what);
    CHECK(wire::number_of(packet) == 0);
    const auto told = read_greeting(wire::bytes(wire::body_of(packet)));
    REQUIRE(told);
    CHECK(told->version == what.version);
    CHECK(told->connection_id == what.connection_id);
    CHECK(told->nonce == what.nonce);
    CHECK(told->capabilities == flags);
    CHECK(told->collation == what.collation);
    CHECK(told->plugin == what.plugin);
  }
}

TEST_CASE("a greeting that is cut short anywhere is an error") {
  const auto plugin_at = mariadb_greeting.find("mysql_native");
  for (std::size_t cut = 0; cut < plugin_at; ++cut) {
    CAPTURE(cut);
    const auto told = read_greeting(wire::bytes(std::string_view(mariadb_greeting).substr(0, cut)));
    REQUIRE_FALSE(told);
    CHECK(told.error().whose == fault::server);
  }
  // The last terminator was forgotten by some.
  const auto told = read_greeting(
      wire::bytes(std::string_view(mariadb_greeting).substr(0, mariadb_greeting.size() - 1)));
  REQUIRE(told);
  CHECK(told->plugin == "mysql_native_password");
}

TEST_CASE("another protocol, and a server of before 4.1") {
  const auto older = read_greeting(wire::bytes("\x09" + mariadb_greeting.substr(1)));
  REQUIRE_FALSE(older);
  CHECK(older.error().kind == error_kind::unsupported);
  CHECK_FALSE(read_greeting(wire::bytes("HTTP/1.1 400 Bad Request")));
  const auto short_one = mariadb_greeting.substr(0, 1 + 22 + 4 + 8 + 1 + 2);
  const auto before = read_greeting(wire::bytes(short_one));
  REQUIRE_FALSE(before);
  CHECK(before.error().text_for_client.find("4.1") != std::string::npos);
}

TEST_CASE("an answer is read as it was written, with and without each field") {
  for (const auto without :
       {capability_set{0}, capability::plugin_auth_lenenc, capability::connect_with_db,
        capability::connect_attrs, capability::plugin_auth,
        capability::connect_attrs | capability::connect_with_db | capability::plugin_auth}) {
    auto what = answer;
    what.capabilities &= ~without;
    const auto told = read_response(wire::bytes(wire::body_of(written(1, what))));
    REQUIRE(told);
    CHECK(told->capabilities == what.capabilities);
    CHECK(told->packet_max == what.packet_max);
    CHECK(told->collation == 255);
    CHECK(told->user == "ann");
    CHECK(told->proof == "proof");
    const auto has = [&](capability_set flag) { return (what.capabilities & flag) != 0; };
    CHECK(told->database == (has(capability::connect_with_db) ? "shop" : ""));
    CHECK(told->plugin == (has(capability::plugin_auth) ? what.plugin : ""));
    CHECK(told->attributes.size() == (has(capability::connect_attrs) ? 2 : 0));
  }
}

TEST_CASE("the level of zstd stands at the end of an answer, where it is asked for") {
  auto what = answer;
  const auto without = wire::body_of(written(1, what));
  what.capabilities |= capability::zstd;
  what.zstd_level = 19;
  const auto with = wire::body_of(written(1, what));
  CHECK(with.substr(4) == without.substr(4) + '\x13');
  CHECK(read_response(wire::bytes(with))->zstd_level == 19);
  // Without the byte it is the usual one.
  CHECK(read_response(wire::bytes(std::string_view(with).substr(0, with.size() - 1)))->zstd_level ==
        3);
}

TEST_CASE("an answer that is cut short anywhere is an error") {
  const auto whole = wire::body_of(written(1, answer));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    const auto told = read_response(wire::bytes(std::string_view(whole).substr(0, cut)));
    REQUIRE_FALSE(told);
    CHECK(told.error().whose == fault::client);
  }
  auto plain = answer;
  plain.capabilities &= ~capability::connect_attrs;
  const auto last = wire::body_of(written(1, plain));
  const auto told = read_response(wire::bytes(std::string_view(last).substr(0, last.size() - 1)));
  REQUIRE(told);
  CHECK(told->plugin == answer.plugin);
}

TEST_CASE("the upper half is MariaDB's, and only of who leaves the lowest bit out") {
  auto what = answer;
  what.capabilities |= capability::bulk_operations;
  CHECK(read_response(wire::bytes(wire::body_of(written(1, what))))->capabilities ==
        what.capabilities);
  what.capabilities |= capability::long_password;
  CHECK(read_response(wire::bytes(wire::body_of(written(1, what))))->capabilities ==
        (what.capabilities & ~capability::of_mariadb));
}

TEST_CASE("a request for TLS is the front of an answer") {
  auto what = answer;
  what.capabilities |= capability::ssl;
  const auto packet = written_tls_request(1, what);
  CHECK(packet.size() == 36);
  CHECK(is_tls_request(wire::bytes(wire::body_of(packet))));
  CHECK(wire::body_of(written(2, what)).starts_with(wire::body_of(packet)));
  CHECK_FALSE(is_tls_request(wire::bytes(wire::body_of(written_tls_request(1, answer)))));
  CHECK_FALSE(is_tls_request(wire::bytes(wire::body_of(written(2, what)))));
  CHECK_FALSE(is_tls_request({}));
}

TEST_CASE("a switch of methods, and more of one") {
  const auto packet = written(2, auth_switch{"mysql_native_password", "abcdefghijklmnopqrst"});
  CHECK(packet == wire::packet(2, wire::text("\xfemysql_native_password\0abcdefghijklmnopqrst\0")));
  const auto told = read_auth_switch(wire::bytes(wire::body_of(packet)));
  REQUIRE(told);
  CHECK(told->plugin == "mysql_native_password");
  CHECK(told->nonce == "abcdefghijklmnopqrst");
  const auto old = read_auth_switch(wire::bytes("\xfe"));
  REQUIRE_FALSE(old);
  CHECK(old.error().kind == error_kind::unsupported);
  CHECK_FALSE(read_auth_switch(wire::bytes("\xfename")));
  CHECK(read_auth_switch(wire::bytes(wire::text("\xfename\0")))->nonce.empty());

  CHECK(written_auth_more(3, "\4") == wire::packet(3, "\1\4"));
  CHECK(auth_more_data(wire::bytes("\1\4")) == "\4");
  CHECK(auth_more_data({}).empty());
}
