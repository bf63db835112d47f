// What a server of MySQL or MariaDB says of its role: whether it takes writes, whom it has been
// told to follow, what it has received and applied. Read from rows, apart from the connection, so
// that tables of texts test it; backends/mysql/roles decides by it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/flavour.hpp"
#include "backends/mysql/position.hpp"
#include "backends/roles.hpp"

namespace skein::mysql {

struct dialect {
  flavour of = flavour::mysql;
  std::uint32_t release = 0;  // as release_of() tells it

  bool of_mariadb() const { return of == flavour::mariadb; }
  // MySQL took them in two steps; here all are newer from the second on.
  bool has_newer_words() const { return !of_mariadb() && release >= 80023; }
};

// Below it MySQL forgets what it was told when it stops.
inline constexpr std::uint32_t remembers_settings = 80000;

// MariaDB does not say who has set read_only. So we leave word, where both are forgotten together:
// in what it is to run before it applies anything, which does nothing, and which nobody uses.
inline constexpr std::string_view fence_mark = "do 0 /* fenced by skein */";

// By which a server follows another; MariaDB calls it a connection, MySQL a channel.
struct replication_link {
  std::string name = {};  // empty as a rule
  member_address source = {};
  std::string user = {};
  bool tls = false;
  bool receives = false;  // is to: its thread runs, whether it is connected or not
  bool connected = false;
  bool applies = false;
  bool by_gtid = false;
  std::string received = {};     // GTIDs
  std::string apply_error = {};  // why it has stopped to apply
  bool was_refused = false;      // by the source, which did not know its user
  std::string not_led_on = {};   // by the source: why it sends nothing from where this one is
  std::uint64_t delay_seconds = 0;
  std::string relay_file = {};  // how far it has applied, as a place in its relay log
  std::uint64_t relay_place = 0;
};

struct standing {
  flavour of = flavour::mysql;
  bool guarded = false;        // nobody writes: in MariaDB, but for who may at any time
  bool guarded_by_us = false;  // for certain
  bool marked = false;         // MariaDB: see fence_mark
  bool may_be_marked = false;
  bool takes_writes = true;
  bool has_gtids = true;
  bool in_a_group = false;  // that chooses its primary itself
  std::string identity = {};
  std::string applied = {};  // GTIDs
  std::string logged = {};   // MariaDB: of its binary log ...
  std::string writers = {};  // ... and of each server that wrote in it
  bool logs_all = false;     // also what it takes from others
  std::vector<replication_link> links = {};
};

// The two questions, and what the answers say together. REPLICATION CLIENT, or REPLICA MONITOR.
std::string_view standing_question(const dialect& in);
std::string_view links_question(const dialect& in);
// MySQL's workers, of which it only says that one has failed; whoever may not read them is refused.
inline constexpr std::string_view workers_question =
    "select last_error_message as words from "
    "performance_schema.replication_applier_status_by_worker where last_error_number <> 0 "
    "order by last_error_timestamp limit 1";
standing read_standing(const dialect& in, const status_row& state,
                       std::span<const status_row> links);

duties duties_of(const standing& now);
// Why its role cannot be changed, as a clause about it; empty: it can.
std::string why_not_changeable(const standing& now);
// ... and why it cannot be known whether it has applied all that it has received.
std::string why_not_promotable(const standing& now);
bool has_applied_all(const standing& now);
// Whether it has been told to follow that one, as that user (empty: any) and by GTIDs.
bool is_told_to_follow(const standing& now, const member_address& source, const std::string& user);

}  // namespace skein::mysql
