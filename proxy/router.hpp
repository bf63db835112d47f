// Where the statements of one session go: what the session is owed, who asks, and what rules and
// hints say of the statement at hand. routing/ decides, by what the branch knows of the cluster.
#pragma once

#include "backends/conversation.hpp"
#include "proxy/freshness_keys.hpp"
#include "proxy/name_numbers.hpp"
#include "proxy/server_connection.hpp"
#include "routing/hint.hpp"
#include "routing/plan.hpp"
#include "routing/rules.hpp"

namespace skein::proxy {

class branch;

class router {
 public:
  // Of the client, as rules know it.
  struct client_words {
    std::string user = {};
    std::string database = {};
    std::string application = {};
    network from = {};
  };
  router(branch& home, client_words who);
  router(const router&) = delete;
  ~router();

  // Its client has signed in again, as this one. What it is owed it is owed still: it is the same
  // program, whoever it says that it is.
  void follow(client_words who);
  // A server is wanted for that from here on.
  void want(const server_wish& what);
  // Again the same, as long as that member has not failed it and nothing new is known.
  const routing::plan& decide();
  const routing::plan& last() const { return plan_; }
  // Whether it would be of the same member still, and that member leads, or not, as it did.
  bool last_holds() const;
  std::string explain() const;
  // Of what it is wanted for, by a rule; in place of timeouts.statement.
  const std::optional<std::chrono::milliseconds>& timeout() const { return timeout_; }
  bool forbidden() const { return !refused_.empty(); }  // by a rule
  error refuse();                                       // in its words
  // Whether what is known of a follower holds for that connection to it. One that was opened since
  // the last look may be to a server that was started anew, and shows less than it did.
  bool trusts(const server_connection& server) const;
  void shun();  // the member of the last plan cannot be had
  void lent(const server_connection& server, routing::moment now);
  routing::moment decided() const { return request_.now; }
  // Whether it is one of those of which the log tells where they went.
  bool is_sample(const server_connection& server) const;
  const statement_facts* facts() const { return facts_.get(); }
  // Whether others are owed what this session writes: then `answered` is to be told of each answer.
  bool tells_others() const { return writes_to_ != nullptr; }
  void answered(const server_connection& server, bool may_have_written);
  struct work {
    bool may_have_written = true;
    std::shared_ptr<const extent> written = {};  // see conversation
  };
  void given_back(const server_connection& server, work done, routing::moment answered);

 private:
  void find_key();
  bool knows_member() const;  // of the plan: its index means what it meant
  const statement_facts& counted();
  void count(bool leads);
  void apply_rules(routing::moment now);
  void apply_hint(std::string_view words, freshness_keys::place*& key);

  branch& home_;
  client_words who_;
  freshness_keys::place* key_ = nullptr;  // who has the same is owed together; null: it is alone
  // By which the last statement went; kept, for a reload may come while it waits.
  std::shared_ptr<const routing::rules> rules_ = {};
  std::uint64_t of_client_ = 0;  // of these, which fit the client
  routing::debt owed_ = {};
  std::shared_ptr<const extent> written_ = {};  // owed_.exact
  std::string zone_ = {};                       // of the first read, if the session sticks to it
  // Of what a server is wanted for.
  std::shared_ptr<const statement_facts> facts_ = {};
  routing::hint hint_ = {};
  routing::request request_ = {};
  name_numbers::number rule_ = {};  // of the one that fits it
  bool again_ = false;
  std::optional<std::chrono::milliseconds> bound_ = {};
  std::optional<std::chrono::milliseconds> timeout_ = {};
  std::string refused_ = {};
  freshness_keys::place* writes_to_ = nullptr;
  routing::plan plan_ = {};
  routing::footing footing_ = {};
  std::uint64_t edition_ = 0;          // of the branch, by which it was made
  std::uint64_t plan_epoch_ = 0;       // of the view that it was made by ...
  std::uint64_t members_edition_ = 0;  // ... and of its members
  bool to_leader_ = false;
  routing::moment began_ = {};
  routing::moment wanted_ = {};  // until it is decided for the first time
  bool planned_ = false;         // for what is wanted now
  bool out_ = false;             // a server is lent
};

}  // namespace skein::proxy
