#include "backends/postgres/message.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;

TEST_CASE("a message is taken only when its last byte is there") {
  const auto whole = wire::message('p', "secret");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto input = wire::bytes(whole).first(size);
    const auto taken = take_message(input, 1000, fault::client);
    REQUIRE(taken);
    CHECK_FALSE(taken->has_value());
    CHECK(input.size() == size);
  }
  const auto followed = whole + "rest";
  auto input = wire::bytes(followed);
  const auto taken = take_message(input, 1000, fault::client);
  REQUIRE(taken.value().has_value());
  CHECK((*taken)->type == 'p');
  CHECK(as_text((*taken)->body) == "secret");
  CHECK(as_text(input) == "rest");
}

TEST_CASE("a wrong length is an error as soon as its four bytes are there") {
  for (const std::uint32_t length : {0U, 3U, 1001U, 0x40000001U, 0x80000000U, 0xffffffffU}) {
    const auto header = "p" + wire::u32(length);
    auto input = wire::bytes(header);
    const auto taken = take_message(input, 1000, fault::server);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().kind == error_kind::protocol);
    CHECK(taken.error().whose == fault::server);
  }
  const auto smallest = wire::message('S');
  auto input = wire::bytes(smallest);
  CHECK(take_message(input, 4, fault::client).value().has_value());
}

TEST_CASE("a written message is what the protocol says") {
  std::string out = "before";
  message_writer writer(out);
  writer.begin('K').u32(7).u16(0x8001).text("ab").byte('x').raw(wire::text("\0c"));
  writer.end();
  CHECK(out ==
        "before" + wire::message('K', wire::text("\0\0\0\7\x80\1") + wire::text("ab\0x\0c")));
  writer.begin_startup().u32(196608).end();
  CHECK(out.ends_with(wire::packet(196608)));
}

TEST_CASE("a zero inside a text cannot start another field") {
  std::string out;
  message_writer(out).begin('p').text(wire::text("user\0database")).end();
  CHECK(out == wire::message('p', wire::text("user\0")));
}

TEST_CASE("fields run out without harm") {
  const auto body = wire::text("ab\0\0\0\1\2\x80\3z");
  field_reader fields(wire::bytes(body));
  CHECK(fields.text() == "ab");
  CHECK(fields.u32() == 0x102);
  CHECK(fields.u16() == 0x8003);
  CHECK_FALSE(fields.failed());
  CHECK(fields.text().empty());  // no terminator
  CHECK(fields.failed());
  CHECK(fields.byte() == '\0');
  CHECK(fields.u16() == 0);
  CHECK(fields.u32() == 0);
  CHECK(fields.rest().empty());

  field_reader large(wire::bytes("abc"));
  CHECK(large.raw(0xffffffff).empty());
  CHECK(large.failed());
}
