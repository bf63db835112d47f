// A Skein's seat in a council: what it knows, under one lock, and what it reads from etcd and
// writes there. Two threads of coordination/council and those who announce use it, each with a
// client of its own. What is to be done is decided in coordination/standing.
#pragma once

#include <condition_variable>
#include <mutex>

#include "coordination/council.hpp"
#include "coordination/keys.hpp"

namespace skein::coordination {

class seat {
 public:
  seat(council_settings settings, council::tell on_change);

  void renew();  // the body of the thread that renews the lease, until `end`
  void watch();  // of the one that listens for changes
  // `refuse` says why it must not be done, `make` what is to be written, from what has just been
  // read.
  using refusal = std::optional<std::string> (*)(const knowledge& known, boot_time now);
  using maker = std::function<lead_record(const knowledge& known)>;
  std::expected<lead_record, std::string> write_lead(refusal refuse, const maker& make);
  // Waits for `renew` to have given up all keys, then lets all that blocks fail.
  void end(std::chrono::milliseconds patience);

  outlook now() const;
  void acknowledge(std::uint64_t epoch);
  void offer(bool willing);
  void retire();

  const write_permit& permit() const { return permit_; }

 private:
  // A renewal that a read is yet to confirm.
  struct renewal {
    std::uint64_t term = 0;
    boot_time until = {};
  };

  bool round(bool due);  // false: it wants to be repeated soon
  void keep_alive();
  bool look(etcd_client& by, const std::optional<renewal>& renewed);
  bool do_chore(chore next);
  bool take_lease(const knowledge& known);
  void let_go(std::int64_t lease);
  bool commit(const txn& what);
  bool give_up();
  std::int64_t listen(std::int64_t heard);
  bool complain(const etcd_error& what);           // false
  bool complain_of_chore(const etcd_error& what);  // false
  void chores_done();
  void absorb(picture read, std::int64_t known_before, const std::optional<renewal>& renewed);
  void move_to(tenure next);
  void publish();
  knowledge known() const;
  bool rest(std::chrono::milliseconds at_most);  // false: it is over
  void ring();
  std::string own_key() const { return keys_.present + id_; }
  txn::put presence_under(std::int64_t lease, std::uint64_t acknowledged) const;

  const council_settings settings_;
  const council::tell tell_;
  const cluster_keys keys_;
  const std::string id_;
  const std::string host_;
  etcd_client renewer_;
  etcd_client watcher_;
  etcd_client speaker_;
  std::mutex speaking_;
  std::optional<renewal> renewal_ = {};  // of the renewing thread

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  knowledge known_ = {};
  bool rung_ = false;
  bool given_up_ = false;
  bool ending_ = false;
  write_permit permit_ = {};

  std::mutex telling_;
  std::optional<outlook> told_ = {};
};

}  // namespace skein::coordination
