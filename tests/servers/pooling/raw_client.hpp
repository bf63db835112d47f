// A client that logs in by the driver and then speaks messages of its own, for exchanges that no
// driver makes; and the messages.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/wire_socket.hpp"

namespace skein::servers {

namespace said {

inline std::string zero(std::string_view text) {
  return std::string(text).append(1, '\0');
}
inline std::string u16(std::uint16_t value) {
  return u32(value).substr(2);
}
inline std::string query(std::string_view sql) {
  return wire('Q', zero(sql));
}
inline std::string parse(std::string_view name, std::string_view sql) {
  return wire('P', zero(name) + zero(sql) + u16(0));
}
inline std::string bind_to(std::string_view name, std::string_view portal = {},
                           const std::vector<std::string>& values = {}) {
  std::string body = zero(portal) + zero(name) + u16(0);
  body += u16(static_cast<std::uint16_t>(values.size()));
  for (const auto& value : values) body += u32(static_cast<std::uint32_t>(value.size())) + value;
  return wire('B', body + u16(0));
}
inline std::string execute(std::string_view portal = {}, std::uint32_t lines = 0) {
  return wire('E', zero(portal) + u32(lines));
}
inline std::string describe(char what, std::string_view name) {
  return wire('D', std::string(1, what) + zero(name));
}
inline std::string close(char what, std::string_view name) {
  return wire('C', std::string(1, what) + zero(name));
}
inline const std::string sync_up = wire('S', "");
inline const std::string flush = wire('H', "");
// An unnamed statement from Parse to Execute.
inline std::string at_once(std::string_view sql) {
  return parse("", sql) + bind_to("") + execute();
}

}  // namespace said

struct raw_client {
  explicit raw_client(const std::string& words) : session(words), socket(PQsocket(session.raw())) {}

  // The types of all replies up to the ReadyForQuery of that round, with its status: "1TDCZI"; of a
  // row its first value behind it, of an error its SQLSTATE: "D(5)", "E(42P01)". No notices.
  std::string hear(int rounds = 1, std::chrono::milliseconds deadline = std::chrono::seconds{10}) {
    return hear_until(deadline,
                      [&](const wire_message& one) { return one.type == 'Z' && --rounds == 0; });
  }
  std::string hear_messages(int count) {
    return hear_until(std::chrono::seconds{10}, [&](const wire_message&) { return --count == 0; });
  }
  std::string ask(std::string_view bytes) {
    const auto rounds = std::max(1, count_rounds(bytes));
    socket.send(bytes);
    return hear(rounds);
  }
  std::string last_words;  // of the last error

  pg_session session;
  wire_socket socket;

 private:
  static int count_rounds(std::string_view bytes) {
    int rounds = 0;
    while (bytes.size() >= 5) {
      rounds += bytes[0] == 'Q' || bytes[0] == 'S' || bytes[0] == 'F';
      std::uint32_t length = 0;
      for (std::size_t i = 1; i < 5; ++i)
        length = length << 8 | static_cast<unsigned char>(bytes[i]);
      bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 1 + length));
    }
    return rounds;
  }
  template <typename Done>
  std::string hear_until(std::chrono::milliseconds deadline, Done done) {
    std::string told;
    for (;;) {
      const auto one = socket.message(deadline);
      if (!one) return told + "END";
      if (one->type != 'N' && one->type != 'S' && one->type != 'A') told += describe_reply(*one);
      if (one->type != 'N' && one->type != 'S' && one->type != 'A' && done(*one)) return told;
    }
  }
  std::string describe_reply(const wire_message& one) {
    std::string told(1, one.type);
    if (one.type == 'Z') return told + one.body;
    if (one.type == 'D' && one.body.size() >= 6) {
      std::uint32_t size = 0;
      for (std::size_t i = 2; i < 6; ++i)
        size = size << 8 | static_cast<unsigned char>(one.body[i]);
      return told + "(" + (size == ~0U ? "null" : one.body.substr(6, size)) + ")";
    }
    if (one.type != 'E') return told;
    last_words = one.field('M');
    return told + "(" + one.field('C') + ")";
  }
};

}  // namespace skein::servers
