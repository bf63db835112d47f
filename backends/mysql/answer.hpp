// Where the answer to one command ends, and which of its packets tell of the connection: read from
// packets' headers and the first bytes of their bodies. Rows of any number and size are passed in
// runs, unseen. Both conversations stand on it.
//
//   answer it;
//   it.begin(command::query, {.deprecates_eof = true});
//   for (step now = it.next(input); now.bytes != 0; ...)
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/login.hpp"
#include "backends/mysql/message.hpp"

namespace skein::mysql {

// Agreed on when the connection was opened: it shapes its answers.
struct answer_shape {
  bool deprecates_eof = false;  // results end with an OK packet, and definitions with nothing
  bool extended = false;        // definitions say more of types, behind the names
};

class answer {
 public:
  enum class kind : std::uint8_t {
    more,      // nothing can be told: come again with more bytes
    passed,    // definitions, rows, counts, pieces of what is long
    ok,        // an OK packet, or what ends a result; `status` is its status
    error,     // an ERR packet
    file,      // the server asks for a file of the client's
    prepared,  // the first packet that answers a PREPARE
    broken,    // no server says this here
  };
  struct step {
    kind what = kind::more;
    std::size_t bytes = 0;     // of the input, from its front
    byte_view body = {};       // of one packet, whole; not of what was passed
    std::uint16_t status = 0;  // ok alone
  };

  // Whether that command is answered at all.
  static bool is_owed(command what);
  void begin(command what, answer_shape shape);
  step next(byte_view input);
  bool over() const { return at_ == place::nothing && passing_ == 0 && !continues_; }
  bool inside_packet() const { return passing_ != 0; }
  std::uint8_t number() const { return number_; }  // of the last packet that has begun
  // The client's packets are due, to an empty one: then the answer goes on.
  bool wants_file() const { return at_ == place::file; }
  void file_sent() { at_ = place::first; }

 private:
  enum class place : std::uint8_t {
    nothing,
    first,        // of a result
    definitions,  // of its columns ...
    behind_definitions,
    rows,
    prepared,  // the parameters' and the columns' definitions
    fields,    // COM_FIELD_LIST
    line,      // COM_STATISTICS
    file,
  };

  step next_packet(byte_view input);
  step whole(kind what, byte_view input, std::uint32_t size);
  step pass(byte_view input, std::size_t size);
  step first_of(byte_view input, std::uint32_t size, std::uint8_t first);
  step begin_prepared(byte_view input, std::uint32_t size);
  step definition(byte_view input, std::uint32_t size, std::uint8_t first);
  step row(byte_view input, std::uint32_t size, std::uint8_t first);
  step end_of(byte_view input, std::uint32_t size);
  std::size_t rows_size(byte_view input);
  bool ends_rows(std::uint32_t size, std::uint8_t first) const;
  void next_definitions();

  command what_ = command::quit;
  answer_shape shape_ = {};
  place at_ = place::nothing;
  std::uint64_t definitions_ = 0;        // left of these
  std::uint64_t later_definitions_ = 0;  // of a prepared statement: its columns'
  std::size_t passing_ = 0;              // bytes left of a body that is passed
  bool continues_ = false;               // the next packet goes on with this one
  std::uint8_t number_ = 0;
};

}  // namespace skein::mysql
