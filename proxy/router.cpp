#include "proxy/router.hpp"

#include "proxy/branch.hpp"

namespace skein::proxy {

using std::chrono::steady_clock;

router::router(branch& home, client_words who) : home_(home), who_(std::move(who)) {
  find_key();
}

// A server that was lost, or closed because it could not be cleaned, has not been given back: what
// was written there is not known.
void router::follow(client_words who) {
  if (std::exchange(out_, false)) {
    home_.balance().ended(plan_.member, {});
    owed_.wrote = steady_clock::now();
    written_.reset();
    owed_.exact = nullptr;
    home_.look_often(owed_.wrote);
  }
  who_ = std::move(who);
  rules_.reset();
  request_.ruled = nullptr;
  timeout_.reset();
  find_key();
}

void router::find_key() {
  key_ = nullptr;
  switch (home_.cluster().shared_by) {
    case freshness_key::user:
      key_ = home_.place_of_key(who_.user);
      break;
    case freshness_key::application_name:
      if (!who_.application.empty()) key_ = home_.place_of_key(who_.application);
      break;
    case freshness_key::none:
    case freshness_key::hint:
      break;
  }
}

router::~router() {
  if (out_) home_.balance().ended(plan_.member, {});
}

void router::want(const server_wish& what) {
  const auto now = steady_clock::now();
  wanted_ = now;
  planned_ = false;
  if (facts_ != what.facts) facts_ = what.facts;
  request_.facts = facts_.get();
  request_.unsure = what.unsure;
  request_.fresh = home_.cluster().routes.fresh;
  request_.home = zone_;
  request_.ruled = nullptr;
  request_.rule = {};
  rule_ = {};
  again_ = what.again;
  if (what.again) {
    home_.counters().reads_repeated.add();
    shun();
  } else {
    request_.shunned = 0;
    request_.arrived = now;
  }
  bound_.reset();
  timeout_.reset();
  refused_.clear();
  apply_rules(now);
  freshness_keys::place* key = key_;
  if (!what.hint.empty()) apply_hint(what.hint, key);
  writes_to_ = key;
  request_.shared = key ? freshness_keys::wrote(*key) : routing::moment{};
}

void router::apply_rules(routing::moment now) {
  const auto& all = home_.cluster().rules;
  if (!all) return;
  if (rules_ != all) {
    rules_ = all;
    of_client_ = all->of_client({who_.user, who_.database, who_.application, who_.from});
  }
  const auto which =
      routing::rules::first(of_client_, facts_ ? all->of_statement(*facts_) : all->of_unknown());
  if (!which) return;
  rule_ = home_.number_of_rule(*which);
  const routing::rule& rule = all->at(*which);
  refused_ = rule.refuse;
  if (refused_.empty() && !all->admits(*which, now))
    refused_ = "rule \"" + rule.name + "\" lets no more such statements pass at this moment";
  if (rule.to.to != routing::destination::kind::unsaid) request_.ruled = &rule.to;
  request_.rule = rule.name;
  request_.fresh = rule.fresh.value_or(request_.fresh);
  bound_ = rule.bound;
  timeout_ = rule.timeout;
}

// Who wrote the statement knows more of it than who wrote the rules; but not what they forbid.
void router::apply_hint(std::string_view words, freshness_keys::place*& key) {
  hint_ = routing::read_hint(words);
  if (hint_.to.to != routing::destination::kind::unsaid) {
    request_.ruled = &hint_.to;
    request_.rule = {};
  }
  request_.fresh = hint_.fresh.value_or(request_.fresh);
  if (!hint_.key.empty() && home_.cluster().shared_by != freshness_key::none)
    key = home_.place_of_key(hint_.key);
}

const routing::plan& router::decide() {
  if (!refused_.empty()) {
    footing_ = {};
    plan_ = {.what = routing::plan::act::refuse, .why = routing::reason::ruled};
    return plan_;
  }
  request_.owed = owed_;
  const auto wanted = std::exchange(wanted_, {});
  request_.now = wanted != routing::moment{} ? wanted : steady_clock::now();
  const bool same = edition_ == home_.edition();
  if (same && (planned_ || routing::carries(footing_, request_))) return plan_;
  request_.lot = home_.draw_lot();
  plan_ = home_.decide(request_, bound_);
  footing_ = routing::footing_of(plan_, request_);
  edition_ = home_.edition();
  planned_ = plan_.what == routing::plan::act::send;
  const auto& now = *home_.now();
  plan_epoch_ = now.epoch;
  members_edition_ = home_.members_edition();
  to_leader_ = now.leader == plan_.member;
  if (plan_.what == routing::plan::act::wait) home_.look_often(request_.now);
  return plan_;
}

std::string router::explain() const {
  return refused_.empty() ? home_.explain(plan_, request_) : refused_;
}

error router::refuse() {
  auto& tally = counted().tally;
  ++tally.calls;
  tally.refused = true;
  tally.rule = rule_;
  tally.last = steady_clock::now();
  return {error_kind::unsupported, fault::client, "42501", refused_, {}};
}

bool router::knows_member() const {
  return members_edition_ == home_.members_edition();
}

bool router::last_holds() const {
  const auto& now = *home_.now();
  return knows_member() && plan_epoch_ == now.epoch && to_leader_ == (now.leader == plan_.member);
}

bool router::trusts(const server_connection& server) const {
  const bool owes = request_.fresh == routing::freshness::global || owed_.on != 0 ||
                    owed_.wrote != routing::moment{} || request_.shared != routing::moment{};
  if (server.leads || !owes || request_.fresh == routing::freshness::any) return true;
  return knows_member() && server.opened < home_.now()->members[plan_.member].asked;
}

void router::shun() {
  planned_ = false;
  if (knows_member() && plan_.member < 32) request_.shunned |= 1U << plan_.member;
}

const statement_facts& router::counted() {
  return facts_ && facts_->fingerprint != 0 ? *facts_ : home_.unread_like(facts_.get());
}

// The words of why are found when somebody asks: this is on the path of each query.
void router::count(bool leads) {
  auto& tally = counted().tally;
  ++(again_ ? tally.again : tally.calls);
  ++(leads ? tally.to_leader : tally.to_followers);
  tally.last = began_;
  tally.unsure = request_.unsure;
  tally.member = home_.number_of_member(plan_.member);
  tally.rule = rule_;
  tally.why = static_cast<std::uint8_t>(plan_.why);
  tally.fresh = static_cast<std::uint8_t>(request_.fresh);
  tally.shared = request_.shared != routing::moment{};
  tally.led = leads;
  tally.refused = false;
}

void router::lent(const server_connection& server, routing::moment moment) {
  const routing::view& now = home_.now();
  if (server.leads && now->leader) {
    footing_ = {};
    planned_ = false;
    plan_.member = *now->leader;
    members_edition_ = home_.members_edition();
  }
  out_ = true;
  const bool settles = home_.cluster().routes.sticky && zone_.empty();
  if (settles && facts_ && facts_->where != place::leader && knows_member())
    zone_ = now->members[plan_.member].zone;
  home_.count_way(plan_.why, knows_member() ? plan_.member : now->members.size(), server.member);
  began_ = moment;
  count(server.leads);
  home_.balance().began(plan_.member);
}

// One whose member is not what was planned, for the view has changed meanwhile, is left out.
bool router::is_sample(const server_connection& server) const {
  const std::uint64_t logged = home_.cluster().logged_lots;
  if (logged == 0 || home_.draw_lot() > logged) return false;
  const auto& members = home_.now()->members;
  return plan_.what == routing::plan::act::send && plan_.member < members.size() &&
         members[plan_.member].name == server.member;
}

void router::given_back(const server_connection& server, work done, routing::moment answered) {
  if (!std::exchange(out_, false)) return;  // before the welcome
  const auto now = answered != routing::moment{} ? answered : steady_clock::now();
  home_.balance().ended(plan_.member, now - began_);
  if (server.leads && done.may_have_written) {
    owed_.wrote = now;
    written_ = std::move(done.written);
    owed_.exact = written_.get();
    home_.look_often(now);
    return;
  }
  const auto& members = home_.now()->members;
  owed_.read = now;
  // Of a member that is not known any more: what the leader showed later is owed.
  const std::size_t on = knows_member() ? plan_.member : members.size();
  owed_.on = static_cast<std::uint32_t>(on + 1);
  owed_.incarnation = on < members.size() ? members[on].last.started_at_us : 0;
}

// Others who have the key may ask as soon as its client knows.
void router::answered(const server_connection& server, bool may_have_written) {
  if (writes_to_ && server.leads && may_have_written)
    freshness_keys::note(*writes_to_, steady_clock::now());
}

}  // namespace skein::proxy
