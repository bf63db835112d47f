#include "cluster/keeper.hpp"

#include <algorithm>
#include <utility>

#include "cluster/assurance.hpp"
#include "cluster/claimants.hpp"
#include "cluster/recollection.hpp"
#include "cluster/signs.hpp"
#include "metrics/log.hpp"

namespace skein::cluster {

namespace log = metrics::log;

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// Between two decisions.
constexpr milliseconds pace{50};
constexpr milliseconds orders_last{1000};  // where no lease ends them earlier
constexpr milliseconds quick_pace{10};     // while transactions wait for it

bool same_step(const decision& one, const decision& other) {
  return one.what == other.what && one.who == other.who && one.of == other.of;
}

bool is_idle(step what) {
  return what == step::rest || what == step::wait;
}

bool is_order(step what) {
  return !is_idle(what) && what != step::propose && what != step::rejoin;
}

}  // namespace

role_settings roles_of(const keeper_settings& how, const member_settings& member) {
  role_settings out{.address = member.address,
                    .tls = how.tls,
                    .who = how.who,
                    .database = how.database,
                    .timeout = how.timeout,
                    .replicator = how.replicator,
                    .wanted = {.acks = how.policy.assured, .own_name = member.name}};
  for (const member_settings& each : how.members)
    if (each.name != member.name) out.wanted.followers.push_back(each.name);
  return out;
}

keeper::keeper(keeper_settings settings, const backend& database, watch& members,
               agreement& together)
    : settings_(std::move(settings)), database_(database), watch_(members), together_(together) {}

keeper::~keeper() {
  stop();
}

void keeper::open() {
  std::vector<std::unique_ptr<hand>> made;
  for (const member_settings& each : settings_.members)
    made.push_back(std::make_unique<hand>(settings_.cluster, each.name,
                                          database_.change_roles(roles_of(settings_, each)),
                                          beat_interval(settings_.policy)));
  std::vector<std::unique_ptr<hooks>> theirs;
  for (std::size_t i = 0; i < settings_.members.size(); ++i) theirs.push_back(hooks_of(i));
  hands_ = std::move(made);
  hooks_ = std::move(theirs);
}

std::unique_ptr<hooks> keeper::hooks_of(std::size_t member) {
  const std::string& name = settings_.members[member].name;
  const hook_commands& commands = settings_.parts[member].hooks;
  for (auto& each : hooks_)
    if (each && each->is_of(name, commands)) return std::move(each);
  return std::make_unique<hooks>(name, commands);
}

// Who only proposes has nothing written, until somebody asks for more.
bool keeper::acts() const {
  using way = failover_policy::way;
  const failover_policy& how = settings_.policy;
  return how.automatic == way::yes || before_.moving || before_.chosen ||
         (how.assured > 0 && how.automatic != way::external);
}

// ... and looks what servers have been told where it has a user for that: a move of the lead may
// have been cut short.
bool keeper::asks() const {
  return acts() || (settings_.policy.automatic == failover_policy::way::no && settings_.entrusted);
}

void keeper::start_hands() {
  for (auto& each : hands_) each->start();
}

void keeper::start() {
  const std::lock_guard lock(mutex_);
  stopping_ = false;
  started_ = steady_clock::now();
  try {
    open();
    if (asks()) start_hands();
    thread_ = std::thread([this] { decide_again(); });
  } catch (const std::exception& thrown) {  // out of descriptors, as a rule
    log::write(log::level::error, "nobody watches over the lead",
               {{"cluster", settings_.cluster}, {"error", thrown.what()}});
    watch_.recall({}, 0, {});
    together_.offer(false);
  }
}

void keeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (auto& each : hands_) each->stop();
  const std::lock_guard lock(mutex_);
  hands_.clear();
  if (!before_.moving) return;
  const bool ordered = before_.chosen == before_.moving->to && leader_ != before_.chosen;
  end_moving(move_report::state::failed,
             (ordered ? moved_.to + " has been told to lead, and " : "") +
                 "Skein was stopped, or its settings changed, meanwhile");
}

bool keeper::differs(const keeper_settings& next) const {
  const auto same_user = [](const credentials& one, const credentials& other) {
    return one.user == other.user && one.password == other.password;
  };
  const keeper_settings& now = settings_;
  return next.members != now.members || next.parts != now.parts || next.policy != now.policy ||
         next.tls != now.tls || !same_user(next.who, now.who) ||
         !same_user(next.replicator, now.replicator) || next.database != now.database ||
         next.entrusted != now.entrusted || next.timeout != now.timeout ||
         next.patience != now.patience;
}

