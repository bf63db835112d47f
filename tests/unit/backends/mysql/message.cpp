#include "backends/mysql/message.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace skein;
using namespace skein::mysql;

namespace {

std::string packet(std::uint8_t number, std::string_view body) {
  std::string out;
  message_writer writer(out);
  writer.begin(number).raw(body).end();
  return out;
}

std::string counted(std::uint64_t value) {
  std::string out;
  message_writer writer(out);
  writer.begin(0).counted(value).end();
  return out.substr(header_bytes);
}

}  // namespace

TEST_CASE("a packet is its length, its number and its body") {
  CHECK(packet(7, "abc") == std::string("\3\0\0\7abc", 7));
  CHECK(packet(255, "") == std::string("\0\0\0\xff", 4));
}

TEST_CASE("numbers are little-endian and as long as they say") {
  std::string out;
  message_writer writer(out);
  writer.begin(0).u8(1).u16(0x0203).u24(0x040506).u32(0x0708090a).u64(0x0b0c0d0e0f101112);
  writer.text(std::string_view("a\0b", 3)).counted_text("cd").raw("ef").end();
  field_reader fields(as_bytes(std::string_view(out).substr(header_bytes)));
  CHECK(fields.u8() == 1);
  CHECK(fields.u16() == 0x0203);
  CHECK(fields.u24() == 0x040506);
  CHECK(fields.u32() == 0x0708090a);
  CHECK(fields.u64() == 0x0b0c0d0e0f101112);
  CHECK(fields.text() == "a");
  CHECK(fields.counted_text() == "cd");
  CHECK_FALSE(fields.failed());
  CHECK(fields.rest() == "ef");
  CHECK(fields.empty());
  CHECK(fields.u8() == 0);
  CHECK(fields.failed());
}

TEST_CASE("a count takes as few bytes as it can") {
  const std::vector<std::pair<std::uint64_t, std::size_t>> all = {
      {0, 1},       {250, 1},      {251, 3},       {0xffff, 3},
      {0x10000, 4}, {0xffffff, 4}, {0x1000000, 9}, {~std::uint64_t{0}, 9}};
  for (const auto& [value, bytes] : all) {
    CAPTURE(value);
    const std::string written = counted(value);
    CHECK(written.size() == bytes);
    field_reader fields(as_bytes(written));
    CHECK(fields.counted() == value);
    CHECK_FALSE(fields.failed());
    for (std::size_t size = 0; size < bytes; ++size) {
      field_reader cut(as_bytes(std::string_view(written).substr(0, size)));
      cut.counted();
      CHECK(cut.failed());
    }
  }
  for (const char* none : {"\xfb", "\xff"}) {
    field_reader fields(as_bytes(none));
    fields.counted();
    CHECK(fields.failed());
  }
}

TEST_CASE("a text that claims to be longer than its message is none") {
  const std::string huge = counted(~std::uint64_t{0}) + "abc";
  field_reader fields(as_bytes(huge));
  CHECK(fields.counted_text().empty());
  CHECK(fields.failed());
  CHECK(fields.text().empty());
  CHECK(fields.rest().empty());
}

TEST_CASE("a long body is parted, and one that fills its last packet ends with an empty one") {
  for (const std::size_t more : {0UZ, 1UZ, std::size_t{body_max}}) {
    CAPTURE(more);
    const std::string body(body_max + more, 'x');
    std::string out = "before";
    message_writer writer(out);
    writer.begin(254).raw(body).end();
    std::string joined;
    std::uint8_t number = 254;
    byte_view rest = as_bytes(std::string_view(out).substr(6));
    bool goes_on = true;
    while (goes_on) {
      REQUIRE(rest.size() >= header_bytes);
      const std::uint32_t size = body_size(rest.data());
      CHECK(number_of(rest.data()) == number++);
      joined += as_text(rest.subspan(header_bytes, size));
      rest = rest.subspan(header_bytes + size);
      goes_on = size == body_max;
    }
    CHECK(rest.empty());
    CHECK(joined == body);
    CHECK(writer.next_number() == number);
  }
}

TEST_CASE("a message of a login comes as a whole, in its turn, and is not too long") {
  const std::string two = packet(1, "abc") + packet(2, "");
  for (std::size_t size = 0; size < header_bytes + 3; ++size) {
    byte_view input = as_bytes(std::string_view(two).substr(0, size));
    const auto none = take_message(input, 1, 100, fault::client);
    REQUIRE(none.has_value());
    CHECK_FALSE(none->has_value());
    CHECK(input.size() == size);
  }
  byte_view input = as_bytes(two);
  const auto first = take_message(input, 1, 100, fault::client);
  REQUIRE((first && *first));
  CHECK(as_text((*first)->body) == "abc");
  const auto second = take_message(input, 2, 100, fault::client);
  REQUIRE((second && *second));
  CHECK((*second)->body.empty());
  CHECK(input.empty());

  byte_view again = as_bytes(two);
  CHECK_FALSE(take_message(again, 2, 100, fault::client).has_value());
  CHECK_FALSE(take_message(again, 1, 2, fault::client).has_value());
  byte_view whole = as_bytes(std::string_view("\xff\xff\xff\0", 4));
  const auto longest = take_message(whole, 0, body_max, fault::server);
  REQUIRE_FALSE(longest.has_value());
  CHECK(longest.error().whose == fault::server);
}
