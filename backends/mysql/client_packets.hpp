// What a client sends, packet by packet as far as each has come, and what becomes of the bytes of
// one whose end is not here yet. Both conversations read by it; this is the hot path.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "backends/conversation.hpp"
#include "backends/mysql/commands.hpp"

namespace skein::mysql {

// One packet of the client's, as far as it has come.
struct incoming {
  byte_view packet = {};
  std::uint32_t size = 0;  // of its body
  command what = command::quit;
  byte_view arguments() const { return packet.subspan(command_bytes); }
  bool whole() const { return packet.size() == header_bytes + size; }
  // It has, or will have, that much.
  bool holds(std::size_t bytes) const { return header_bytes + size >= bytes; }
  // That much of it is here, or all of it, if it has less.
  bool has_come(std::size_t bytes) const {
    return packet.size() >= std::min(header_bytes + std::size_t{size}, bytes);
  }
};

// Of what cannot be one.
inline const char* no_command(const incoming& from) {
  return from.size == 0 ? "an empty packet in place of a command"
                        : "a command whose packet has not the number 0";
}

class client_packets {
 public:
  // What is left of a packet that has begun: so much of `input`.
  std::size_t take_rest(byte_view input, action_list& actions) {
    const std::size_t size = std::min(left_, input.size());
    left_ -= size;
    hidden_ ? actions.hide(size) : actions.forward(size);
    return size;
  }
  // Of the first in `input`; none before something of its body is there.
  static std::optional<incoming> first_of(byte_view input) {
    if (input.size() < header_bytes) return std::nullopt;
    const std::uint32_t size = body_size(input.data());
    if (input.size() == header_bytes && size != 0) return std::nullopt;
    return incoming{input.first(std::min(input.size(), header_bytes + size)), size};
  }
  void pass(const incoming& from, bool hidden, action_list& actions) {
    note(from, hidden);
    hidden ? actions.hide(from.packet.size()) : actions.forward(from.packet.size());
  }
  // Its first bytes have been said in other words.
  void pass_behind(const incoming& from, std::size_t prefix, action_list& actions) {
    actions.hide(prefix);
    actions.forward(from.packet.size() - prefix);
    note(from, false);
  }
  // True: the packet goes on with the last command, and has been passed as that was.
  bool goes_on(const incoming& from, action_list& actions) {
    if (!continues_) return false;
    pass(from, hidden_, actions);
    return true;
  }
  // Between two commands.
  bool at_rest() const { return left_ == 0 && !continues_; }

 private:
  void note(const incoming& from, bool hidden) {
    hidden_ = hidden;
    continues_ = from.size == body_max;
    left_ = header_bytes + from.size - from.packet.size();
  }

  std::size_t left_ = 0;
  bool hidden_ = false;
  bool continues_ = false;
};

}  // namespace skein::mysql
