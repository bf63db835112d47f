// A text that the server is given in other words than the client's: another name for a statement,
// or less in front of the query. What the server then complains of is told in the client's words,
// at the client's position.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/login.hpp"

namespace skein::postgres {

struct rewording {
  // In characters.
  struct place {
    std::uint32_t begin = 0;  // in the server's text
    std::string ours = {};
    std::string theirs = {};            // the name as the client's server would tell it
    std::uint32_t theirs_size = 0;      // of what stood there in the client's text
    std::uint32_t statement = 0;        // whose name it is
    bool taken_away = false;            // by a DEALLOCATE
    std::size_t statements_before = 0;  // in the message
  };
  std::vector<place> places = {};  // in order
};

// As the server counts them; of its encodings UTF-8 is known, and those of a byte a character.
std::uint32_t characters_in(std::string_view text, bool utf8);
// A whole ErrorResponse.
std::string reword_error(byte_view message, const rewording& words);

}  // namespace skein::postgres
