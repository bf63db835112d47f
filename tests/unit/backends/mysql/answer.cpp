#include "backends/mysql/answer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace skein;
using namespace skein::mysql;

namespace {

constexpr answer_shape old_shape = {.deprecates_eof = false};
constexpr answer_shape new_shape = {.deprecates_eof = true};

// Builds an answer, packet by packet.
struct script {
  std::string bytes = {};

  script& packet(std::string_view body) {
    message_writer writer(bytes);
    writer.begin(++number_).raw(body).end();
    return *this;
  }
  script& ok(std::uint16_t status, std::uint8_t first = reply::ok) {
    return packet(body([&](auto& to) { to.u8(first).counted(300).counted(0).u16(status).u16(0); }));
  }
  script& eof(std::uint16_t status) {
    return packet(body([&](auto& to) { to.u8(reply::eof).u16(0).u16(status); }));
  }
  script& error() { return packet("\xff\x15\x04#28000no"); }
  script& columns(std::size_t count) {
    packet(body([&](auto& to) { to.counted(count); }));
    return definitions(count);
  }
  script& definitions(std::size_t count) {
    for (std::size_t at = 0; at < count; ++at) packet("\3def" + std::string(20, 'd'));
    return *this;
  }
  script& prepared(std::uint16_t columns, std::uint16_t parameters) {
    return packet(
        body([&](auto& to) { to.u8(reply::ok).u32(7).u16(columns).u16(parameters).u8(0).u16(0); }));
  }

 private:
  template <typename Fill>
  static std::string body(Fill fill) {
    std::string out;
    message_writer writer(out);
    writer.begin(0);
    fill(writer);
    writer.end();
    return out.substr(header_bytes);
  }
  std::uint8_t number_ = 0;
};

char letter_of(answer::kind what) {
  return std::string_view(".poefsb")[static_cast<std::size_t>(what)];
}

// What came of it, a letter a kind of step with runs of what was passed as one; at the end where
// the answer is over `!`, else what is left of the input.
std::string read(answer& it, std::string_view bytes, std::size_t piece) {
  std::string told;
  std::size_t at = 0;
  for (std::size_t seen = std::min(piece, bytes.size());;
       seen = std::min(seen + piece, bytes.size())) {
    for (;;) {
      const answer::step now = it.next(as_bytes(bytes.substr(at, seen - at)));
      if (now.what == answer::kind::broken) return told + "b";
      if (now.bytes == 0) break;
      at += now.bytes;
      const char letter = letter_of(now.what);
      if (letter != 'p' || !told.ends_with('p')) told += letter;
      if (letter == 'o') told += std::to_string(now.status);
      if (it.over() || it.wants_file()) break;
    }
    if (it.over() || it.wants_file() || seen == bytes.size()) break;
  }
  return told + (it.over() ? "!" : "") + (at == bytes.size() ? "" : "+");
}

std::string read_every_way(command what, answer_shape shape, const script& from) {
  std::string first;
  for (std::size_t piece = from.bytes.size(); piece > 0; --piece) {
    answer it;
    it.begin(what, shape);
    const std::string told = read(it, from.bytes, piece);
    if (first.empty()) first = told;
    CAPTURE(piece);
    CHECK(told == first);
  }
  return first;
}

struct exchange {
  command what;
  answer_shape shape;
  script from;
  std::string told;
};

}  // namespace

