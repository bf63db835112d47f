#include "proxy/branch.hpp"

#include "routing/route.hpp"

namespace skein::proxy {

namespace {

// Less time is not worth another attempt.
constexpr std::chrono::milliseconds breath{100};
constexpr std::chrono::seconds line_every{1};

bool worth_another_try(const error& why) {
  return why.kind == error_kind::unavailable && why.whose == fault::server;
}

}  // namespace

branch::branch(net::core& core, net::dialer& dial, cluster_in_force cluster,
               member_budgets& budgets, metrics::core_counters& counters, user_lookup* users,
               catalogs* defined, commit_inquiries* inquiries)
    : core_(core),
      dial_(dial),
      cluster_(std::move(cluster)),
      counters_(counters),
      pools_(core, dial, cluster_, budgets, counters),
      users_(users),
      inquiries_(inquiries),
      memory_(cluster_->database->make_core_memory(cluster_->pool.shares_announcements)),
      view_(std::make_shared<routing::cluster_view>()),
      announcements_(*this),
      seen_(core.where()),
      view_changed_(core.where()),
      errands_(core.where()),
      resumed_(core.where()) {
  if (defined) {
    memory_->use_definitions([defined](const std::string& name) { return defined->of(name); });
  }
  for (std::size_t i = 0; i <= error_kind_count; ++i) lines_.emplace_back(line_every);
  memory_->resolve_commits(this->inquiries() != nullptr);
  memory_->mark_commits(this->inquiries() != nullptr && cluster_->marks_commits);
  memory_->keep_promise(cluster_->keeps_promise);
  number_rules();
}

void branch::number_rules() {
  rule_numbers_.clear();
  const routing::rules* const all = cluster_->rules.get();
  for (std::size_t i = 0; all && i < all->size(); ++i)
    rule_numbers_.push_back(numbers_.of(all->at(i).name));
}

bool branch::adopt(cluster_in_force next) {
  const cluster_in_force before = std::exchange(cluster_, std::move(next));
  ++edition_;
  memory_->share_announcements(cluster_->pool.shares_announcements);
  memory_->resolve_commits(inquiries() != nullptr);
  memory_->mark_commits(inquiries() != nullptr && cluster_->marks_commits);
  memory_->keep_promise(cluster_->keeps_promise);
  pools_.adopt(*before);
  number_rules();
  memory_->route(chooses());
  return before->times != cluster_->times;
}

void branch::see(routing::view next) {
  if (!std::ranges::equal(view_->members, next->members, {}, &routing::member_view::name,
                          &routing::member_view::name)) {
    ++members_edition_;
    balance_.reset(next->members.size());
    ways_to_.assign(next->members.size(), nullptr);
  }
  view_ = std::move(next);
  led_.see(*view_);
  counters_.falls_short.set(view_->falls_short ? 1 : 0);
  ++edition_;
  member_numbers_.clear();
  for (const auto& each : view_->members) member_numbers_.push_back(numbers_.of(each.name));
  sightings_.note(*view_);
  memory_->route(chooses());
  pools_.see(*view_);
  seen_.ring_all();
  announcements_.check_epoch();
  if (view_->leader) view_changed_.ring_all();
}

routing::plan branch::decide(const routing::request& asked,
                             std::optional<std::chrono::milliseconds> bound) {
  if (!bound) return routing::decide(asked, cluster_->routes, *view_, sightings_, balance_);
  routing::policy ours = cluster_->routes;
  ours.bound = *bound;
  return routing::decide(asked, ours, *view_, sightings_, balance_);
}

// On the path of each query: the words that they are counted by are looked up once.
void branch::count_way(routing::reason why, std::size_t member, std::string_view name) {
  auto*& of_reason = ways_[static_cast<std::size_t>(why)];
  if (!of_reason) of_reason = &counters_.routed.of(routing::to_string(why));
  of_reason->add();
  if (member >= ways_to_.size()) return counters_.routed_to.add(name);
  auto*& of_member = ways_to_[member];
  if (!of_member) of_member = &counters_.routed_to.of(name);
  of_member->add();
}

void branch::look_often(routing::moment now) {
  constexpr std::chrono::milliseconds enough{10};
  if (now - hurried_ < enough || !cluster_->look_often) return;
  hurried_ = now;
  cluster_->look_often();
}

std::string branch::stand_in() const {
  if (view_->leader || !chooses()) return {};
  const auto found = std::ranges::find_if(view_->members, &routing::member_view::serves_reads);
  return found == view_->members.end() ? "" : found->name;
}

std::string branch::server_version() const {
  const auto who = view_->leader ? view_->leader : view_->last_leader;
  return who && *who < view_->members.size() ? view_->members[*who].last.server_version : "";
}

// One table for all clusters: who has another's key there is owed more than it has to be.
freshness_keys::place* branch::place_of_key(std::string_view key) {
  static freshness_keys all;
  return &all.of(key);
}

const statement_facts& branch::unread_like(const statement_facts* facts) {
  unread_.where = facts ? facts->where : place::leader;
  unread_.why = facts ? facts->why : std::string();
  return unread_;
}

std::string branch::explain(const routing::plan& made, const routing::request& asked) const {
  return routing::sentence(made, asked, cluster_->routes, *view_);
}

// One that is paused already stays so when a later PAUSE is given up.
void branch::pause(std::uint64_t by) {
  if (!paused()) paused_by_ = by;
}

void branch::resume() {
  paused_by_ = 0;
  resumed_.ring_all();
}

bool branch::may_go_on(std::uint64_t epoch) const {
  return routing::may_go_on(*view_, epoch);
}

lease branch::take_warm(const errand& what) {
  if (paused()) return nullptr;
  const auto member = routing::choose(*view_);
  return member ? take_warm(*member, what) : nullptr;
}

lease branch::take_warm(std::size_t member, const errand& what) {
  if (paused()) return nullptr;
  return pools_.of(member)->take_warm(pool::key_of(what), view_->epoch);
}

net::awaitable<result<lease>> branch::obtain(errand& what) {
  return what.member.empty() ? obtain_of_leader(what) : obtain_of_member(what);
}

net::awaitable<result<lease>> branch::obtain_of_leader(errand& what) {
  for (;;) {
    const routing::view seen = view_;
    const auto member = routing::choose(*seen);
    std::shared_ptr<pool> from;  // it may be given up meanwhile
    // Not by ?: around an await: GCC 12 destroys what has never been made.
    result<lease> got;
    if (member) {
      from = pools_.of(*member);
      const pool::target to{seen->members[*member], seen->epoch, true};
      got = co_await from->borrow(to, what);
    } else {
      got = std::unexpected(member.error());
      what.place.reset();  // others may have a use for it
    }
    if (got && from->rest().over()) view_changed_.ring_all();
    if (what.called_off || (got && may_go_on((*got)->epoch))) co_return got;
    if (!got && !worth_another_try(got.error())) co_return got;
    if (got) give_back(std::move(*got));
    const auto now = std::chrono::steady_clock::now();
    const auto until = std::max(what.until, what.held_until);
    if (now + breath >= until) {
      if (!got) co_return got;
      co_return failure(error_kind::unavailable, fault::server, "the lead is moving: try again");
    }
    // Once there is a leader the wait for a connection to it begins anew.
    if (now < what.held_until) what.until = std::max(what.until, now + cluster_->pool.wait);
    if (view_->epoch != seen->epoch) continue;
    auto next = until - breath;
    if (member) {
      const double lot = std::uniform_real_distribution(0.0, 1.0)(dice_);
      next = std::min(next, from->rest().after_failure(now, lot));
    }
    co_await view_changed_.wait(next);
  }
}

// One attempt: what is told may not be so for the next.
net::awaitable<result<lease>> branch::obtain_of_member(errand& what) {
  const routing::view seen = view_;
  const auto member = std::ranges::find(seen->members, what.member, &routing::member_view::name);
  if (member == seen->members.end()) {
    what.place.reset();
    co_return failure(
        error_kind::unavailable, fault::server,
        "member \"" + what.member + "\" is not of cluster \"" + cluster_->name + "\" any more");
  }
  const auto from = pools_.of(static_cast<std::size_t>(member - seen->members.begin()));
  const pool::target to{*member, seen->epoch, from.get() == pools_.leading()};
  auto got = co_await from->borrow(to, what);
  if (got && from->rest().over()) view_changed_.ring_all();
  if (!got && worth_another_try(got.error())) {
    from->rest().after_failure(std::chrono::steady_clock::now(), 0.0);
  }
  if (got && !what.called_off && (*got)->epoch != view_->epoch) {
    give_back(std::move(*got));
    co_return failure(error_kind::unavailable, fault::server, "the lead has moved: try again");
  }
  co_return got;
}

net::awaitable<> branch::close() {
  co_await announcements_.close();
  co_await errands_.join();
  co_await pools_.close();
}

void branch::note_refused_token(const std::string& user, std::string_view why) {
  constexpr std::size_t users_max = 1000;
  constexpr std::chrono::minutes every{10};
  counters_.commit_tokens_refused.add();
  if (users_without_tokens_.size() >= users_max) users_without_tokens_.clear();
  auto& limit = users_without_tokens_.try_emplace(user, every).first->second;
  metrics::log::write_limited(
      limit, metrics::log::level::warn,
      "commits write no tokens: if their answers are lost they are in doubt",
      {{"cluster", cluster_->name}, {"user", user}, {"error", why}});
}

}  // namespace skein::proxy
