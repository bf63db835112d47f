// What is asked of etcd's JSON gateway and what it answers, as values and as JSON: keys and values
// in base64, 64-bit numbers as text, what is 0 or false left out. Pure; bytes from the network end
// here as values or as an error.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace skein::coordination {

enum class etcd_trouble : std::uint8_t {
  interrupted,   // by us
  unreachable,   // no connection, or one that broke
  timeout,       // no answer in time
  unavailable,   // it answers that it cannot serve now: no leader among its servers, starting
  unknown,       // what was asked may have been done, its answer is lost
  refused_user,  // a wrong name or password
  forbidden,     // the user may not do this
  stale_token,   // log in again
  invalid,       // it does not take the request so; also: log in again, or at all
  no_logins,     // it has none: whoever comes may do all
  full,          // its quota is used up: nothing can be written
  no_lease,      // there is no such lease
  compacted,     // the revision asked for is no longer kept
  not_etcd,      // what answers does not speak this
  refused,       // anything else
};

struct etcd_error {
  etcd_trouble kind = etcd_trouble::refused;
  std::string text = {};  // a part of a sentence, which names the server
};
template <typename T>
using etcd_result = std::expected<T, etcd_error>;

struct answer_header {
  std::uint64_t cluster = 0;
  std::uint64_t member = 0;
  std::int64_t revision = 0;
  std::uint64_t term = 0;  // of the server's newest applied entry: its leader's, or an older one
};

struct lease_answer {
  answer_header header = {};
  std::int64_t lease = 0;
  std::int64_t ttl_s = 0;  // 0: there is no such lease
};

struct key_value {
  std::string key = {};
  std::string value = {};
  std::int64_t created = 0;  // revisions
  std::int64_t changed = 0;
  std::int64_t lease = 0;
};

struct range_answer {
  answer_header header = {};
  std::vector<key_value> found = {};
};

// All `created`/`changed` hold: the puts and deletes are done, in one revision; else nothing is.
struct txn {
  struct compare {
    enum class what : std::uint8_t { created, changed };
    std::string key = {};
    what target = what::created;
    std::int64_t revision = 0;  // 0: there is no such key
  };
  struct put {
    std::string key = {};
    std::string value = {};
    std::int64_t lease = 0;  // 0: none
  };
  std::vector<compare> when = {};
  std::vector<put> puts = {};
  std::vector<std::string> deletes = {};
};

struct txn_answer {
  answer_header header = {};
  bool done = false;
};

struct watch_answer {
  answer_header header = {};
  bool created = false;
  bool canceled = false;
  std::int64_t compacted = 0;  // not 0: begin at this revision or later
  std::size_t events = 0;
};

std::string to_base64(std::string_view bytes);
std::expected<std::string, std::string> from_base64(std::string_view text);
// What comes behind all keys that begin with this, as a range wants it.
std::string end_of_prefix(std::string prefix);

// Bodies of requests.
std::string ask_token(const std::string& user, const std::string& password);
std::string ask_grant(std::int64_t ttl_s);
std::string ask_lease(std::int64_t lease);  // keep-alive, revoke
std::string ask_range(const std::string& prefix);
std::string ask_txn(const txn& what);
std::string ask_watch(const std::string& prefix, std::int64_t from);

// Bodies of answers that came with status 200.
etcd_result<std::string> read_token(std::string_view body);
etcd_result<answer_header> read_header(std::string_view body);
etcd_result<lease_answer> read_lease(std::string_view body);
etcd_result<lease_answer> read_keep_alive(std::string_view body);
etcd_result<range_answer> read_range(std::string_view body);
etcd_result<txn_answer> read_txn(std::string_view body);
etcd_result<watch_answer> read_watch(std::string_view line);
// Of an answer with any other status.
etcd_error read_error(unsigned status, std::string_view body);

}  // namespace skein::coordination
