// The seam between a wire protocol and the proxy: the exchange of one client with the servers that
// it borrows, after login, as a pure state machine. It reads message headers, keeps the ledger of
// replies owed and answers with actions; proxy/session carries them out and knows no message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/commits.hpp"
#include "backends/definitions.hpp"
#include "backends/error.hpp"
#include "backends/facts.hpp"
#include "backends/login.hpp"
#include "backends/members.hpp"

namespace skein {

enum class action_kind : std::uint8_t {
  forward,    // `bytes` of the input go on to the other side
  hide,       // `bytes` of the input are dropped
  to_client,  // `text` goes to the client
  to_server,  // `text` goes to the server
  listen,     // the client listens on channel `text`: answer by `channel_live`
  unlisten,   // on that it does no more
  unlisten_all,
  borrow,         // a server is wanted for what follows in the input: lend one, then come again
  again,          // `text`, of the client's, is to be read once more, ahead of what is left
  cancel,         // what session `bytes` runs, by its number: answer by `cancelled`
  end_session,    // session `bytes`, for good: answer by `cancelled`
  token_refused,  // the server takes no token ahead of a commit, in its words `text`
  give_back,      // the server may go to somebody else once all before this has been sent to it
  sign_in_again,  // from what is left of the client's input on, in a new session of this connection
  finish,         // nothing more can be exchanged: close both sides once all is sent
};

struct action {
  action_kind kind = action_kind::forward;
  std::size_t bytes = 0;  // of the input; of the text where there is one; or a session's number
};

// Filled anew by each call and carried out before the next: one a core is enough. It keeps its
// memory, so that a warm exchange allocates nothing.
class action_list {
 public:
  void clear() {
    actions_.clear();
    text_.clear();
  }
  void forward(std::size_t bytes) { take(action_kind::forward, bytes); }
  void hide(std::size_t bytes) { take(action_kind::hide, bytes); }
  void to_client(std::string_view text) { say(action_kind::to_client, text); }
  void to_server(std::string_view text) { say(action_kind::to_server, text); }
  void listen(std::string_view channel) { name(action_kind::listen, channel); }
  void unlisten(std::string_view channel) { name(action_kind::unlisten, channel); }
  void unlisten_all() { actions_.push_back({action_kind::unlisten_all}); }
  void borrow() { actions_.push_back({action_kind::borrow}); }
  void again(std::string_view text) { name(action_kind::again, text); }
  void cancel(std::uint32_t session, bool for_good) {
    actions_.push_back({for_good ? action_kind::end_session : action_kind::cancel, session});
  }
  void token_refused(std::string_view why) { name(action_kind::token_refused, why); }
  void give_back() { actions_.push_back({action_kind::give_back}); }
  void sign_in_again() { actions_.push_back({action_kind::sign_in_again}); }
  void finish() { actions_.push_back({action_kind::finish}); }
  const std::vector<action>& all() const { return actions_; }
  // The texts of all actions, one behind the other.
  std::string_view text() const { return text_; }

 private:
  void take(action_kind kind, std::size_t bytes) {
    if (bytes == 0) return;
    if (!actions_.empty() && actions_.back().kind == kind) {
      actions_.back().bytes += bytes;
    } else {
      actions_.push_back({kind, bytes});
    }
  }
  void say(action_kind kind, std::string_view text) {
    text_.append(text);
    take(kind, text.size());
  }
  void name(action_kind kind, std::string_view text) {
    text_.append(text);
    actions_.push_back({kind, text.size()});
  }
  std::vector<action> actions_ = {};
  std::string text_ = {};
};

// What happened since the last look; the session turns it into metrics.
struct exchange_counts {
  std::uint64_t queries_started = 0;
  std::uint64_t queries_finished = 0;
  std::uint64_t errors_seen = 0;  // errors that the server reported to the client
};

// What a server is wanted for.
struct server_wish {
  std::shared_ptr<const statement_facts> facts = {};  // of what decides where; null: the leader's
  // A clause, of a text that stays: why it is the leader's, whatever its facts say.
  std::string_view unsure = {};
  std::string hint = {};  // what a comment of the client's asks for
  bool again = false;     // where it was sent last it has failed, and nobody has heard of it

  void clear() {
    facts.reset();
    unsure = {};
    hint.clear();
    again = false;
  }
};

// What a server connection remembers between the clients that it is lent to, and what the sessions
// of one core share. Opaque: made by a backend, handed to its conversations.
class server_memory {
 public:
  virtual ~server_memory() = default;
  // Its connection goes to another core: what only means something beside this core's memory is
  // forgotten.
  virtual void leave_core() {}

