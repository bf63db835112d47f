// The console over PostgreSQL's protocol, simple and extended, text and binary: what psql and
// drivers need in order to take a table for the result of a query. Pure; proxy/console_session
// carries it.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "backends/console_talk.hpp"
#include "backends/postgres/message.hpp"

namespace skein::postgres {

class console_talk final : public skein::console_talk {
 public:
  std::string greeting(std::string_view version) const override;
  console_want advance(byte_view& input) override;
  const console::command& asked() const override { return asked_; }
  void answer(result<console::table> told) override;
  std::string break_off(const error& why) override;
  std::string take_output() override { return std::exchange(output_, {}); }

 private:
  using command = std::optional<console::command>;  // none: an empty statement
  struct portal {
    command what = {};
    std::vector<std::uint16_t> formats = {};
    // Since it was executed first: what has not been fetched yet.
    std::optional<console::table> rows = {};
    std::size_t next = 0;
  };

  // False: an answer is wanted first.
  bool take(const message& said);
  bool next_of_query();
  void parse(field_reader body);
  void bind(field_reader body);
  void describe(field_reader body);
  bool execute(field_reader body);
  void close(field_reader body);
  void fetch(portal& from);
  void write_columns(std::span<const console::column> columns,
                     std::span<const std::uint16_t> formats);
  void write_row(const console::row& one, std::span<const std::uint16_t> formats);
  void write_empty(char type) { message_writer(output_).begin(type).end(); }
  void complete(const std::string& tag);
  void ready();
  void fail(const error& why);

  std::string output_ = {};
  console::command asked_ = {};
  std::deque<std::string> query_ = {};  // the rest of a simple query's statements
  bool in_query_ = false;
  bool skipping_ = false;  // an extended message failed: up to its Sync nothing is done
  bool in_block_ = false;  // BEGIN was said: portals live on to its end
  portal* executing_ = nullptr;
  std::uint32_t rows_max_ = 0;  // of the Execute under way; 0: all
  std::map<std::string, command, std::less<>> statements_ = {};
  std::map<std::string, portal, std::less<>> portals_ = {};
};

}  // namespace skein::postgres
