// A client of etcd v3 over its JSON gateway, for a thread that blocks: each call has a deadline and
// may be interrupted from another thread. It has one connection, to one of several servers, and
// goes to the next when that one fails. coordination/council has some, each for a thread of its
// own.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "coordination/etcd_messages.hpp"

namespace skein::coordination {

struct etcd_place {
  std::string host = {};
  std::uint16_t port = 2379;
  bool tls = false;

  bool operator==(const etcd_place&) const = default;
};
std::string to_string(const etcd_place& where);  // as in the settings: "https://etcd-1:2379"

struct etcd_settings {
  std::vector<etcd_place> places = {};  // at least one
  std::string user = {};                // empty: without a login
  std::string password = {};
  std::string ca_file = {};           // for https, which always verifies: chain and host
  std::string certificate_file = {};  // shown to servers that ask; empty: none
  std::string key_file = {};

  bool operator==(const etcd_settings&) const = default;
};

class etcd_client {
 public:
  // `attempt`: for how long one server may take before the next is asked.
  etcd_client(etcd_settings settings, std::chrono::milliseconds attempt);
  ~etcd_client();
  etcd_client(const etcd_client&) = delete;

  // The rest takes no longer than this in all.
  void set_deadline(std::chrono::steady_clock::time_point until);

  etcd_result<lease_answer> grant(std::chrono::seconds ttl);
  etcd_result<lease_answer> keep_alive(std::int64_t lease);  // ttl 0: there is no such lease
  etcd_result<answer_header> revoke(std::int64_t lease);
  etcd_result<range_answer> read(const std::string& prefix);  // linearizable
  // Not repeated when its answer is lost: whoever gets `unknown` looks what has become of it.
  etcd_result<txn_answer> commit(const txn& what);

  // A stream of changes below a prefix, from that revision on (0: from now on). `next_change`
  // waits for one until the deadline: then the error is `timeout`, and the stream goes on.
  etcd_result<answer_header> watch(const std::string& prefix, std::int64_t from);
  etcd_result<watch_answer> next_change();

  // From any thread, for good: what is under way, and what comes, fails with `interrupted`.
  void interrupt();

 private:
  struct inner;
  std::unique_ptr<inner> inner_;
};

}  // namespace skein::coordination
