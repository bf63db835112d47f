// The numbers of compressed packets and of the packets within: who begins anew when, what each end
// is told by the other's, and what Skein's other side is told of them.
#include "tests/unit/backends/mysql/squeezed.hpp"

using namespace skein;
using namespace skein::mysql;
using wire::packet;
using wire::plain_packet;
using wire::squeezer;

namespace {

constexpr auto by = squeezer::zlib;

std::string asks(char what, std::string_view text = "text") {
  return packet(0, what + std::string(text));
}
constexpr char to_query = '\x03', to_close = '\x19', to_send_long_data = '\x18';

// The numbers of compressed packets, and what is in them.
std::string numbers_of(std::string_view sent) {
  std::string all;
  for (const auto& each : wire::read_compressed(by, sent)) {
    all += (all.empty() ? "" : " ") + std::to_string(each.number) + ":";
    std::string_view rest = each.plain;
    for (bool first = true; rest.size() >= 4; first = false) {
      const std::size_t size = wire::body_of(rest).size();
      all += (first ? "" : ",") + std::to_string(wire::number_of(rest));
      rest.remove_prefix(4 + size);
    }
  }
  return all;
}

// As `packet`s, their numbers.
std::string inner_numbers(std::string_view plain) {
  std::string all;
  while (plain.size() >= 4) {
    all += (all.empty() ? "" : ",") + std::to_string(wire::number_of(plain));
    plain.remove_prefix(4 + wire::body_of(plain).size());
  }
  return all;
}

struct talk {
  explicit talk(wire_end ours) : wire(ours, by, 0) {}
  std::string hear(std::string_view sent) {
    const auto told = wire::decode(wire, sent);
    return told.fault == coding_fault::none ? inner_numbers(told.plain) : "fault";
  }
  std::string say(std::string_view plain) { return numbers_of(wire::encoded(wire, plain)); }
  compressed_wire wire;
};
struct with_client : talk {
  with_client() : talk(wire_end::server) {}
};
struct with_server : talk {
  with_server() : talk(wire_end::client) {}
};

}  // namespace

TEST_CASE("an answer follows its command, and each command begins anew") {
  with_client client;
  for (int round = 0; round < 3; ++round) {
    CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
    CHECK(client.say(packet(1, "a") + packet(2, "b")) == "1:1,2");
    CHECK(client.say(packet(3, "c")) == "2:3");
  }
  with_server server;
  for (int round = 0; round < 3; ++round) {
    CHECK(server.say(asks(to_query)) == "0:0");
    CHECK(server.hear(plain_packet(1, packet(1, "a") + packet(2, "b"))) == "1,2");
    CHECK(server.hear(plain_packet(2, packet(3, "c"))) == "3");
  }
}

TEST_CASE("a command in several compressed packets is answered behind the last of them") {
  with_client client;
  const auto text = asks(to_query, "a long text");
  wire::decode(client.wire, plain_packet(0, text.substr(0, 3)));
  wire::decode(client.wire, plain_packet(1, text.substr(3, 5)));
  wire::decode(client.wire, plain_packet(2, text.substr(8)));
  CHECK(client.say(packet(1, "ok")) == "3:1");
  CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
  CHECK(client.say(packet(1, "ok")) == "1:1");
}

TEST_CASE("compressed packets out of order") {
  with_client client;
  CHECK(client.hear(plain_packet(1, asks(to_query))) == "fault");
  with_client again;
  again.hear(plain_packet(0, asks(to_query)));
  again.say(packet(1, "a"));
  CHECK(again.hear(plain_packet(3, asks(to_query))) == "fault");
  with_client inside;  // no client begins anew in the middle
  CHECK(inside.hear(plain_packet(0, asks(to_query).substr(0, 6))) == "0");
  CHECK(inside.hear(plain_packet(0, asks(to_query))) == "fault");
  with_server server;
  server.say(asks(to_query));
  CHECK(server.hear(plain_packet(2, packet(1, "a"))) == "fault");
  with_server other;
  other.say(asks(to_query));
  CHECK(other.hear(plain_packet(1, packet(1, "a"))) == "1");
  CHECK(other.hear(plain_packet(0, packet(2, "a"))) == "fault");
}

