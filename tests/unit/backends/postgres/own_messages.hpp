// What looks and replays are made of, as their tests write it.
#pragma once

#include <string>
#include <vector>

#include "backends/postgres/replies.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

namespace wire {

// Bind and Execute of one of our statements; `values` as they stand in Bind, their number first.
inline std::string run(const std::string& name, const std::string& values = text("\0\0")) {
  return message('B', text("\0") + name + text("\0\0\1\0\1") + values + text("\0\1\0\1")) +
         message('E', text("\0\0\0\0\0"));
}

// A value, behind its length.
inline std::string sized(const std::string& value) {
  return u32(static_cast<std::uint32_t>(value.size())) + value;
}

// The replies owed, by the letters of the messages that they answer.
inline std::string letters(const std::vector<skein::postgres::reply_kind>& replies) {
  using skein::postgres::reply_kind;
  std::string all;
  for (const auto kind : replies) {
    all += kind == reply_kind::parse     ? 'P'
           : kind == reply_kind::bind    ? 'B'
           : kind == reply_kind::execute ? 'E'
           : kind == reply_kind::close   ? 'C'
           : kind == reply_kind::sync    ? 'S'
                                         : '?';
  }
  return all;
}

}  // namespace wire
