// One client's exchange with one server after login. A client asks, then hears the whole answer:
// what it sends ahead waits. Headers are read, bodies of any size are passed on unseen, and runs of
// packets leave as one action: this is the hot path.
//
// This is session pooling: the client keeps one server, which is reset when it leaves, if it has
// asked for anything at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "backends/conversation.hpp"
#include "backends/mysql/answer.hpp"
#include "backends/mysql/memory.hpp"

namespace skein::mysql {

class conversation final : public skein::conversation {
 public:
  explicit conversation(const login_request& asked);

  void from_client(byte_view input, action_list& actions) override;
  void from_server(byte_view input, action_list& actions) override;

  void lend(skein::server_memory& there) override { server_ = &static_cast<server_memory&>(there); }
  void refuse_next(const error&) override {}  // it never asks
  // A server that was reset knows neither the client's character set nor its database.
  void settle_in(action_list& actions) override;
  result<std::string> greeting() const override;
  void channel_live(const result<void>&, action_list&) override {}
  void announce(std::string_view, bool, action_list&) override {}
  void announcements_lost(bool, action_list&) override {}
  bool on_hold() const override { return held_; }
  bool at_rest() const override;
  bool busy() const override { return whose_ == asker::client; }
  // Empty in the middle of a packet to the client, where nothing can be put in.
  std::string break_off(error why) override;
  std::string_view pin() const override { return "pool mode session"; }
  bool leave(action_list& actions) override;
  const exchange_counts& counts() const override { return counts_; }

 private:
  // Whose command is being answered.
  enum class asker : std::uint8_t { nobody, client, us };

  std::size_t take_body(byte_view input, action_list& actions);
  bool take_command(byte_view packet, std::uint32_t size, action_list& actions);
  bool refuse(byte_view packet, std::uint32_t size, const std::string& what, action_list& actions);
  bool take_file_packet(byte_view packet, std::uint32_t size, action_list& actions);
  void pass_client(byte_view packet, std::uint32_t size, bool hidden, action_list& actions);
  void say(const std::string& text, action_list& actions);
  void end_client(const std::string& what, action_list& actions);
  void note(const answer::step& now);
  void end_server(action_list& actions);
  void end_answer(action_list& actions);
  void end_ours(action_list& actions);
  void ask(command what, std::string_view text, action_list& actions);
  void ask_next(action_list& actions);

  std::string database_;
  capability_set shaped_;  // as the client reads its answers
  std::string collation_;
  server_memory* server_ = nullptr;
  answer answer_ = {};
  asker whose_ = asker::nobody;
  command asked_ = command::quit;
  std::uint16_t status_ = status::autocommit;
  std::size_t client_left_ = 0;
  bool client_hidden_ = false;
  bool client_continues_ = false;
  bool held_ = false;
  bool used_ = false;  // the client has asked for something
  bool broken_ = false;
  bool finished_ = false;
  bool leaving_ = false;
  std::vector<std::pair<command, std::string>> ours_ = {};  // to be asked one after the other
  error failed_ = {};                                       // of what we asked before the welcome
  exchange_counts counts_ = {};
};

}  // namespace skein::mysql
