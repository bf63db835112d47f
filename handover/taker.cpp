#include "handover/taker.hpp"

#include "metrics/log.hpp"
#include "net/dialer.hpp"

namespace skein::handover {

using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr seconds word_time{5};  // for a message that only wants to be read or written
constexpr seconds answer_time{10};
constexpr seconds cancel_time{5};
constexpr std::size_t relayed_max = 1024;  // under way at one time; more are not asked for
// The older one says something several times a second once it drains. Before that it waits for us.
constexpr seconds silence_offered{60};
constexpr seconds silence_ours{10};

using asked = outcome<std::optional<inheritance>>;

}  // namespace

taker::taker(net::core& on) : on_(on), news_(on.where()), tasks_(on.where()) {
  tasks_.on_exception = [](const std::string& what) {
    metrics::log::write(metrics::log::level::error, "a takeover ended by an exception",
                        {{"error", what}});
  };
}

asked taker::ask(const net::endpoint& at) {
  std::promise<asked> answer;
  auto coming = answer.get_future();
  on_.post([this, at, answer = std::move(answer)]() mutable {
    tasks_.spawn(ask_there(at, std::move(answer)));
  });
  return coming.get();
}

net::awaitable<> taker::ask_there(net::endpoint at, std::promise<asked> to) {
  net::socket_dialer dial(on_.where(), on_.wheel());
  auto [failed, connection] = co_await dial.dial(at, word_time);
  if (failed == net::asio::error::connection_refused ||
      failed == boost::system::errc::no_such_file_or_directory) {
    co_return to.set_value(std::nullopt);
  }
  if (failed) {
    co_return to.set_value(
        std::unexpected("cannot connect to " + net::to_string(at) + ": " + failed.message()));
  }
  talk_.emplace(on_, connection.take_socket());
  auto got = co_await take_offer();
  if (got && *got) {
    pid_ = talk_->peer().pid;
    standing_ = standing::offered;
    tasks_.spawn(hear_all());
    tasks_.spawn(say_all());
  } else {
    talk_->close();
  }
  to.set_value(std::move(got));
}

// Who hangs up in the middle has ended: its sockets are no good without it.
net::awaitable<asked> taker::take_offer() {
  channel& talk = *talk_;
  const auto lost = [&](const std::string& why) {
    return talk.hung_up() ? asked(std::nullopt) : asked(std::unexpected(why));
  };
  if (!talk.from_own_user()) {
    co_return std::unexpected("what listens there belongs to another user");
  }
  message word = hello();
  const auto told = co_await talk.say(word, word_time);
  if (!told) co_return std::unexpected(told.error());
  auto said = co_await talk.hear(answer_time);
  if (!said) co_return lost(said.error());
  if (const refused* const no = std::get_if<refused>(&*said)) {
    co_return std::unexpected("it refuses: " + no->why);
  }
  const offer* const begun = std::get_if<offer>(&*said);
  if (!begun) co_return std::unexpected("what answers there is not about to hand over");
  version_ = begun->version;
  inheritance all{talk.peer().pid, begun->generation, begun->ready, {}};
  for (std::uint16_t index = 0, count = begun->doors; index < count; ++index) {
    said = co_await talk.hear(word_time);
    if (!said) co_return lost(said.error());
    const door* const what = std::get_if<door>(&*said);
    net::owned_handle listening = talk.take_handle();
    if (!what || listening.get() < 0) co_return std::unexpected("a listening socket is missing");
    all.doors.push_back({*what, index, std::move(listening)});
  }
  co_return std::move(all);
}

