// Several Skeins before one cluster agree, through etcd, who of them decides who leads, and what
// the lead is: all proxy, one decides. One council a cluster and Skein; cluster/ tells it what it
// has decided and asks it whether it may, proxy/ asks its `write_permit` before it forwards the
// success of a write. The protocol stands in ARCHITECTURE.md; what is decided here is decided in
// standing.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "coordination/etcd.hpp"
#include "coordination/standing.hpp"
#include "coordination/write_permit.hpp"

namespace skein::coordination {

struct council_settings {
  std::string cluster = {};
  std::string skein = {};  // its name; empty: the host's. Of it an id is made that nobody shares
  std::string prefix = "/skein";  // of all keys
  etcd_settings etcd = {};
  std::chrono::milliseconds lease{5000};  // whole seconds, and etcd may make it longer
  std::vector<std::string> members = {};  // who can lead, as this Skein's settings name them

  bool operator==(const council_settings&) const = default;
};

class seat;

class council {
 public:
  // Told of each new outlook, in order, on a thread of the council's or on that of who announces or
  // settles. It may call `acknowledge` and `now`, and nothing else here; while it takes its time,
  // no lease is renewed.
  using tell = std::function<void(const outlook&)>;

  council(council_settings settings, tell on_change);
  council(const council&) = delete;
  ~council();
  void start();  // returns at once; until etcd has answered there is no lead and no write
  void stop();   // retires, waits for that a second at most, and joins

  // What is known now. `writes_until` and `decides_until` are moments: they pass by themselves, so
  // compare them with boot_clock::now() whenever something depends on them.
  outlook now() const;
  const write_permit& writes() const;

  // The lead is to move, to `member` if one is named: the record becomes *announced* with an epoch
  // that nobody has seen (and above that, if one is given), and from that moment no Skein
  // acknowledges a write of an older one. Only who decides may. Blocks, for a lease's time at most;
  // the error is a sentence.
  std::expected<lead_record, std::string> announce(const std::string& member,
                                                   const std::string& address,
                                                   const std::string& why, std::uint64_t above = 0);
  // Who leads goes on to, and nothing new is begun there for that reason; empty: again it is. Only
  // who decides may.
  std::expected<lead_record, std::string> hold(const std::string& why);
  // `member` leads, in the epoch announced: after it has been promoted, which may be begun once
  // now().may_promote. Refused as long as a Skein that is there has not acknowledged the epoch.
  // `mark`: where its history as leader began, in its database's words.
  std::expected<lead_record, std::string> settle(const std::string& member,
                                                 const std::string& address, const std::string& why,
                                                 const std::string& mark = {});

  // This Skein's cores finish no write of an epoch before this one any more. Call it for every
  // epoch that an outlook shows, announced or led: without it nobody promotes, and here no write is
  // permitted. Does not block.
  void acknowledge(std::uint64_t epoch);
  // Whether this Skein can decide: one that sees no member should not hold the office. By default
  // it can. Does not block.
  void offer(bool willing);
  // It gives up what it holds, at once, so that others need not wait for its lease: no write is
  // permitted from now on. For good, when the last client has left; a Skein that only keeps old
  // clients calls offer(false) instead. Does not block.
  void retire();

 private:
  std::unique_ptr<seat> seat_;
  std::thread renewing_ = {};
  std::thread watching_ = {};
};

}  // namespace skein::coordination