  bool of_follower = false;  // said by who lends the connection
};
class core_memory {
 public:
  virtual ~core_memory() = default;
  // The prepared statements that are kept: what servers know each by, and who holds it.
  struct prepared {
    std::string name = {};
    std::string text = {};     // its beginning
    std::int64_t holders = 0;  // names of sessions and connections to servers, together
  };
  virtual std::vector<prepared> statements_kept(std::size_t /*text_max*/) const { return {}; }
  // What is known of statements now, each once.
  virtual std::vector<std::shared_ptr<const statement_facts>> facts_kept() const { return {}; }
  // Where conversations find what their database defines; without it they go by texts alone.
  using find_definitions = std::function<std::shared_ptr<definitions>(const std::string& database)>;
  virtual void use_definitions(const find_definitions& /*find*/) {}
  // Whether sessions may begin to listen by the action; who does goes on so.
  virtual void share_announcements(bool /*they_may*/) {}
  // Whether servers are asked ahead of a commit by what word it can be asked for later.
  virtual void resolve_commits(bool /*they_are*/) {}
  // Whether commits write a row of ours for that, where the database has no better word.
  virtual void mark_commits(bool /*they_are*/) {}
  // Whether sessions are kept from setting what would have their own commits acknowledged before
  // followers have them. One that is pooled by session is not read.
  virtual void keep_promise(bool /*it_is*/) {}
  // Whether there is more than one place where a statement could go.
  virtual void route(bool /*it_matters*/) {}
  // What the wish for that statement would be. No database: the only one that sessions of this core
  // use.
  struct explained {
    std::string database = {};
    server_wish wish = {};
  };
  virtual result<explained> explain(const std::string& /*database*/,
                                    std::string_view /*statement*/) {
    return failure(error_kind::unsupported, fault::client,
                   "statements of this engine are not read: all go to the leader");
  }
};

// When a server connection goes back to the pool: with the client, after each transaction, or after
// each statement (transactions of several statements are refused then).
enum class pool_mode : std::uint8_t { session, transaction, statement };

class conversation {
 public:
  virtual ~conversation() = default;
  // Each reads `input` from its front. What no action takes is not wanted yet: keep it, and call
  // again with more behind it, after `borrow`, or when the client is on hold no more.
  virtual void from_client(byte_view input, action_list& actions) = 0;
  virtual void from_server(byte_view input, action_list& actions) = 0;
  // What the server is for that `borrow` asked for; until it is lent or refused.
  virtual const server_wish& wish() const {
    static const server_wish leader;
    return leader;
  }
  // Answers `borrow`; the server is the client's until `give_back`.
  virtual void lend(server_memory& there) = 0;
  // Whether what it was asked since it was lent may have written.
  virtual bool may_have_written() const { return true; }
  // All that it is known to have written, of which every write since the server was lent was told.
  // Null: it is not known so exactly.
  virtual std::shared_ptr<const extent> exact_writes() const { return {}; }
  // The server is gone. True: nobody has heard of what it was asked, which goes to another one.
  virtual bool ask_again(action_list& /*actions*/) { return false; }
  // Whether a commit may be under way: were the server lost now, its outcome would be in doubt.
  virtual bool in_doubt() const = 0;
  // In doubt, and what became of it can be asked for by this word (commit_inquiry). Empty: it
  // cannot.
  virtual std::string_view commit_token() const { return {}; }
  // The server is gone, or may not be believed any more. True: the client hears so, and the session
  // goes on without it. False: it cannot, see `break_off`.
  virtual bool outlive(const error& /*why*/, action_list& /*actions*/) { return false; }
  // The same, where what became of its commit is known by now.
  virtual bool outlive_commit(const error& /*why*/, commit_fate /*fate*/,
                              action_list& /*actions*/) {
    return false;
  }
  // Answers `borrow` when no server can be had: what waits fails, and the session goes on.
  virtual void refuse_next(const error& why) = 0;
  // Before the welcome, with a server lent: makes it what the client's start-up asks for. Feed its
  // replies to from_server until nothing is owed, then ask for the greeting: what the client is
  // told of its server at the end of its login.
  virtual void settle_in(action_list& actions) = 0;
  virtual result<std::string> greeting() const = 0;
  // Before any server is lent: on the same connection its client had another session, whose writes
  // it is to see from here on, too.
  virtual void follow(const conversation& /*before*/) {}
  // Answers `listen`.
  virtual void channel_live(const result<void>& outcome, action_list& actions) = 0;
  // Answers `cancel` and `end_session`. An error of kind `lost`: there is no such session; `login`:
  // it is another user's.
  virtual void cancelled(const result<void>& /*outcome*/, action_list& /*actions*/) {}
  // Said on a channel that the client listens on, as it goes to the client; it is kept while it may
  // not be said, or while there is no `room` on the way to the client. Empty: says what was kept.
  virtual void announce(std::string_view message, bool room, action_list& actions) = 0;
  // Something may have been said that nobody heard.
  virtual void announcements_lost(bool room, action_list& actions) = 0;
  // The client's bytes must wait for a reply that is not the client's own.
  virtual bool on_hold() const = 0;

  // True between exchanges: every reply owed has come and no transaction is open. What else the
  // session holds on its server is another question.
  virtual bool at_rest() const = 0;
  // The same of what the client itself has begun: what is looked for behind its back does not
  // count.
  virtual bool client_at_rest() const { return at_rest(); }
  // True while a reply is owed to the client.
  virtual bool busy() const = 0;
  // Why the server cannot go back although no exchange is open; empty when nothing holds it.
  virtual std::string_view pin() const = 0;
  // The client has left; what must be told the server before it can go to somebody else. Feed its
  // replies to from_server until give_back. False: the connection is of no more use.
  virtual bool leave(action_list& actions) = 0;
  // The server is gone, or must be given up, and so is the session: what the client hears. in_doubt
  // where a commit was on its way.
  virtual std::string break_off(error why) = 0;
  virtual const exchange_counts& counts() const = 0;
};

}  // namespace skein
