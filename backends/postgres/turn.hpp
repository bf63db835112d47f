// What a client's exchange in transaction pooling holds only from its first message of a
// transaction until its server has gone back. Idle clients are many: a core lends these like its
// servers, so that a client at rest holds none (transaction_conversation).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/conversation.hpp"
#include "backends/postgres/commit_statement.hpp"
#include "backends/postgres/effects.hpp"
#include "backends/postgres/prepare_statement.hpp"
#include "backends/postgres/replies.hpp"
#include "backends/postgres/rewording.hpp"
#include "backends/postgres/session_state.hpp"
#include "backends/postgres/statements.hpp"

namespace skein::postgres {

// A statement's name in the client's message, and what it stands for.
struct named_here {
  name_use use;
  statement_ref entry;
};

// What the unnamed portal does with a prepared statement, if that is all it does.
struct sql_portal {
  handling how = handling::plain;
  std::string name = {};
  statement_ref entry = {};
  rewording words = {};
  bool done = false;
  std::uint64_t ends = 0;  // with this round, unless that leaves a transaction open
};

struct turn {
  reply_queue owed = {};
  std::vector<std::string> refusals = {};
  std::vector<rewording> rewordings = {};                  // of the replies owed that have one
  std::size_t statements_done = 0;                         // of the Query that is being answered
  effects next = {};                                       // of the Query that waits for a server
  std::shared_ptr<const statement_facts> next_facts = {};  // what it is to routing, if it was read
  std::string next_hint = {};
  std::uint64_t next_reading = 0;  // the database_memory's that it was read with
  std::uint64_t noted_at = 0;      // the edition at which its server's first statement went
  std::vector<named_here> next_names = {};
  server_wish wish = {};      // of what waits for a server
  std::string approved = {};  // what a follower was given, in case it has to be asked elsewhere
  std::string failure = {};   // why the statement that waits cannot be run
  std::string loss = {};      // that its transaction is lost, which it has not heard yet
  sql_portal portal = {};
  std::vector<statement_ref> unkept = {};  // prepared on this server, and too long for others
  std::vector<std::string> touched = {};   // to be looked at when the transaction is over
  std::vector<std::string> replayed = {};  // names under way in a replay
  // The COMMIT under way, if it can be asked for, and its transaction's number; none: it has none.
  struct {
    commit what = commit::none;
    bool told = false;
    bool apart = false;  // its number is asked for in a round of its own
    std::string number = {};
  } committing = {};
  struct {
    session_state settings;
    std::vector<std::string> unknown;
    bool ran_unseen_code = false;
  } before_replay = {};  // of the server, as it is again if the replay fails

  // Who has it next must find nothing of this client; what is overwritten before it is read stays.
  void clear();
};

// Those of a core that nobody has. They keep their memory: a warm exchange allocates nothing.
class turns {
 public:
  std::unique_ptr<turn> take();
  void give_back(std::unique_ptr<turn> done);

 private:
  std::vector<std::unique_ptr<turn>> free_ = {};
};

}  // namespace skein::postgres