TEST_CASE("last words go behind what was not understood") {
  with_client client;
  CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
  CHECK(client.hear(plain_packet(7, asks(to_query))) == "fault");
  CHECK(client.say(packet(1, "error")) == "8:1");
  with_client other;
  other.hear(plain_packet(0, asks(to_query)));
  other.say(packet(1, "a") + packet(2, "b"));
  CHECK(other.hear(wire::small_packet(by, 0, asks(to_query), 3)) == "fault");
  CHECK(other.say(packet(1, "error")) == "1:1");
}

TEST_CASE("what is not answered begins anew by itself") {
  with_server server;
  CHECK(server.say(asks(to_close) + asks(to_send_long_data) + asks(to_query)) == "0:0 0:0 0:0");
  CHECK(server.hear(plain_packet(1, packet(1, "a"))) == "1");
  with_client client;
  CHECK(client.hear(plain_packet(0, asks(to_close)) + plain_packet(0, asks(to_query))) == "0,0");
  CHECK(client.say(packet(1, "a")) == "1:1");
  CHECK(client.hear(plain_packet(0, asks(to_send_long_data)) +
                    plain_packet(0, asks(to_send_long_data)) + plain_packet(0, asks(to_query))) ==
        "0,0,0");
  CHECK(client.say(packet(1, "a") + packet(2, "b")) == "1:1,2");
}

TEST_CASE("a server's numbers fall in step with its compressed packets at each flush") {
  with_server server;
  server.say(asks(to_query, "select 1; select 2"));
  CHECK(server.hear(plain_packet(1, packet(1, "a") + packet(2, "b") + packet(3, "c"))) == "1,2,3");
  CHECK(server.hear(plain_packet(2, packet(2, "a") + packet(3, "b"))) == "4,5");
  CHECK(server.hear(plain_packet(3, packet(3, "a"))) == "6");
}

TEST_CASE("a file goes on with the numbers of the request") {
  with_client client;
  client.hear(plain_packet(0, asks(to_query, "load data")));
  CHECK(client.say(packet(1, "a") + packet(2, "b") +
                   packet(3,
                          "\xfb"
                          "file")) == "1:1,2,3");
  // Libraries number it by the compressed packets.
  CHECK(client.hear(plain_packet(2, packet(2, "data") + packet(3, "data"))) == "4,5");
  CHECK(client.hear(plain_packet(3, packet(4, ""))) == "6");
  CHECK(client.say(packet(7, "ok")) == "4:7");
  CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
  CHECK(client.say(packet(1, "ok")) == "1:1");
  with_server server;
  server.say(asks(to_query, "load data"));
  CHECK(server.hear(plain_packet(1, packet(1,
                                           "\xfb"
                                           "file"))) == "1");
  CHECK(server.say(packet(2, "data") + packet(3, "data")) == "2:2,3");
  CHECK(server.say(packet(4, "")) == "3:4");
  CHECK(server.hear(plain_packet(4, packet(4, "ok"))) == "5");
}

TEST_CASE("the first command of all begins, whatever the number in it") {
  with_client client;
  CHECK(client.hear(plain_packet(0, packet(1, std::string(1, to_query)))) == "0");
  CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
  CHECK(client.say(packet(1, "ok")) == "1:1");
  CHECK(client.say(packet(1, "ok")) == "1:1");
}

TEST_CASE("a file of which every packet has the number 0") {
  with_client client;
  for (int time = 0; time < 2; ++time) {
    CHECK(client.hear(plain_packet(0, asks(to_query, "load data"))) == "0");
    CHECK(client.say(packet(1,
                            "\xfb"
                            "file")) == "1:1");
    for (unsigned at = 2; at < 600; ++at) {
      const auto of = static_cast<std::uint8_t>(at);
      CHECK(client.hear(plain_packet(of, packet(0, "data"))) == std::to_string(of));
    }
    CHECK(client.hear(plain_packet(88, packet(1, ""))) == "88");
    CHECK(client.say(packet(89, "ok")) == "89:89");
  }
  CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
  CHECK(client.say(packet(1, "ok")) == "1:1");
}