TEST_CASE("where answers end") {
  const std::vector<exchange> all = {
      {command::ping, old_shape, script().ok(2), "o2!"},
      {command::query, new_shape, script().ok(3), "o3!"},
      {command::query, new_shape, script().error(), "e!"},
      {command::query, old_shape, script().columns(2).eof(2).packet("\1a\1b").eof(34), "po34!"},
      {command::query, old_shape, script().columns(1).eof(2).eof(2), "po2!"},
      {command::query, new_shape, script().columns(2).packet("\1a\1b").ok(2, 0xfe), "po2!"},
      {command::query, new_shape,
       script().columns(1).packet("\xfb").packet(std::string(1, '\0')).ok(2, 0xfe), "po2!"},
      {command::query, new_shape, script().columns(1).packet("\1a").error(), "pe!"},
      {command::query, old_shape, script().columns(1).error(), "pe!"},
      {command::query, new_shape,
       script().columns(1).packet("\1a").ok(10, 0xfe).ok(8).columns(1).ok(2, 0xfe), "po10o8po2!"},
      {command::query, old_shape, script().ok(8).columns(1).eof(8).eof(10).error(), "o8po10e!"},
      {command::query, new_shape, script().packet("\xfb/tmp/file"), "f"},
      {command::process_info, new_shape, script().columns(1).ok(2, 0xfe), "po2!"},
      {command::stmt_execute, old_shape, script().columns(2).eof(0x42), "po66!"},
      {command::stmt_execute, new_shape, script().columns(2).ok(0x42, 0xfe), "po66!"},
      {command::stmt_fetch, old_shape, script().packet(std::string("\0\0a", 3)).eof(0x42), "po66!"},
      {command::stmt_fetch, new_shape, script().ok(0xc2, 0xfe), "o194!"},
      {command::stmt_prepare, old_shape, script().prepared(0, 0), "s!"},
      {command::stmt_prepare, old_shape,
       script().prepared(2, 1).definitions(1).eof(2).definitions(2).eof(2), "sp!"},
      {command::stmt_prepare, new_shape, script().prepared(2, 1).definitions(3), "sp!"},
      {command::stmt_prepare, old_shape, script().prepared(2, 0).definitions(2).eof(2), "sp!"},
      {command::stmt_prepare, new_shape, script().prepared(0, 2).definitions(2), "sp!"},
      {command::stmt_prepare, new_shape, script().error(), "e!"},
      {command::field_list, old_shape, script().definitions(3).eof(2), "po2!"},
      {command::field_list, new_shape, script().ok(2, 0xfe), "o2!"},
      {command::statistics, new_shape, script().packet("Uptime: 1"), "p!"},
      {command::set_option, old_shape, script().eof(2), "o2!"},
      {command::set_option, new_shape, script().ok(2, 0xfe), "o2!"},
      {command::query, new_shape, script().ok(2).ok(2), "o2!+"},
  };
  for (const auto& [what, shape, from, told] : all) {
    CAPTURE(static_cast<int>(what));
    CAPTURE(told);
    CHECK(read_every_way(what, shape, from) == told);
  }
}

TEST_CASE("a row of 16 MB and more is passed, whatever its pieces look like") {
  script from;
  from.columns(1).packet("\xfe" + std::string(body_max + 100, '\xff')).ok(2, 0xfe);
  for (const std::size_t piece : {from.bytes.size(), 1000003UZ}) {
    answer it;
    it.begin(command::query, new_shape);
    CHECK(read(it, from.bytes, piece) == "po2!");
  }
  script filled;
  filled.columns(1).packet("\xfe" + std::string(body_max - 1, '\xff')).ok(2, 0xfe);
  answer it;
  it.begin(command::query, new_shape);
  CHECK(read(it, filled.bytes, 65536) == "po2!");
}

TEST_CASE("behind a file the answer goes on") {
  answer it;
  it.begin(command::query, new_shape);
  CHECK(read(it, script().packet("\xfb/tmp/file").bytes, 3) == "f");
  CHECK(it.wants_file());
  it.file_sent();
  CHECK(read(it, script().ok(2).bytes, 3) == "o2!");
}

TEST_CASE("what no server says is found out") {
  const std::vector<exchange> all = {
      {command::ping, new_shape, script().packet("\1"), ""},
      {command::query, new_shape, script().packet(""), ""},
      {command::query, new_shape, script().packet("\xfc\1"), ""},
      {command::query, old_shape, script().columns(1).packet("\1a"), ""},
      {command::stmt_prepare, new_shape, script().columns(1), ""},
      {command::stmt_prepare, new_shape, script().packet(std::string("\0\1\0", 3)), ""},
      {command::ping, new_shape, script().packet("\xfbname"), ""},
  };
  for (const auto& one : all) {
    answer it;
    it.begin(one.what, one.shape);
    CHECK(read(it, one.from.bytes, one.from.bytes.size()).ends_with('b'));
  }
  CHECK_FALSE(answer::is_owed(command::quit));
  CHECK_FALSE(answer::is_owed(command::stmt_close));
  CHECK(answer::is_owed(command::stmt_execute));
}
