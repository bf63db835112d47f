// How a server of MySQL or MariaDB waits for its followers before it acknowledges a commit: what it
// says of that, and the words that change it. Pure; backends/mysql/roles asks and tells.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/standing.hpp"

namespace skein::mysql {

// Of both; what it does has other names than what it is to do.
inline constexpr std::string_view semi_sync_question =
    "show global variables where variable_name like 'rpl_semi_sync%' or variable_name in "
    "('sync_relay_log', 'relay_log_recovery', 'sync_binlog', 'innodb_flush_log_at_trx_commit')";
inline constexpr std::string_view semi_sync_state_question =
    "show global status where variable_name like 'rpl_semi_sync%status'";

struct semi_sync {
  bool can_wait = false;    // the part of who leads is there, by its new or its old name
  bool can_answer = false;  // that of who follows
  bool old_words = false;
  bool waits = false;      // is to
  bool waits_now = false;  // it has not given up for want of followers
  bool answers = false;
  bool answers_now = false;     // to the one that it is connected to
  unsigned acks = 0;            // of how many it waits
  bool for_ever = false;        // it does not give up waiting ...
  bool for_few = false;         // ... also while fewer are connected than it waits for
  bool before_visible = false;  // nobody sees what may be lost
  std::string to_be_safe = {};  // what to set so that it keeps what it has written, come what may
};
semi_sync read_semi_sync(const dialect& in, std::span<const status_row> variables);

// Of a follower: whom it follows has it among those whom it waits for, or will as soon as they
// meet.
bool is_counted(const semi_sync& now, const replication_link& by);
// A clause: what it has said to have, and may lose; empty: nothing. It answers when it has written,
// which is not yet to the disk.
std::string why_not_kept(const semi_sync& now);
// What who leads acknowledges is on so many others, whatever happens.
unsigned acknowledged_by(const semi_sync& now);
// A clause: why it cannot wait for so many; empty: it can.
std::string why_not_semi_sync(const dialect& in, unsigned acks);
// The parts that are not there yet. Who writes nowhere cannot take them in either, so that is
// lifted for a moment; read_only, which keeps out who is no administrator, stays.
std::vector<std::string> add_parts(const dialect& in, const semi_sync& now, bool guarded);
// So that it waits for so many, when it leads; none: not at all.
std::vector<std::string> wait_for(const dialect& in, const semi_sync& now, unsigned acks);
// So that whom it follows counts it, from its next connection on.
std::vector<std::string> answer_to_source(const dialect& in, const semi_sync& now);
// Threads that apply would wait, too.
std::vector<std::string> wait_no_more(const dialect& in, const semi_sync& now);

}  // namespace skein::mysql
