// What takes a session too long: `timeouts` of the settings, also where a reload changes them. Its
// deadline calls it.
#include "proxy/cancel.hpp"
#include "proxy/session.hpp"

namespace skein::proxy {

void session::keep_time() {
  const time_limits& limits = home_.cluster().times;
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
  if (other_times && timed_) keep_time();
}

void session::look_at_time() {
  const time_limits& limits = home_.cluster().times;
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
                 text + " for longer than timeouts." + std::string(key) + ", " + in_words(limit),
                 {}};
  };
  if (what == doing::running) {
    const lease& server = life_->borrowed();
    if (!server || server->cancels > 0) return;
    note(late("57014", "a statement ran", "statement", limits.statement));
    life_->forgive();
    home_.see_to(cancel_overdue(home_, server));
    return;
  }
  error why = what == doing::resting ? late("57P05", "the session was idle", "idle", limits.idle)
                                     : late("25P03", "the transaction was idle",
                                            "idle_in_transaction", limits.idle_in_transaction);
  why.text_for_client +=
      what == doing::resting ? ": connect again" : ": it is rolled back; connect again";
  note(why);
  end(std::move(why));
}

}  // namespace skein::proxy