outcome<void> taker::say_serving(std::vector<std::uint16_t> kept) {
  on_.post([this, kept = std::move(kept)]() mutable {
    unsaid_.emplace_back(serving{std::move(kept)});
    news_.ring_all();
  });
  const auto until = steady_clock::now() + answer_time;
  while (standing_ == standing::offered && steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (standing_ == standing::refused) return std::unexpected(why_refused());
  // It hangs: while it does nobody else accepts, and once it goes on it hears from the kernel that
  // we are still there.
  return {};
}

std::string taker::why_refused() const {
  const std::lock_guard held(mutex_);
  return why_;
}

void taker::relay(std::uint32_t id, std::string secret, std::function<void()> done) {
  on_.post([this, id, secret = std::move(secret), done = std::move(done)]() mutable {
    if (standing_ != standing::ours || relayed_.size() >= relayed_max) return done();
    unsaid_.emplace_back(cancel{++next_, id, std::move(secret)});
    auto told = [done = std::move(done)](order_outcome) { done(); };
    relayed_.emplace(next_, relayed{std::move(told), steady_clock::now() + cancel_time});
    news_.ring_all();
  });
}

void taker::relay(order what, std::function<void(order_outcome)> done) {
  on_.post([this, what = std::move(what), done = std::move(done)]() mutable {
    if (standing_ != standing::ours || version_ < version_of_orders)
      return done(order_outcome::no_such_session);
    if (relayed_.size() >= relayed_max) return done(order_outcome::failed);
    what.number = ++next_;
    unsaid_.emplace_back(std::move(what));
    relayed_.emplace(next_, relayed{std::move(done), steady_clock::now() + cancel_time});
    news_.ring_all();
  });
}

// The answer to that request has come.
void taker::settle(std::uint32_t number, order_outcome how) {
  const auto found = relayed_.find(number);
  if (found == relayed_.end()) return;
  const auto done = std::move(found->second.done);
  relayed_.erase(found);
  done(how);
}

std::optional<predecessor> taker::before_us() const {
  if (standing_ != standing::ours) return std::nullopt;
  return predecessor{pid_, clients_};
}

net::awaitable<> taker::hear_all() {
  for (;;) {
    const bool is_ours = standing_ == standing::ours;
    const auto said = co_await talk_->hear(is_ours ? silence_ours : silence_offered);
    if (!said) co_return give_up(said.error());
    understand(*said);
    if (standing_ == standing::refused) co_return give_up(why_refused());
  }
}

void taker::understand(const message& said) {
  if (const refused* const no = std::get_if<refused>(&said)) {
    const std::lock_guard held(mutex_);
    why_ = no->why;
    standing_ = standing::refused;
  } else if (std::holds_alternative<yours>(said)) {
    standing_ = standing::ours;
  } else if (const left* const count = std::get_if<left>(&said)) {
    clients_ = count->clients;
  } else if (const cancelled* const over = std::get_if<cancelled>(&said)) {
    settle(over->number, order_outcome::done);
  } else if (const obeyed* const done = std::get_if<obeyed>(&said)) {
    settle(done->number, done->how);
  }
}

void taker::give_up(const std::string& why) {
  if (standing_ == standing::ours) {
    metrics::log::write(metrics::log::level::info, "the Skein before this one has ended",
                        {{"pid", pid_.load()}, {"detail", why}});
  } else if (standing_ == standing::offered) {
    metrics::log::write(metrics::log::level::warn,
                        "the Skein before this one is gone: this one goes on",
                        {{"pid", pid_.load()}, {"error", why}});
  }
  if (standing_ != standing::refused) standing_ = standing::alone;
  talk_->close();
  for (auto& [number, each] : std::exchange(relayed_, {}))
    each.done(order_outcome::no_such_session);
  news_.ring_all();
}

void taker::drop_overdue() {
  const auto now = steady_clock::now();
  while (!relayed_.empty() && relayed_.begin()->second.until <= now) {
    settle(relayed_.begin()->first, order_outcome::failed);
  }
}

net::awaitable<> taker::say_all() {
  while (standing_ == standing::offered || standing_ == standing::ours) {
    drop_overdue();
    if (unsaid_.empty()) {
      const auto until = relayed_.empty() ? steady_clock::now() + std::chrono::hours(1)
                                          : relayed_.begin()->second.until;
      co_await news_.wait(until);
      continue;
    }
    const message word = std::move(unsaid_.front());
    unsaid_.pop_front();
    const auto told = co_await talk_->say(word, word_time);
    if (!told) co_return;  // who hears finds out why
  }
}

net::awaitable<> taker::stop() {
  if (talk_) talk_->close();
  news_.ring_all();
  co_await tasks_.join();
}

}  // namespace skein::handover