void keeper::retire() {
  const std::lock_guard lock(mutex_);
  retired_ = true;
  for (auto& each : hands_) each->obey({}, false);
}

void keeper::take_over() {
  const std::lock_guard lock(mutex_);
  retired_ = false;
}

void keeper::adopt(keeper_settings next) {
  {
    const std::lock_guard lock(mutex_);
    before_.chosen = chosen_among(next.members);
    before_.fenced = same_member(settings_.members, before_.fenced, next.members);
    settings_ = std::move(next);
  }
  start();
}

// Who has been told to lead and does not yet is still to lead. Where it does, its history began
// before any new hand could ask where.
std::optional<std::size_t> keeper::chosen_among(const std::vector<member_settings>& next) const {
  const auto chosen = same_member(settings_.members, before_.chosen, next);
  return chosen && watch_.now()->last_leader == chosen ? std::nullopt : chosen;
}

decision keeper::last() const {
  const std::lock_guard lock(mutex_);
  decision out = last_;
  if (!is_order(out.what)) return out;
  for (const std::size_t each : out.who)
    if (each < hands_.size())
      if (const auto trouble = hands_[each]->word().trouble; !trouble.empty())
        out.why += "; that fails: " + trouble;
  return out;
}

void keeper::decide_again() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    // In this order: the watch knows at least what has been agreed on.
    const agreement::standing where = together_.now();
    const watch::knowledge known = watch_.known();
    lock.lock();
    seek_office(known);
    // Other members are looked at than we have hands for: they are about to be replaced.
    if (known.news.size() == hands_.size()) decide_once(known, where);
    if (before_.moving) watch_.hurry();
    wake_.wait_for(lock, before_.moving ? quick_pace : pace, [this] { return stopping_; });
  }
}

// What tells observers' threads of it tells proxy cores, which know nothing of us: so the lock may
// be held.
void keeper::decide_once(const watch::knowledge& known, const agreement::standing& where) {
  const bool was_in_office = std::exchange(in_office_, !retired_ && decides(together_, where));
  if (in_office_ && !was_in_office) {
    in_office_since_ = steady_clock::now();
    before_.acks.reset();
  }
  orders_until_ = coordination::boot_clock::now() + orders_last;
  if (!together_.alone()) orders_until_ = std::min(orders_until_, where.told.decides_until);
  note_lead(*known.now);
  if (!in_office_) return look_on(known);
  const situation now = gather_all(known);
  note_acks(now);
  give_up_others(now);
  decision made = after_telling(decide(now, policy_now(now)), *known.now, where);
  if (const std::string why = recall(now); !now.led && !why.empty()) made.why = why;
  add_what_is_recalled(now, made);
  tell(made);
  note_fence(before_, made, now);
  if (made.what == step::promote) {
    before_.fenced.reset();
    // From here on nobody may believe the old one, nor another whom we have tried.
    const auto gone = {now.led->member, before_.chosen.value_or(now.led->member)};
    before_.chosen = made.who.front();
    for (const std::size_t each : gone)
      if (each != made.who.front()) watch_.depose(each);
  }
  note_shortfall(made, now);
  give_orders(made);
  bring_back(made, now);
  last_ = made;
  vouch(now);
  if (before_.moving) carry_on_moving(made, now);
}

void keeper::give_up_others(const situation& now) {
  for (const std::size_t each : unbelieved(now, settings_.policy)) watch_.depose(each);
  // Of several Skeins one says that to the others.
  const bool ours = in_office_ || together_.alone();
  if (ours && successor(now, settings_.policy)) watch_.depose(now.led->member);
}

void keeper::bring_back(const decision& made, const situation& now) {
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    const member_facts& each = now.members[i];
    if (each.met == contact::answers && each.role == member_role::follower && !each.stuck)
      hooks_[i]->settle();
  }
  if (made.what != step::rejoin) return;
  for (const std::size_t each : made.who) {
    hooks_[each]->bring_back({.cluster = settings_.cluster,
                              .member_address = to_string(settings_.members[each].address),
                              .leader = settings_.members[made.of].name,
                              .leader_address = to_string(settings_.members[made.of].address)});
  }
}

