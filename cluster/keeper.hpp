// Keeps a cluster led: looks at what its members have been told, asks cluster/decide what is to be
// done, has that done by their hands, and says why. One thread decides. Where nobody leads for
// long, it is here that one learns why.
#pragma once

#include <condition_variable>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backends/backend.hpp"
#include "cluster/agreement.hpp"
#include "cluster/decide.hpp"
#include "cluster/facts.hpp"
#include "cluster/hand.hpp"
#include "cluster/hooks.hpp"
#include "cluster/moving.hpp"
#include "cluster/watch.hpp"

namespace skein::cluster {

struct keeper_settings {
  std::string cluster = {};
  std::vector<member_settings> members = {};
  std::vector<member_part> parts = {};  // as members
  failover_policy policy = {};
  tls_settings tls = {};
  credentials who = {};
  bool entrusted = false;  // `who` was named for this, and is not just whom observers are
  credentials replicator = {};
  std::string database = {};
  std::chrono::milliseconds timeout{2000};
  std::chrono::milliseconds patience{10'000};  // of a move, with open transactions
};

// How orders are brought to that member.
role_settings roles_of(const keeper_settings& how, const member_settings& member);

// A move of the lead that a person has asked for.
struct move_report {
  enum class state : std::uint8_t { none, under_way, done, failed };
  state stands = state::none;
  std::string from = {};
  std::string to = {};
  std::string why = {};  // one sentence
  std::chrono::milliseconds took{0};
  std::chrono::milliseconds held{0};  // for so long new transactions waited
};

class keeper {
 public:
  keeper(keeper_settings settings, const backend& database, watch& members, agreement& together);
  keeper(const keeper&) = delete;
  ~keeper();
  void start();
  void stop();  // ends orders under way and joins
  // What members were told is examined anew; after `stop`.
  void adopt(keeper_settings next);
  bool differs(const keeper_settings& next) const;  // from what it goes by
  // Another process decides from now on: no more orders. Who lingers here goes on to write where
  // what is acknowledged lasts. From any thread, does not block.
  void retire();
  void take_over();  // the other way round; it may be started retired
  // What was decided last, for people.
  decision last() const;
  // Begins to move the lead, or says why not in a sentence. `patience`: how long new transactions
  // may wait for those that are open, if not as set.
  std::expected<move_report, std::string> move_lead(const move_wish& wish);
  move_report moved() const;  // the last of them

 private:
  void open();
  void start_hands();
  bool acts() const;
  bool asks() const;
  void decide_again();
  void decide_once(const watch::knowledge& known, const agreement::standing& where);
  // Among several Skeins: see keeper_office.cpp.
  void seek_office(const watch::knowledge& known);
  void look_on(const watch::knowledge& known);
  std::string moves() const;  // a sentence: what is under way
  std::chrono::milliseconds others_hear() const;
  decision after_telling(decision made, const routing::cluster_view& seen,
                         const agreement::standing& where);
  std::string recall(const situation& now);
  bool is_recorded(const situation& now) const;
  void give_up_others(const situation& now);
  std::optional<std::size_t> chosen_among(const std::vector<member_settings>& next) const;
  situation gather_all(const watch::knowledge& known) const;
  void carry_on_moving(const decision& made, const situation& now);
  void end_moving(move_report::state how, std::string why);
  void vouch(const situation& now);
  void give_orders(const decision& made);
  void bring_back(const decision& made, const situation& now);
  std::unique_ptr<hooks> hooks_of(std::size_t member);
  void note_acks(const situation& now);
  void note_shortfall(const decision& made, const situation& now);
  failover_policy policy_now(const situation& now) const;
  void note_lead(const routing::cluster_view& now);
  void tell(const decision& made);

  keeper_settings settings_;
  const backend& database_;
  watch& watch_;
  agreement& together_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool retired_ = false;
  bool in_office_ = true;  // this one decides, and no other Skein or process ...
  moment in_office_since_ = {};
  coordination::boot_time orders_until_ = {};      // what is decided now is not begun later
  std::vector<std::unique_ptr<hand>> hands_ = {};  // made and unmade while nobody decides
  // Likewise, but that they go on while settings are read anew that are not theirs: what they do to
  // a server's data is better not interrupted.
  std::vector<std::unique_ptr<hooks>> hooks_ = {};
  std::thread thread_ = {};
  moment started_ = {};
  std::optional<std::size_t> leader_ = {};    // in the last view
  std::optional<std::size_t> claimant_ = {};  // likewise
  std::uint64_t epoch_ = 0;
  moment met_ = {};  // some member answered then
  remembered before_ = {};
  move_report moved_ = {};
  decision last_ = {};
};

}  // namespace skein::cluster
