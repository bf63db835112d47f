// Most statements of most applications leave nothing behind, and one look at each of their bytes
// shows it: what calls nothing has no parenthesis.
#pragma once

#include <cstdint>
#include <string_view>

namespace skein::postgres {

class catalog;

enum class plain_query : std::uint8_t {
  none,    // anything else, or too little is seen: see `effects_by_token`
  reads,   // SELECT
  writes,  // UPDATE, DELETE
};

// One statement alone, of words, quoted or not, plain strings, whole numbers, parameters and
// operators: no parenthesis, no qualified name, no comment, no INTO, and no name that brings code
// along by what is known of the database.
plain_query look_for_plain_query(std::string_view text, bool standard_strings,
                                 const catalog* known = nullptr);

}  // namespace skein::postgres
