// The console's wire: what a client is sent for what it sends, byte for byte, however it is cut up.
#include "backends/postgres/console_talk.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;
using console::verb;

namespace {

std::string z(std::string_view text) {
  return std::string(text) + '\0';
}

std::string bound_to(std::string_view statement, const std::string& formats) {
  return wire::message('B', z("") + z(statement) + std::string(4, '\0') + formats);
}

const std::string no_codes = std::string("\0\0", 2);
const std::string binary_code = std::string("\0\1\0\1", 4);
const std::string end = wire::message('S', "");
const std::string execute = wire::message('E', z("") + std::string(4, '\0'));

// What it stands for: two sessions, of which the second has no cluster.
console::table two_pins() {
  console::table told{console::columns_of(verb::show_pins)};
  const console::cell none;
  told.rows.push_back({std::int64_t{1}, "shop", "app", none, none, none, std::int64_t{-2}, "why"});
  told.rows.push_back({std::int64_t{258}, none, none, none, none, none, none, ""});
  return told;
}

result<console::table> find(const console::command& asked) {
  if (asked.what == verb::show_pins) return two_pins();
  if (asked.what == verb::pause && asked.name == "shop") return console::table{.notice = "2 stay"};
  if (asked.what == verb::show_isolation) {
    console::table told{console::columns_of(asked.what)};
    told.rows.push_back({"read committed"});
    return told;
  }
  if (asked.what == verb::kill)
    return failure(error_kind::unsupported, fault::client, "no such session");
  return console::table{};
}

// Feeds it in pieces of that many bytes; the types of the answer's messages, an error with its
// text, a completion with its tag, and `.` at the end where the connection is to be closed.
std::string conversation(const std::string& input, std::size_t piece) {
  postgres::console_talk talk;
  std::string waiting;
  std::string output;
  bool finished = false;
  for (std::size_t at = 0; at < input.size() && !finished; at += piece) {
    waiting += input.substr(at, piece);
    for (auto wanted = console_want::answer; wanted == console_want::answer;) {
      byte_view view = wire::bytes(waiting);
      wanted = talk.advance(view);
      waiting.erase(0, waiting.size() - view.size());
      if (wanted == console_want::answer) talk.answer(find(talk.asked()));
      finished = wanted == console_want::finish;
    }
    output += talk.take_output();
  }
  std::string told;
  byte_view rest = wire::bytes(output);
  for (;;) {
    const auto taken = take_message(rest, 1U << 20, fault::server);
    REQUIRE(taken);
    if (!*taken) break;
    const auto& [type, body] = **taken;
    told += type;
    if (type == 'C') told += "(" + std::string(field_reader(body).text()) + ")";
    if (type == 'E') {
      const std::string text(postgres::as_text(body));
      told += "(" + text.substr(text.find("\0C", 0, 2) + 2, 5) + ")";
    }
  }
  CHECK(rest.empty());
  return told + (finished ? "." : "");
}

void check(const std::string& input, const std::string& wanted) {
  for (std::size_t piece = 1; piece <= input.size(); ++piece) {
    CAPTURE(piece);
    REQUIRE(conversation(input, piece) == wanted);
  }
}

// All that one whole input is answered with.
std::string bytes_for(const std::string& input) {
  postgres::console_talk talk;
  byte_view view = wire::bytes(input);
  while (talk.advance(view) == console_want::answer) talk.answer(find(talk.asked()));
  return talk.take_output();
}

}  // namespace

TEST_CASE("simple queries") {
  check(wire::query("show pins"), "TDDC(SHOW)Z");
  check(wire::query("pause; show pins;resume"), "C(PAUSE)TDDC(SHOW)C(RESUME)Z");
  check(wire::query("") + wire::query(" ; "), "IZIZ");
  check(wire::query("pause; selec 1; resume") + wire::query("resume"),
        "C(PAUSE)E(42601)ZC(RESUME)Z");
  check(wire::query("kill 7; pause"), "E(0A000)Z");
  check(wire::query("select 1") + wire::query("begin") + wire::query("set x to 1"),
        "E(42601)ZC(BEGIN)ZC(SET)Z");
  check(wire::query("pause") + wire::message('X', ""), "C(PAUSE)Z.");
}

