// What pooled conversations remember beside themselves: of one server connection, from one borrower
// to the next; and of one core, for all of its sessions.
#pragma once

#include <map>

#include "backends/conversation.hpp"
#include "backends/postgres/database_memory.hpp"
#include "backends/postgres/own_statements.hpp"
#include "backends/postgres/session_state.hpp"
#include "backends/postgres/statement_reader.hpp"
#include "backends/postgres/statements.hpp"
#include "backends/postgres/turn.hpp"

namespace skein::postgres {

// Why a statement is the leader's: a clause.
inline constexpr std::string_view definitions_unknown =
    "what its database defines is not known yet";

struct server_memory final : skein::server_memory {
  explicit server_memory(const server_greeting& greeting, std::size_t statements_max);

  session_state settings = {};            // in force there now
  std::vector<std::string> unknown = {};  // names of which that is not certain
  session_state reported = {};            // what ParameterStatus said last, by name as it is said
  session_state reported_at_login = {};   // what it says where nothing is set
  prepared_set prepared;
  own_statements own = {};                        // what replays and looks are made of
  std::vector<std::string> prepared_in_sql = {};  // by PREPARE, as the last look found it
  bool ran_unseen_code = false;     // for the last borrower; cleaned before another's turn
  std::uint64_t last_borrower = 0;  // each conversation of a core has a number of its own
  std::uint64_t sequences = 0;      // and each turn in which a sequence's last value became known
  std::uint64_t unnamed = 0;        // whose unnamed statement is there: see `unnamed_mark`

  std::vector<std::uint32_t> doubtful = {};  // statements that may or may not be prepared there

  // It is closed before it is prepared again.
  void doubt(std::uint32_t statement);
  void doubt_all();
  void leave_core() override;
  // DISCARD ALL or DEALLOCATE ALL went through.
  void forget_statements();
};

struct core_memory final : skein::core_memory {
  std::vector<prepared> statements_kept(std::size_t text_max) const override;
  std::vector<std::shared_ptr<const statement_facts>> facts_kept() const override;
  void share_announcements(bool they_may) override { shares_announcements = they_may; }
  void route(bool it_matters) override { routes = it_matters; }
  void resolve_commits(bool they_are) override { resolves_commits = they_are; }
  void keep_promise(bool it_is) override { keeps_promise = it_is; }
  result<explained> explain(const std::string& database, std::string_view statement) override;
  void use_definitions(const find_definitions& find) override { find_ = find; }
  // For as long as anybody holds it.
  std::shared_ptr<database_memory> database(const std::string& name);

  explicit core_memory(bool listens = true) : shares_announcements(listens) {}

  bool shares_announcements;
  bool routes = false;
  bool resolves_commits = false;
  bool keeps_promise = false;
  statement_store statements = {};
  statement_reader reader{};
  turns turns_kept = {};
  std::uint64_t next_mark = 1;  // numbers unnamed statements, borrowers and their turns

 private:
  find_definitions find_ = {};
  std::map<std::string, std::weak_ptr<database_memory>, std::less<>> databases_ = {};
  std::size_t sweep_at_ = 64;
};

}  // namespace skein::postgres