// Nothing is written where that may not last, nor where it is not known yet what a new leader began
// with.
void keeper::vouch(const situation& now) {
  const failover_policy& how = settings_.policy;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_facts& each = now.members[i];
    const hand_word word = hands_[i]->word();
    const bool ours = how.automatic == failover_policy::way::yes && before_.chosen == i;
    const bool awaited = ours && !retired_ && !word.promoted;
    const bool lasts =
        !each.fenced &&
        (how.assured == 0 || (each.examined && each.counted && each.acks >= assured_now(now, how)));
    const bool recorded = now.led && now.led->member == i && is_recorded(now);
    watch_.vouch(i, lasts && recorded && !awaited, how.assured == 0 ? now.now : word.examined,
                 ours && word.promoted ? word.mark : "");
    if (awaited && claimant_ == i)
      hands_[i]->obey({.what = step::promote, .until = orders_until_}, true);
  }
}

void keeper::note_lead(const routing::cluster_view& now) {
  const auto leader = now.whoever_leads();
  if (epoch_ != now.epoch) {
    epoch_ = now.epoch;
    before_.by_us = before_.chosen && before_.chosen == now.last_leader;
    before_.led_since = steady_clock::now();
    before_.fenced.reset();
    before_.acks.reset();
  }
  leader_ = leader;
  claimant_ = now.claimant;
  if (leader) before_.recalled = false;
  // What who is fenced writes may come to one follower and not to whom it makes room for.
  for (std::size_t i = 0; i < hands_.size(); ++i)
    hands_[i]->expect(leader_ == i && in_office_ && acts() && before_.fenced != i, epoch_);
}

// What is acknowledged by who leads is as its server does it, which outlasts the hand that asked.
// Fewer hold from when it is told so, whether it has answered or not. Another Skein may have told
// it so since it was asked by us: what was seen before this one was in office says nothing.
void keeper::note_acks(const situation& now) {
  if (!now.led) return;
  const std::size_t led = now.led->member;
  const hand_word word = hands_[led]->word();
  if (word.told && word.examined >= in_office_since_) before_.acks = word.told->acks;
  const bool lowered =
      last_.what == step::assure && std::ranges::find(last_.who, led) != last_.who.end();
  if (lowered && before_.acks) before_.acks = std::min(*before_.acks, last_.acks);
}

// Before it is told so: what it acknowledges then is counted.
void keeper::note_shortfall(const decision& made, const situation& now) {
  const bool already = watch_.now()->falls_short.has_value();
  std::optional<unsigned> acks;
  if (leader_) acks = falls_short(now, settings_.policy, made, already);
  watch_.fall_short(acks, settings_.policy.assured);
}

// One that was gone before it was asked has done as it was to, or as the others most likely would.
failover_policy keeper::policy_now(const situation& now) const {
  failover_policy out = settings_.policy;
  if (!now.led) return out;
  if (before_.acks) {
    out.acks = *before_.acks;
  } else if (out.assured > 0) {
    out.acks = out.degrade ? 1 : out.assured;
  } else {
    for (const auto& each : hands_)
      if (const auto told = each->word().told) out.acks = std::max(out.acks, told->acks);
  }
  return out;
}

situation keeper::gather_all(const watch::knowledge& known) const {
  findings from{.now = steady_clock::now(), .known = known};
  for (const auto& each : hands_) from.words.push_back(each->word());
  situation out = gather(from, settings_.members, settings_.parts, settings_.policy, before_);
  for (const member_facts& each : out.members) out.lacks.push_back(watch_.lack(each.received));
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    const hook_news news = hooks_[i]->news();
    comeback& back = out.members[i].back;
    back.restarts = !hands_[i]->follows_while_it_runs();
    back.hooks = settings_.parts[i].hooks.any();
    back.running = news.running;
    back.since = news.since;
    back.failed = news.failed;
    back.again = news.again;
  }
  return out;
}

// Durations are no news, steps are.
void keeper::tell(const decision& made) {
  if (same_step(made, last_) && without_numbers(made.why) == without_numbers(last_.why)) return;
  static constexpr std::string_view words[] = {"nothing", "wait",   "propose", "stop receiving",
                                               "promote", "follow", "fence",   "hold",
                                               "assure",  "resume", "rejoin"};
  log::write(is_idle(made.what) ? log::level::info : log::level::warn, "lead",
             {{"cluster", settings_.cluster},
              {"step", words[static_cast<std::size_t>(made.what)]},
              {"why", made.why}});
}

void keeper::give_orders(const decision& made) {
  const bool hurried = made.what != step::rest;
  for (std::size_t i = 0; i < hands_.size(); ++i) {
    const bool meant = is_order(made.what) && std::ranges::find(made.who, i) != made.who.end();
    hands_[i]->obey(
        meant ? order{made.what, settings_.members[made.of].address, made.acks, orders_until_}
              : order{},
        hurried);
  }
}

}  // namespace skein::cluster
