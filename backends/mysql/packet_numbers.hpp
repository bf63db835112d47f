// The two kinds of numbers on a compressed connection: of compressed packets, which both ends
// check, and of the packets within, which nobody does: libraries and servers let these fall in step
// with the others after each flush. Who is on the other side of Skein may be without compression,
// and is strict: so what comes is numbered here as it would be there.
//
// Both kinds begin anew with each command. Where one begins is told by packets' own numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "backends/mysql/message.hpp"

namespace skein::mysql {

enum class wire_end : std::uint8_t { client, server };

class packet_numbers {
 public:
  // The end that we are.
  explicit packet_numbers(wire_end ours) : ours_(ours) {}

  // A compressed packet has come. False: it is not the one that was due.
  bool take(std::uint8_t number);
  // No more is understood of what comes: what is still said answers the last that was.
  void give_up();
  // What was in it, in pieces: the packets' numbers are made right.
  void renumber(std::span<std::byte> plain);
  bool between_packets() const { return in_.begun == 0 && in_.left == 0; }

  // How much of it, from its front, goes into one compressed packet: what begins anew has its own,
  // and no packet's header is parted. 0: less than a header is there.
  std::size_t fit_together(byte_view plain);
  // Of the compressed packet for what was last told to fit.
  std::uint8_t next();

 private:
  // Where in its packets one direction is.
  struct walk {
    std::uint32_t left = 0;   // of the body
    std::uint32_t size = 0;   // in a header that is not whole
    std::uint8_t begun = 0;   // bytes of that
    std::uint8_t number = 0;  // of the last packet
    std::uint8_t first = 0;   // byte of its body
    bool first_due = false;   // which has not come
    bool goes_on = false;     // the next packet belongs to the same message
  };
  // A command whose answer has not begun: the numbers that it begins with.
  struct asked {
    std::uint8_t compressed;
    std::uint8_t number;
  };

  std::uint8_t begin_in(std::uint8_t raw);
  void begin_message_in(std::uint8_t raw, std::uint32_t size);
  void note_first_in(std::uint8_t byte);
  void note_command();
  bool begins_anew(std::uint8_t number) const;
  void begin_out(const std::byte* header);
  bool in_message() const { return !between_packets() || in_.goes_on; }
  std::uint8_t last_number() const { return last_is_in_ ? in_.number : out_.number; }

  wire_end ours_;
  bool last_is_in_ = false;     // of all packets, the one that began last
  bool reset_in_ = false;       // the client's compressed packets have begun anew
  bool has_heard_ = false;      // one has come at all
  bool command_in_ = false;     // the message that comes is a command ...
  bool owed_in_ = false;        // ... and `asked_` ends with it
  bool file_in_ = false;        // a file comes, as far as an empty packet
  bool answered_since_ = true;  // something was said since the last command came
  std::uint8_t in_due_ = 0;     // number of the next compressed packet
  std::uint8_t out_due_ = 0;
  walk in_ = {};
  walk out_ = {};
  std::vector<asked> asked_ = {};  // one at most, but of clients that ask ahead
};

}  // namespace skein::mysql
