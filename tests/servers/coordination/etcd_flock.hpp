// Real servers of etcd, one cluster of them, each to be killed, frozen and started again by number.
#pragma once

#include <optional>
#include <vector>

#include "coordination/etcd.hpp"
#include "tests/servers/child_process.hpp"
#include "tests/servers/test_folder.hpp"

namespace skein::servers {

struct etcd_options {
  std::size_t count = 3;
  bool tls = false;               // and clients must show a certificate
  std::uint64_t quota_bytes = 0;  // 0: its own
};

class etcd_flock {
 public:
  explicit etcd_flock(etcd_options options = {});

  std::size_t size() const { return ports_.size(); }
  std::uint16_t port(std::size_t which) const { return ports_[which]; }
  // To reach all of them directly; with the certificates where they want some.
  coordination::etcd_settings access() const;
  // Which of them leads, now; waits until one does.
  std::size_t leader() const;

  void start(std::size_t which);
  void kill(std::size_t which);
  void freeze(std::size_t which);
  void thaw(std::size_t which);
  void wait_until_ready() const;

  // Asks one of them what the client has no words for; status and body.
  std::string post(std::size_t which, const std::string& path, const std::string& body) const;
  // From then on they want a login: user `root` password `secret`, and user `weak`, same password,
  // who may do nothing.
  void demand_logins() const;

 private:
  void make_certificate() const;

  test_folder folder_;
  etcd_options options_;
  std::vector<std::uint16_t> ports_ = {};
  std::vector<std::uint16_t> peers_ = {};
  std::vector<std::optional<child_process>> servers_ = {};
};

}  // namespace skein::servers
