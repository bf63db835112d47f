// What pooled conversations remember beside themselves: of one server connection, from one borrower
// to the next; and of one core, for all of its sessions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/conversation.hpp"
#include "backends/mysql/answer.hpp"
#include "backends/mysql/capabilities.hpp"
#include "backends/mysql/commit_tokens.hpp"
#include "backends/mysql/database_memory.hpp"
#include "backends/mysql/session_state.hpp"
#include "backends/mysql/statement_reader.hpp"
#include "backends/mysql/statements.hpp"

namespace skein::mysql {

// Why a statement is the leader's: a clause.
inline constexpr std::string_view definitions_unknown =
    "what its database defines is not known yet";

// Of sequences: no session's.
inline constexpr std::uint64_t nobodys_turn = ~0ULL;

struct server_memory final : skein::server_memory {
  explicit server_memory(const server_greeting& greeting, std::size_t statements_max = 200);

  void leave_core() override;
  // Behind COM_RESET_CONNECTION. The database stays.
  void forget_session();

  capability_set agreed = 0;
  answer_shape shape = {};
  flavour which = flavour::mysql;
  std::string version = {};
  bool has_been_reset = false;  // it has lost what it was opened with, but for the database
  // Of pooling by transactions.
  bool set_up = false;          // it reports what changes
  session_state settings = {};  // in force there now
  bool several = false;         // it takes several statements at once
  sql_mode mode = {};           // where none is set
  std::string isolation = {};   // likewise
  std::string database = {};    // the current one
  std::uint64_t insert_id = 0;  // what LAST_INSERT_ID() is there
  std::uint64_t sequences = 0;  // the turn in which somebody has last drawn from one; see below
  std::uint16_t status = status::autocommit;
  std::chrono::nanoseconds no_tokens_before{0};  // since boot: it has refused one
  prepared_set prepared;
  std::vector<std::uint32_t> closing = {};  // ids of what is of no more use there
};

struct core_memory final : skein::core_memory {
  std::vector<prepared> statements_kept(std::size_t text_max) const override;
  std::vector<std::shared_ptr<const statement_facts>> facts_kept() const override;
  void route(bool it_matters) override { routes = it_matters; }
  void keep_promise(bool it_is) override { keeps_promise = it_is; }
  void mark_commits(bool they_are) override { writes_tokens = they_are; }
  result<explained> explain(const std::string& database, std::string_view statement) override;
  void use_definitions(const find_definitions& find) override { find_ = find; }
  // One for all databases of a server: statements name others' tables too.
  database_memory& definitions();

  bool routes = false;
  bool keeps_promise = false;
  bool writes_tokens = false;
  token_maker tokens = {};
  std::uint64_t next_turn = 1;  // each in which a sequence's last value has become another
  statement_store statements = {};
  statement_reader reader{};
  reading_rules rules = {};  // of the servers, as one of them told last
  std::string scratch = {};  // of whichever conversation is at work

 private:
  find_definitions find_ = {};
  std::unique_ptr<database_memory> definitions_ = {};
};

}  // namespace skein::mysql