TEST_CASE("a file in more packets than there are numbers") {
  with_client client;
  client.hear(plain_packet(0, asks(to_query, "load data")));
  client.say(packet(1,
                    "\xfb"
                    "file"));
  with_server server;
  server.say(asks(to_query, "load data"));
  server.hear(plain_packet(1, packet(1,
                                     "\xfb"
                                     "file")));
  for (unsigned number = 2; number < 1000; ++number) {
    const auto of = static_cast<std::uint8_t>(number);
    const auto name = std::to_string(of);
    CHECK(client.hear(plain_packet(of, packet(of, "data"))) == name);
    CHECK(server.say(packet(of, "data")) == name + ":" + name);
  }
  CHECK(client.say(packet(232, "ok")) == "232:232");
  CHECK(server.hear(plain_packet(232, packet(232, "ok"))) == "232");
}

TEST_CASE("answers in more packets than there are numbers") {
  for (const unsigned last : {254U, 255U, 256U, 257U, 512U}) {
    CAPTURE(last);
    with_client client;
    with_server server;
    client.hear(plain_packet(0, asks(to_query)));
    server.say(asks(to_query));
    for (unsigned number = 1; number <= last; ++number) {
      const auto of = static_cast<std::uint8_t>(number);
      const auto name = std::to_string(of);
      CHECK(client.say(packet(of, "row")) == name + ":" + name);
      CHECK(server.hear(plain_packet(of, packet(of, "row"))) == name);
    }
    CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
    CHECK(client.say(packet(1, "row") + packet(2, "row")) == "1:1,2");
    CHECK(server.say(asks(to_query)) == "0:0");
    CHECK(server.hear(plain_packet(1, packet(1, "row"))) == "1");
  }
}

TEST_CASE("who asks ahead is answered in order") {
  with_client client;
  CHECK(client.hear(plain_packet(0, asks(to_query)) + plain_packet(0, asks(to_close)) +
                    plain_packet(0, asks(to_query))) == "0,0,0");
  CHECK(client.say(packet(1, "a") + packet(2, "b")) == "1:1,2");
  CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
  CHECK(client.say(packet(3, "c")) == "2:3");
  CHECK(client.say(packet(1, "a") + packet(2, "b")) == "1:1,2");
  CHECK(client.say(packet(1, "a")) == "1:1");
  // Also where one compressed packet holds them all, and one write their answers.
  CHECK(client.hear(plain_packet(0, asks(to_query) + asks(to_query))) == "0,0");
  CHECK(client.say(packet(1, "a") + packet(2, "b") + packet(1, "a")) == "1:1,2 1:1");
}

TEST_CASE("a command of more than 16 MB") {
  const std::string much(0xffffff, 'x');
  const std::string first = packet(0, much);
  const std::string second = packet(1, "the end");
  with_client client;
  client.hear(plain_packet(0, asks(to_query)));
  client.say(packet(1, "ok"));
  CHECK(wire::decode(client.wire, plain_packet(0, first.substr(0, 100))).fault ==
        coding_fault::none);
  CHECK(wire::decode(client.wire, wire::small_packet(by, 1, first.substr(100) + second)).fault ==
        coding_fault::none);
  CHECK(client.say(packet(2, "ok")) == "2:2");
  CHECK(client.hear(plain_packet(0, asks(to_query))) == "0");
  CHECK(client.say(packet(1, "ok")) == "1:1");
  with_server server;
  server.say(asks(to_query));
  server.hear(plain_packet(1, packet(1, "ok")));
  const auto sent = wire::read_compressed(by, wire::encoded(server.wire, first + second));
  unsigned number = 0;
  for (const auto& each : sent) CHECK(each.number == (number++ & 0xff));
  CHECK(server.hear(plain_packet(static_cast<std::uint8_t>(number), packet(2, "ok"))) == "2");
}

TEST_CASE("a client that numbers its commands otherwise is understood as servers do") {
  with_client client;
  client.hear(plain_packet(0, asks(to_query)));
  client.say(packet(1, "a") + packet(2, "b"));
  CHECK(client.hear(plain_packet(0, packet(7, "\x03text"))) == "0");
  CHECK(client.say(packet(1, "a")) == "1:1");
}
