// One cluster as one core serves it: the view that this core sees, its share of the pools, what it
// counts. Sessions of the core ask it for a server.
#pragma once

#include <array>
#include <map>
#include <random>

#include "metrics/counters.hpp"
#include "metrics/log.hpp"
#include "net/core.hpp"
#include "proxy/catalogs.hpp"
#include "proxy/commit_inquiries.hpp"
#include "proxy/freshness_keys.hpp"
#include "proxy/lead.hpp"
#include "proxy/member_pools.hpp"
#include "proxy/name_numbers.hpp"
#include "proxy/settings.hpp"
#include "proxy/switchboard.hpp"
#include "proxy/user_lookup.hpp"
#include "routing/plan.hpp"

namespace skein::proxy {

class branch {
 public:
  branch(net::core& core, net::dialer& dial, cluster_in_force cluster, member_budgets& budgets,
         metrics::core_counters& counters, user_lookup* users = nullptr,
         catalogs* defined = nullptr, commit_inquiries* inquiries = nullptr);

  // Newer settings. True: sessions have other time limits now.
  bool adopt(cluster_in_force next);
  // A newer view. Sessions of an older epoch are ended by the caller.
  void see(routing::view next);
  const routing::view& now() const { return view_; }

  // One that stands ready for this errand, at who leads or at that member of the view; null:
  // `obtain`.
  lease take_warm(const errand& what);
  lease take_warm(std::size_t member, const errand& what);
  // A server for this errand, by its deadline. Where no member is named it waits until there is a
  // leader that takes it; else what fails is for the caller, who may choose another.
  net::awaitable<result<lease>> obtain(errand& what);
  // The pool of who leads or, unseen, led last: with a key and an epoch, the short way to a server
  // such as was had before. Null: nobody is known to.
  pool* leading() { return pools_.leading(); }
  bool may_go_on(std::uint64_t epoch) const;
  const lead& led() const { return led_; }

  // Where what is asked goes, as far as this core sees. `bound`: in place of the policy's.
  routing::plan decide(const routing::request& asked,
                       std::optional<std::chrono::milliseconds> bound);
  // With whom a client begins while nobody leads: a follower that serves reads. Empty: with who
  // leads.
  std::string stand_in() const;
  // Of who leads, or led last.
  std::string server_version() const;
  std::string explain(const routing::plan& made, const routing::request& asked) const;
  // Another one: the view, or what is set, is not the same.
  std::uint64_t edition() const { return edition_; }
  // Another one: an index into the members of an earlier view may now be another member's.
  std::uint64_t members_edition() const { return members_edition_; }
  // For what is kept of statements: a member of the view, a rule in force.
  name_numbers::number number_of_member(std::size_t member) const {
    return member < member_numbers_.size() ? member_numbers_[member] : name_numbers::number{};
  }
  // A server was lent where there was a choice; `member`: of the view, if it is one.
  void count_way(routing::reason why, std::size_t member, std::string_view name);
  name_numbers::number number_of_rule(std::size_t rule) const { return rule_numbers_[rule]; }
  const std::string& name_of(name_numbers::number one) const { return numbers_.name(one); }
  // Stands for all statements that could not be read; the last was like these facts, if it had any.
  const statement_facts& unread_like(const statement_facts* facts);
  const statement_facts& unread() const { return unread_; }
  // Whether it depends on a statement at all.
  bool chooses() const { return cluster_->chooses() && view_->members.size() > 1; }
  static freshness_keys::place* place_of_key(std::string_view key);
  routing::balancer& balance() { return balance_; }
  std::uint64_t draw_lot() { return lots_(); }
  // Followers are waited for, or will be: members are looked at more often for a while.
  void look_often(routing::moment now);
  net::bell& seen() { return seen_; }  // rings with each view

  // While it is paused no transaction begins; sessions see to that. The number is of the PAUSE.
  void pause(std::uint64_t by);
  void resume();
  std::uint64_t paused_by() const { return paused_by_; }  // 0: it is not
  bool paused() const { return paused_by_ != 0; }
  net::bell& resumed() { return resumed_; }

  // As it is now; who needs it beyond an await keeps what `in_force` gives.
  const cluster_settings& cluster() const { return *cluster_; }
  const cluster_in_force& in_force() const { return cluster_; }
  net::core& core() { return core_; }
  net::dialer& dial() { return dial_; }
  member_pools& pools() { return pools_; }
  // What must not be left undone when its session ends; `close` waits for it.
  void see_to(net::awaitable<> what) { errands_.spawn(std::move(what)); }
  net::awaitable<> close();  // returns when no server connection is left at all
  switchboard& announcements() { return announcements_; }
  // Null: there are none but the cluster's own.
  user_lookup* users() { return cluster_->auth_query ? users_ : nullptr; }
  // Null: what became of commits is not asked.
  commit_inquiries* inquiries() { return cluster_->commits ? inquiries_ : nullptr; }
  core_memory& memory() { return *memory_; }
  metrics::core_counters& counters() { return counters_; }
  // However many clients fail, few lines are written: of each kind of error, and of cancels.
  metrics::log::repeat_limit& errors_of(error_kind kind) {
    return lines_[static_cast<std::size_t>(kind)];
  }
  metrics::log::repeat_limit& lost_cancels() { return lines_.back(); }
  // A line for each user, for it takes a grant to each.
  void note_refused_token(const std::string& user, std::string_view why);

 private:
  void number_rules();
  net::awaitable<result<lease>> obtain_of_leader(errand& what);
  net::awaitable<result<lease>> obtain_of_member(errand& what);

  net::core& core_;
  net::dialer& dial_;
  cluster_in_force cluster_;
  metrics::core_counters& counters_;
  member_pools pools_;
  user_lookup* users_;
  commit_inquiries* inquiries_;
  std::unique_ptr<core_memory> memory_;  // of the conversations of this core
  routing::view view_;
  lead led_ = {};
  std::uint64_t edition_ = 1;
  std::uint64_t members_edition_ = 0;
  routing::sightings sightings_ = {};
  routing::balancer balance_ = {};
  routing::moment hurried_ = {};
  std::mt19937_64 lots_{std::random_device{}()};
  name_numbers numbers_ = {};
  std::vector<name_numbers::number> member_numbers_ = {};
  // Where such ways are counted; null: not yet.
  std::array<metrics::counter*, routing::reasons> ways_ = {};
  std::vector<metrics::counter*> ways_to_ = {};  // each member of the view
  std::vector<name_numbers::number> rule_numbers_ = {};
  statement_facts unread_ = {};
  switchboard announcements_;
  net::bell seen_;
  net::bell view_changed_;  // or a server can be had again
  net::task_group errands_;
  std::minstd_rand dice_{std::random_device{}()};
  net::bell resumed_;
  std::uint64_t paused_by_ = 0;
  std::deque<metrics::log::repeat_limit> lines_ = {};
  std::map<std::string, metrics::log::repeat_limit, std::less<>> users_without_tokens_ = {};
};

}  // namespace skein::proxy
