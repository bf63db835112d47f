#include "backends/mysql/semi_sync.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace skein::mysql {

namespace {

// 50 days, which is what there is of for ever.
constexpr std::string_view for_ever = "4294967295";
constexpr std::uint64_t long_enough_ms = 24ULL * 3600 * 1000;
constexpr std::uint32_t has_sources = 80026;

// MariaDB has it built in, and forgets what it is told.
std::string set(const dialect& in, const std::string& name, std::string_view value) {
  return (in.of_mariadb() ? "set global " : "set persist ") + name + " = " + std::string(value);
}

std::string waiter(const semi_sync& now) {
  return now.old_words ? "rpl_semi_sync_master_" : "rpl_semi_sync_source_";
}
std::string answerer(const semi_sync& now) {
  return now.old_words ? "rpl_semi_sync_slave_" : "rpl_semi_sync_replica_";
}

bool is_on(std::string_view text) {
  return text == "ON" || text == "1";
}

// Settings by which a server that crashes has less than before; MariaDB begins anew with its relay
// log at each start anyway, where it follows by GTIDs.
struct safe_setting {
  std::string_view name;
  std::string_view value;
};
constexpr std::array<safe_setting, 4> safe_settings = {{{"sync_relay_log", "1"},
                                                        {"relay_log_recovery", "OFF"},
                                                        {"sync_binlog", "1"},
                                                        {"innodb_flush_log_at_trx_commit", "1"}}};

void note_safety(semi_sync& now, std::string_view name, std::string_view value) {
  const auto found = std::ranges::find(safe_settings, name, &safe_setting::name);
  if (found == safe_settings.end() || value == found->value) return;
  if (!now.to_be_safe.empty()) now.to_be_safe += ", ";
  now.to_be_safe.append(name).append(" = ").append(found->value);
}

}  // namespace

semi_sync read_semi_sync(const dialect& in, std::span<const status_row> variables) {
  semi_sync now;
  now.old_words = in.of_mariadb() || in.release < has_sources;
  std::uint64_t timeout = 0;
  now.acks = 1;
  for (const status_row& each : variables) {
    const std::string_view name = value_of(each, "variable_name");
    const std::string_view value = value_of(each, "value");
    const auto is = [&](std::string_view older, std::string_view newer) {
      return name == older || name == newer;
    };
    if (is("rpl_semi_sync_master_enabled", "rpl_semi_sync_source_enabled")) {
      now.can_wait = true;
      now.waits = is_on(value);
      now.old_words = name == "rpl_semi_sync_master_enabled";
    } else if (is("rpl_semi_sync_slave_enabled", "rpl_semi_sync_replica_enabled")) {
      now.can_answer = true;
      now.answers = is_on(value);
    } else if (is("Rpl_semi_sync_master_status", "Rpl_semi_sync_source_status")) {
      now.waits_now = is_on(value);
    } else if (is("Rpl_semi_sync_slave_status", "Rpl_semi_sync_replica_status")) {
      now.answers_now = is_on(value);
    } else if (is("rpl_semi_sync_master_timeout", "rpl_semi_sync_source_timeout")) {
      std::from_chars(value.data(), value.data() + value.size(), timeout);
    } else if (is("rpl_semi_sync_master_wait_for_slave_count",
                  "rpl_semi_sync_source_wait_for_replica_count")) {
      std::from_chars(value.data(), value.data() + value.size(), now.acks);
    } else if (is("rpl_semi_sync_master_wait_point", "rpl_semi_sync_source_wait_point")) {
      now.before_visible = value == "AFTER_SYNC";
    } else if (is("rpl_semi_sync_master_wait_no_slave", "rpl_semi_sync_source_wait_no_replica")) {
      now.for_few = is_on(value);
    } else {
      note_safety(now, name, value);
    }
  }
  now.for_ever = timeout >= long_enough_ms;
  return now;
}

bool is_counted(const semi_sync& now, const replication_link& by) {
  return now.answers && (now.answers_now || !by.connected);
}

std::string why_not_kept(const semi_sync& now) {
  if (now.to_be_safe.empty()) return {};
  return "may lose what it has acknowledged when it crashes: set " + now.to_be_safe;
}

unsigned acknowledged_by(const semi_sync& now) {
  const bool always = now.for_ever && now.for_few;
  return now.waits && now.waits_now && always && now.before_visible ? now.acks : 0;
}

std::string why_not_semi_sync(const dialect& in, unsigned acks) {
  if (!in.of_mariadb() || acks <= 1) return {};
  return "is MariaDB, which waits for one follower at most: set durability.acks to 1";
}

std::vector<std::string> add_parts(const dialect& in, const semi_sync& now, bool guarded) {
  std::vector<std::string> all;
  if (in.of_mariadb() || (now.can_wait && now.can_answer)) return all;
  const auto install = [&](std::string_view older, std::string_view newer) {
    const std::string name(now.old_words ? older : newer);
    all.push_back("install plugin rpl_semi_sync_" + name + " soname 'semisync_" + name + ".so'");
  };
  if (guarded) all.emplace_back("set global super_read_only = 0");
  if (!now.can_wait) install("master", "source");
  if (!now.can_answer) install("slave", "replica");
  if (guarded) all.emplace_back("set global super_read_only = 1");
  return all;
}

std::vector<std::string> wait_for(const dialect& in, const semi_sync& now, unsigned acks) {
  if (acks == 0) return wait_no_more(in, now);
  std::vector<std::string> all;
  const std::string words = waiter(now);
  all.push_back(set(in, words + "timeout", for_ever));
  all.push_back(set(in, words + "wait_point", "'AFTER_SYNC'"));
  if (!in.of_mariadb())
    all.push_back(set(in,
                      words + (now.old_words ? "wait_for_slave_count" : "wait_for_replica_count"),
                      std::to_string(acks)));
  all.push_back(set(in, words + (now.old_words ? "wait_no_slave" : "wait_no_replica"), "1"));
  // One that has given up begins again only when it is told to anew.
  if (now.waits && !now.waits_now) all.push_back(set(in, words + "enabled", "0"));
  all.push_back(set(in, words + "enabled", "1"));
  return all;
}

std::vector<std::string> answer_to_source(const dialect& in, const semi_sync& now) {
  std::vector<std::string> all;
  if (!now.answers) all.push_back(set(in, answerer(now) + "enabled", "1"));
  return all;
}

std::vector<std::string> wait_no_more(const dialect& in, const semi_sync& now) {
  if (!now.waits) return {};
  return {set(in, waiter(now) + "enabled", "0")};
}

}  // namespace skein::mysql
