// One client's exchange with the console after its login: statements in, a table or an error out,
// in the messages of one wire. Pure, like a conversation, but no server is borrowed: the carrier
// (proxy/console_session) finds the answers. What the statements mean is console/command's
// business.
#pragma once

#include <string>
#include <string_view>

#include "backends/error.hpp"
#include "backends/login.hpp"
#include "console/command.hpp"

namespace skein {

enum class console_want : std::uint8_t {
  input,   // more bytes from the client
  answer,  // what `asked()` asks for, then `answer`
  finish,  // close once the output is sent
};

class console_talk {
 public:
  virtual ~console_talk() = default;
  // What the client is told in the place of conversation::greeting.
  virtual std::string greeting(std::string_view version) const = 0;
  // Eats what it uses from the front of `input`. After each call, and after `answer`: send
  // take_output(), then do what was wanted; after `answer` come again.
  virtual console_want advance(byte_view& input) = 0;
  virtual const console::command& asked() const = 0;
  // Its columns are those of console::columns_of.
  virtual void answer(result<console::table> told) = 0;
  // The last words, at any moment: Skein stops, the session is ended.
  virtual std::string break_off(const error& why) = 0;
  virtual std::string take_output() = 0;
};

}  // namespace skein
