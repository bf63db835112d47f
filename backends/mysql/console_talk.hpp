// The console over MySQL's protocol: what the clients mysql and mariadb and drivers need in order
// to take a table for the result of a query. Pure; proxy/console_session carries it.
#pragma once

#include <deque>
#include <string>

#include "backends/console_talk.hpp"
#include "backends/mysql/capabilities.hpp"
#include "backends/mysql/driver_questions.hpp"
#include "backends/mysql/message.hpp"

namespace skein::mysql {

class console_talk final : public skein::console_talk {
 public:
  explicit console_talk(const login_request& asked);

  std::string greeting(std::string_view version) const override;
  console_want advance(byte_view& input) override;
  const console::command& asked() const override { return asked_; }
  void answer(result<console::table> told) override;
  std::string break_off(const error& why) override;
  std::string take_output() override { return std::exchange(output_, {}); }

 private:
  // False: an answer is wanted first.
  bool take(command what, std::string_view text);
  bool next_of_query();
  void write_variables(const variables_told& told);
  void write_columns(std::span<const console::column> columns);
  void write_row(const console::row& one);
  void write_end();
  void write_ok();
  void fail(const error& why);

  capability_set agreed_;
  std::string output_ = {};
  std::uint8_t number_ = 0;  // of the last packet
  console::command asked_ = {};
  std::deque<std::string> query_ = {};  // the rest of a query's statements
};

}  // namespace skein::mysql
