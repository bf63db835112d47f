// Each message of a takeover as bytes, split at every byte; what is broken is refused.
#include "handover/message.hpp"

#include <doctest/doctest.h>

using namespace skein::handover;
using namespace std::string_literals;

namespace {

struct known_bytes {
  message what;
  std::string bytes;
};

std::vector<known_bytes> all_known() {
  return {
      {hello{1, 3}, "\0\0\0\x09\0skn1\0\x01\0\x03"s},
      {offer{1, 5, true, 258}, "\0\0\0\x07\x01\0\x01\x05\x01\x01\x02"s},
      {door{door_use::admin, "a:1"},
       "\0\0\0\x07\x02\x01\0\x03"
       "a:1"s},
      {serving{{0, 2, 256}}, "\0\0\0\x09\x03\0\x03\0\0\0\x02\x01\0"s},
      {serving{}, "\0\0\0\x03\x03\0\0"s},
      {yours{}, "\0\0\0\x01\x04"s},
      {refused{"no"}, "\0\0\0\x05\x05\0\x02no"s},
      {cancel{7, 0x10203040, "\0\xff"s}, "\0\0\0\x0d\x06\0\0\0\x07\x10\x20\x30\x40\0\x02\0\xff"s},
      {cancelled{0xffffffff}, "\0\0\0\x05\x07\xff\xff\xff\xff"s},
      {left{1000}, "\0\0\0\x05\x08\0\0\x03\xe8"s},
      {order{7, 0x80000001, true, "c", "me"},
       "\0\0\0\x11\x09\0\0\0\x07\x80\0\0\x01\x01\0\x01"
       "c\0\x02"
       "me"s},
      {obeyed{7, order_outcome::not_the_users_own}, "\0\0\0\x06\x0a\0\0\0\x07\x02"s},
  };
}

std::string refusal(const std::string& bytes) {
  std::string_view input = bytes;
  const auto got = decode(input);
  if (!got) return got.error();
  return *got ? "understood" : "more";
}

std::string frame(std::string body) {
  return "\0\0\0"s + static_cast<char>(body.size()) + body;
}

}  // namespace

TEST_CASE("each message is these bytes, and is read from them however they come") {
  for (const auto& [what, bytes] : all_known()) {
    CAPTURE(what.index());
    CHECK(encode(what) == bytes);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      CHECK(refusal(bytes.substr(0, cut)) == "more");
    }
    const std::string more = bytes + "rest";
    std::string_view input = more;
    const auto got = decode(input);
    REQUIRE(got);
    REQUIRE(*got);
    CHECK(**got == what);
    CHECK(input == "rest");
  }
}

TEST_CASE("what is no message is refused, in words") {
  const std::string stranger = "what came is no message of a takeover";
  CHECK(refusal("GET / HTTP/1.1\r\n") == stranger);
  CHECK(refusal("\0\0\0\0"s) == stranger);
  CHECK(refusal("\0\0\x40\x01"s) == stranger);
  CHECK(refusal(frame("\x09"s)) == "a message of kind 9 is not understood");
  for (const auto& [what, bytes] : all_known()) {
    CAPTURE(what.index());
    const std::string body = bytes.substr(4);
    const std::string why =
        "a message of kind " + std::to_string(what.index()) + " is not understood";
    CHECK(refusal(frame(body + "x")) == why);
    for (std::size_t cut = 1; cut < body.size(); ++cut) {
      CHECK(refusal(frame(body.substr(0, cut))) == why);
    }
  }
  CHECK(refusal(frame("\0skn2\0\x01\0\x01"s)).contains("kind 0"));      // another mark
  CHECK(refusal(frame("\x02\x03\0\0"s)).contains("kind 2"));            // a door of no use
  CHECK(refusal(frame("\x01\0\x01\0\0\x10\x01"s)).contains("kind 1"));  // 4097 doors
}

TEST_CASE("long texts and lists are cut to what can be sent") {
  const std::string long_one(100'000, 'x');
  for (const message& each :
       std::vector<message>{refused{long_one}, door{door_use::clients, long_one},
                            cancel{1, 2, long_one}, serving{std::vector<std::uint16_t>(60'000)}}) {
    const std::string bytes = encode(each);
    CHECK(bytes.size() <= frame_bytes_max + 4);
    CHECK(refusal(bytes) == "understood");
  }
}

TEST_CASE("the newest version that both speak") {
  CHECK(common_version({1, 1}) == 1);
  CHECK(common_version({1, 9}) == version_newest);
  CHECK_FALSE(common_version({version_newest + 1, version_newest + 1}));
  CHECK_FALSE(common_version({0, 0}));
}