TEST_CASE("extended queries") {
  const std::string parse = wire::message('P', z("s") + z("show pins") + no_codes);
  check(parse + wire::message('D', "S" + z("s")) + end, "1tTZ");
  check(parse + bound_to("s", no_codes) + wire::message('D', "P" + z("")) + execute +
            wire::message('C', "S" + z("s")) + end,
        "12TDDC(SHOW)3Z");
  check(wire::message('P', z("") + z("") + no_codes) + bound_to("", no_codes) +
            wire::message('D', "P" + z("")) + execute + end,
        "12nIZ");
  check(wire::message('P', z("") + z("pause") + no_codes) + bound_to("", no_codes) +
            wire::message('D', "P" + z("")) + execute + wire::message('H', "") + end,
        "12nC(PAUSE)Z");
  // What fails skips to its Sync, and no further.
  check(wire::message('P', z("") + z("select $1") + no_codes) + bound_to("", no_codes) + execute +
            end + wire::query("pause"),
        "E(42601)ZC(PAUSE)Z");
  check(parse + wire::message('C', "S" + z("s")) + bound_to("s", no_codes) + end, "13E(26000)Z");
  check(wire::message('P', z("") + z("pause; resume") + no_codes) + end, "E(42601)Z");
  check(execute + end, "E(34000)Z");
  check(parse +
            wire::message('B', z("") + z("s") + no_codes + std::string("\0\1\0\0\0\1x\0\0", 9)) +
            end,
        "1E(08P01)Z");
  check(wire::message('F', std::string(8, '\0')), "E(0A000)Z");
}

TEST_CASE("a portal is fetched in parts, and lives as long as its transaction would") {
  const std::string parse = wire::message('P', z("") + z("show pins") + no_codes);
  const std::string one = wire::message('E', z("") + std::string("\0\0\0\1", 4));
  const std::string bound = parse + bound_to("", no_codes);
  check(bound + one + one + one + end, "12DsDC(SHOW)C(SHOW)Z");
  check(bound + one + end + one + end, "12DsZE(34000)Z");
  check(bound + one + wire::query("pause") + one + end, "12DsC(PAUSE)ZE(34000)Z");
  check(wire::query("begin") + bound + one + end + one + end + wire::query("commit") + one + end,
        "C(BEGIN)Z12DsZDC(SHOW)ZC(COMMIT)ZE(34000)Z");
}

TEST_CASE("what is to be known besides comes as a notice") {
  check(wire::query("pause shop"), "NC(PAUSE)Z");
  CHECK(bytes_for(wire::query("pause shop")).contains(z("M2 stay")));
}

TEST_CASE("a driver that asks for the isolation level hears one") {
  check(wire::query("show transaction isolation level"), "TDC(SHOW)Z");
}

TEST_CASE("bytes that the wire does not allow end it") {
  check(wire::message('p', "secret"), "E(08P01).");
  check(std::string("Q\0\1\0\2", 5), "E(53300).");
  check(std::string("Q\0\0\0\3", 5), "E(08P01).");
}

TEST_CASE("the columns and rows, byte for byte") {
  const std::string text = bytes_for(wire::query("show pins"));
  const std::string first = wire::message(
      'D', std::string("\0\10"
                       "\0\0\0\1"
                       "1"
                       "\0\0\0\4",
                       11) +
               "shop" + std::string("\0\0\0\3", 4) + "app" + std::string(12, '\xff') +
               std::string("\0\0\0\2", 4) + "-2" + std::string("\0\0\0\3", 4) + "why");
  CHECK(text.contains(first));
  // A number in binary: eight bytes, the highest first.
  const std::string binary =
      bytes_for(wire::message('P', z("") + z("show pins") + no_codes) + bound_to("", binary_code) +
                wire::message('D', "P" + z("")) + execute + end);
  CHECK(binary.contains(std::string("\0\0\0\10\0\0\0\0\0\0\1\2", 12)));
  CHECK(binary.contains(std::string("\0\0\0\10", 4) + std::string(7, '\xff') + "\xfe"));
  CHECK(binary.contains(z("session") + std::string(6, '\0') + std::string("\0\0\0\x14\0\10", 6) +
                        std::string(4, '\xff') + std::string("\0\1", 2)));
}

TEST_CASE("what a client hears first is what drivers look for") {
  const auto told = postgres::console_talk().greeting("9.8");
  std::string all;
  for (const auto& [name, value] : {std::pair{"DateStyle", "ISO, MDY"},
                                    {"TimeZone", "UTC"},
                                    {"client_encoding", "UTF8"},
                                    {"default_transaction_read_only", "off"},
                                    {"in_hot_standby", "off"},
                                    {"integer_datetimes", "on"},
                                    {"server_encoding", "UTF8"},
                                    {"server_version", "15.0 (Skein 9.8)"},
                                    {"standard_conforming_strings", "on"}}) {
    all += wire::message('S', z(name) + z(value));
  }
  CHECK(told == all);
}
