// One client's exchange with one server after login. Headers are read, bodies of any size are
// passed on unseen, and runs of messages leave as one action: this is the hot path.
//
// This is session pooling: the client keeps one server, which is reset when it leaves, if it has
// sent anything at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "backends/conversation.hpp"
#include "backends/postgres/ledger.hpp"
#include "backends/postgres/memory.hpp"
#include "backends/postgres/message.hpp"

namespace skein::postgres {

class conversation final : public skein::conversation {
 public:
  void from_client(byte_view input, action_list& actions) override;
  void from_server(byte_view input, action_list& actions) override;

  void lend(skein::server_memory& there) override { server_ = &static_cast<server_memory&>(there); }
  void refuse_next(const error&) override {}  // it never asks
  void settle_in(action_list& actions) override;
  result<std::string> greeting() const override;
  // Its own server tells it what is announced.
  void channel_live(const result<void>&, action_list&) override {}
  void announce(std::string_view, bool, action_list&) override {}
  void announcements_lost(bool, action_list&) override {}
  bool on_hold() const override { return false; }
  bool at_rest() const override;
  bool busy() const override { return ledger_.busy(); }
  // Empty in the middle of a message to the client, where nothing can be put in, and when the
  // server has just told the client an error itself.
  //
  // When a reply is owed the kind becomes in_doubt wherever the server may have committed: any
  // statement outside a transaction block, and inside one all but a simple query of one statement
  // that begins with neither COMMIT, END nor PREPARE.
  std::string break_off(error why) override;
  bool in_doubt() const override { return ledger_.commit_possible(); }
  std::string_view pin() const override { return "pool mode session"; }
  bool leave(action_list& actions) override;
  const exchange_counts& counts() const override { return ledger_.counts(); }

 private:
  bool quiet() const;  // nothing is under way, though a transaction may be open
  void note_client(char type, byte_view body_seen, std::uint32_t body_size);
  void note_server(char type);
  void end_exchange(char transaction_status);
  void end_reset(action_list& actions);
  void send_reset(action_list& actions);
  void end_client(char type, std::uint32_t length, action_list& actions);
  void end_server(char type, std::uint32_t length, action_list& actions);

  server_memory* server_ = nullptr;
  ledger ledger_;
  std::uint32_t client_body_left_ = 0;
  std::uint32_t server_body_left_ = 0;
  bool asked_ = false;       // the client has sent something
  bool status_due_ = false;  // the body of a ReadyForQuery is still to come
  bool finished_ = false;    // nothing more is exchanged
  bool broken_ = false;      // and the server is in no known state
  bool leaving_ = false;     // the reset is under way
  bool reset_again_ = false;
  std::uint64_t errors_before_reset_ = 0;
};

}  // namespace skein::postgres
