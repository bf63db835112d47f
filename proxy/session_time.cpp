// What takes a session too long: `timeouts` of the settings, also where a reload changes them. Its
// deadline calls it.
#include "proxy/cancel.hpp"
#include "proxy/session.hpp"

namespace skein::proxy {

// What runs may have a limit of its own, by a rule.
time_limits session::limits() const {
  time_limits all = home_.cluster().times;
  if (ways_ && ways_->timeout()) all.statement = *ways_->timeout();
  return all;
}

void session::keep_time() {
  const time_limits limits = this->limits();
  if (!limits.any()) return clock_.reset();
  if (!clock_)
    clock_ = std::make_unique<net::deadline>(home_.core().wheel(), [this] { look_at_time(); });
  life_->keep_time();
  clock_->arm(judge(limits, life_->does(), {}).look_again);
}

// A password that has changed is the one that servers know by now.
void session::heed_settings(bool other_times) {
  const auto known = home_.cluster().users.find(who_.user);
  if (known != home_.cluster().users.end() && !who_.password.empty() &&
      !known->second.password.empty())
    who_.password = known->second.password;
  if (life_) find_ways();
  if (other_times && timed_) keep_time();
}

void session::look_at_time() {
  const time_limits limits = this->limits();
  const auto so_long = home_.core().wheel().read_clock() - life_->since();
  const doing what = life_->does();
  const overtime told = judge(limits, what, so_long);
  clock_->arm(told.look_again);
  if (!told.over || ending_) return;
  // It may have said something that is not read before the cluster goes on.
  if (what == doing::resting && home_.paused()) return;
  const auto late = [](std::string sqlstate, const std::string& text, std::string_view key,
                       std::chrono::milliseconds limit) {
    return error{error_kind::timeout,
                 fault::client,
                 std::move(sqlstate),
                 text + " for longer than " + std::string(key) + ", " + in_words(limit),
                 {}};
  };
  if (what == doing::running) {
    const lease& server = life_->borrowed();
    if (!server || server->cancels > 0) return;
    const bool by_rule = limits.statement != home_.cluster().times.statement;
    note(late("57014", by_rule ? "a statement that a rule limits ran" : "a statement ran",
              by_rule ? "its own limit" : "timeouts.statement", limits.statement));
    life_->forgive();
    home_.see_to(cancel_overdue(home_, server, who_));
    return;
  }
  error why = what == doing::resting
                  ? late("57P05", "the session was idle", "timeouts.idle", limits.idle)
                  : late("25P03", "the transaction was idle", "timeouts.idle_in_transaction",
                         limits.idle_in_transaction);
  why.text_for_client +=
      what == doing::resting ? ": connect again" : ": it is rolled back; connect again";
  note(why);
  end(std::move(why));
}

}  // namespace skein::proxy
