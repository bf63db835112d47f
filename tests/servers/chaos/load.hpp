// One client of chaos: a thread with a session through Skein that makes transactions of every
// shape, sets and asks for what is its own, and records what it was told. When its session ends it
// comes back. rounds.cpp starts several and audits what they recorded.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/servers/chaos/answer.hpp"
#include "tests/servers/chaos/ledger.hpp"
#include "tests/servers/postgres/client.hpp"

namespace skein::servers::chaos {

// Rows of a transaction; no key, so that a doubled one can be stored. `writer` is what the session
// believed to be app.marker: another client's setting would show.
inline constexpr auto table_sql =
    "create table chaos (id bigint, part int, writer text);"
    "create index on chaos (id)";
struct heard_error {
  std::uint64_t times = 0;
  std::string text;  // of the first
};
using heard_errors = std::map<std::string, heard_error>;  // by SQLSTATE

// Of the transaction's number, so that the writer of a row is known without the ledger.
constexpr transaction_id ids_per_client = 1'000'000'000;

class load {
 public:
  load(int number, std::uint64_t seed, std::string words);
  ~load();  // stops

  void abandon() { abandoned_ = true; }  // its next transaction is left in the middle
  void stop();                           // and joins
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t unknown() const { return unknown_; }

  // After stop().
  const ledger& told() const { return told_; }
  // What no client may ever hear: another's answer, a setting that is not its own, silence.
  const std::vector<std::string>& oddities() const { return oddities_; }
  const heard_errors& errors() const { return errors_; }

 private:
  void run();
  bool connect();
  void work();  // one transaction, and what belongs to it
  outcome autocommit(transaction_id id);
  outcome block(transaction_id id, int parts, bool rolls_back);
  outcome cancelled(transaction_id id);
  outcome pipeline(transaction_id id, int parts);
  bool leave_midway();  // when it was abandoned
  bool put(transaction_id id, int part);
  bool change_work_mem(bool rolled_back);
  bool sees_its_own();
  void give_up();  // after an error: back to a session without a transaction, or none at all
  outcome judge(const answer& of_commit, const char* tag);

  bool say(const std::string& sql, const char* tag);
  answer ask(const std::string& sql);
  answer put_prepared(transaction_id id, int part);
  answer take();
  void note(const std::string& state, const std::string& text);
  void odd(std::string what);
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  const int number_;
  const std::string words_;
  const std::string marker_;
  std::mt19937_64 random_;
  std::unique_ptr<pg_session> session_;
  std::string work_mem_;
  transaction_id next_;
  ledger told_;
  std::vector<std::string> oddities_;
  heard_errors errors_;
  std::atomic<bool> abandoned_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> acknowledged_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::uint64_t> unknown_ = 0;
  std::thread thread_;
};

}  // namespace skein::servers::chaos
