// One client's exchange with one server after login. A client asks, then hears the whole answer:
// what it sends ahead waits. Headers are read, bodies of any size are passed on unseen, and runs of
// packets leave as one action: this is the hot path.
//
// This is session pooling: the client keeps one server, which is reset when it leaves, if it has
// asked for anything at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/conversation.hpp"
#include "backends/mysql/answer.hpp"
#include "backends/mysql/client_packets.hpp"
#include "backends/mysql/kill_statement.hpp"
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
  void cancelled(const result<void>& outcome, action_list& actions) override;
  void announce(std::string_view, bool, action_list&) override {}
  void announcements_lost(bool, action_list&) override {}
  bool on_hold() const override { return held_; }
  bool at_rest() const override;
  bool busy() const override { return whose_ == asker::client; }
  // Empty in the middle of a packet to the client, where nothing can be put in.
  std::string break_off(error why) override;
  bool in_doubt() const override { return busy() && may_commit(asked_); }
  std::string_view pin() const override { return "pool mode session"; }
  bool leave(action_list& actions) override;
  const exchange_counts& counts() const override { return counts_; }

 private:
  // Whose command is being answered.
  enum class asker : std::uint8_t { nobody, client, us };

  bool take_packet(const incoming& from, action_list& actions);
  bool take_command(const incoming& from, action_list& actions);
  bool refuse(const incoming& from, action_list& actions);
  bool kill(const incoming& from, const std::expected<kill_request, std::string>& asked,
            action_list& actions);
  void say(const std::string& text, action_list& actions);
  void end_client(const std::string& what, action_list& actions);
  void note(const answer::step& now);
  void end_server(action_list& actions);
  void end_answer(action_list& actions);
  void end_ours(action_list& actions);
  void ask(command what, std::string_view text, action_list& actions);
  void ask_next(action_list& actions);

  std::string database_;
  capability_set shaped_ = 0;  // as the client reads its answers
  std::optional<std::uint8_t> collation_;
  server_memory* server_ = nullptr;
  answer answer_ = {};
  asker whose_ = asker::nobody;
  command asked_ = command::quit;
  std::uint16_t status_ = status::autocommit;
  client_packets client_ = {};
  std::optional<std::uint32_t> killing_ = {};  // that session, and what became of it is not known
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
