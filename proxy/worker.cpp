#include "proxy/worker.hpp"

#include "metrics/log.hpp"

namespace skein::proxy {

namespace log = metrics::log;

namespace {

// Of each listener, when it is closed: more than its queue has room for.
constexpr std::size_t late_clients_max = 8192;
// For a cancelled statement to end before its session does.
constexpr std::chrono::seconds cancel_time{1};

}  // namespace

worker::worker(unsigned number, settings_in_force settings, std::deque<member_budgets>& budgets,
               const worker_counters& counters, const user_lookups& lookups,
               const cluster_catalogs& defined, const cluster_inquiries& inquiries,
               admission& doors)
    : settings_(std::move(settings)),
      doors_(doors),
      core_(number),
      dial_(core_.where(), core_.wheel()),
      table_(number),
      cancels_{.by_key = [this](cancel_key key) { return route_cancel(std::move(key)); },
               .by_number = [this](session_order what) { return route_order(std::move(what)); }},
      console_(settings_, *this, all_),
      accepting_(core_.where()),
      living_(core_.where()),
      closing_(core_.where()) {
  for (std::size_t i = 0; i < settings_->clusters.size(); ++i) {
    branches_.push_back(std::make_unique<branch>(core_, dial_, cluster_of(settings_, i), budgets[i],
                                                 *counters[i], lookups[i].get(), defined[i].get(),
                                                 inquiries[i].get()));
  }
  note_listeners();
  const auto broken = [](const std::string& what) {
    log::write(log::level::error, "a task ended by an exception", {{"error", what}});
  };
  accepting_.on_exception = broken;
  living_.on_exception = broken;
  closing_.on_exception = broken;
}

// Sessions look at these whenever their clients sign in: they stay where they are.
void worker::note_listeners() {
  listeners_.resize(settings_->listeners.size());
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i] = listener_of(settings_, i);
}

std::expected<void, std::string> worker::listen(std::size_t listener, const net::endpoint& on) {
  auto opened = net::acceptor::listen(core_.where(), on);
  if (!opened) return std::unexpected(opened.error());
  doors_open_.emplace_back(listener, std::move(*opened));
  return {};
}

std::expected<void, std::string> worker::adopt(std::size_t listener, net::owned_handle listening) {
  auto taken = net::acceptor::adopt(core_.where(), std::move(listening),
                                    settings_->listeners[listener].bind);
  if (!taken) return std::unexpected(taken.error());
  doors_open_.emplace_back(listener, std::move(*taken));
  return {};
}

std::uint16_t worker::port(std::size_t listener) const {
  const auto found = std::ranges::find(doors_open_, listener, &door::listener);
  return found == doors_open_.end() ? 0 : found->at.port();
}

void worker::inherit(unsigned generation, relays elsewhere) {
  table_.set_generation(generation);
  elsewhere_ = std::move(elsewhere);
}

void worker::start(std::vector<worker*> all, bool open) {
  all_ = std::move(all);
  if (open) open_doors();
  core_.start("skein-core-" + std::to_string(core_.number()));
}

void worker::open_doors() {
  core_.post([this] {
    for (door& each : doors_open_) accepting_.spawn(accept(each));
  });
}

void worker::keep_doors() {
  core_.post([this] {
    for (door& each : doors_open_) each.at.keep_file();
  });
}

// So that another process can serve them too.
std::future<std::deque<passed_door>> worker::copy_doors() {
  std::promise<std::deque<passed_door>> told;
  auto coming = told.get_future();
  core_.post([this, told = std::move(told)]() mutable {
    std::deque<passed_door> copies;
    for (const door& each : doors_open_) copies.push_back({each.listener, each.at.duplicate()});
    told.set_value(std::move(copies));
  });
  return coming;
}

std::future<result<console::table>> worker::explain(console::command asked) {
  std::promise<result<console::table>> told;
  auto coming = told.get_future();
  core_.post([this, asked = std::move(asked), told = std::move(told)]() mutable {
    told.set_value(console_.explain_route(asked));
  });
  return coming;
}

net::awaitable<> worker::accept(door& from) {
  const std::size_t listener = from.listener;
  metrics::log::repeat_limit quiet(std::chrono::seconds(10));
  for (;;) {
    auto [failed, client] = co_await from.at.accept();
    if (failed == net::asio::error::operation_aborted) co_return;
    if (failed) {
      log::write_limited(
          quiet, log::level::error, "a client could not be accepted",
          {{"listener", settings_->listeners[listener].name}, {"error", failed.message()}});
      // Out of descriptors, as a rule: others must end first.
      net::timer pause(core_.where(), std::chrono::milliseconds(100));
      co_await pause.async_wait(net::use_result);
      continue;
    }
    living_.spawn(receive(std::move(client), listener));
  }
}

net::awaitable<> worker::receive(net::stream client, std::size_t listener) {
  const listener_in_force& how = listeners_[listener];
  branch& home = *branches_[how->cluster];
  home.counters().clients_accepted.add();
  session life(home, table_, doors_, how, cancels_, std::move(client), &console_);
  // Also when an exception ends the session.
  struct presence {
    presence(worker& at, session& who) : here(at), life(who) { here.sessions_.insert(&life); }
    ~presence() {
      here.doors_.clients.fetch_sub(1);
      here.sessions_.erase(&life);
    }
    worker& here;
    session& life;
  } const inside(*this, life);
  admit(life);
  co_await life.live();
}

// No coroutine: its temporaries would stay in memory for as long as the client does.
void worker::admit(session& life) {
  if (doors_.clients.fetch_add(1) >= doors_.most().in_all) {
    life.crowd_out({error_kind::limit,
                    fault::us,
                    {},
                    "Skein serves " + std::to_string(doors_.most().in_all) +
                        " clients already: try again later, or raise limits.clients",
                    {}});
  }
  if (draining_) {
    life.end(stopping());
  }
}

net::awaitable<> worker::route_cancel(cancel_key key) {
  const unsigned number = session_table::core_of(key.id);
  const bool ours = session_table::generation_of(key.id) == table_.generation();
  if (ours ? number >= all_.size() : !elsewhere_.cancels) co_return;
  const auto over = std::make_shared<net::bell>(core_.where());
  auto done = [this, over] { core_.post([over] { over->ring_all(); }); };
  if (ours) {
    worker& target = *all_[number];
    target.core_.post([&target, key = std::move(key), done = std::move(done)]() mutable {
      target.living_.spawn(target.cancel_here(std::move(key), std::move(done)));
    });
  } else {
    elsewhere_.cancels(std::move(key), std::move(done));
  }
  // The server is given its own time to take the cancel; this is the end of all patience.
  co_await over->wait(std::chrono::steady_clock::now() + std::chrono::seconds(20));
}

net::awaitable<> worker::cancel_here(cancel_key key, std::function<void()> done) {
  if (session* found = table_.find(key)) co_await found->cancel_running();
  done();
}

// What came to another process, and not to a listener of ours.
void worker::cancel(cancel_key key, std::function<void()> done) {
  core_.post([this, key = std::move(key), done = std::move(done)]() mutable {
    living_.spawn(answer_cancel(std::move(key), std::move(done)));
  });
}

net::awaitable<> worker::answer_cancel(cancel_key key, std::function<void()> done) {
  co_await route_cancel(std::move(key));
  done();
}

session* worker::numbered(std::uint64_t number) const {
  for (session* const each : sessions_) {
    if (each->number() == number) return each;
  }
  return nullptr;
}

bool worker::end_session(std::uint64_t number, error why) {
  const bool here = numbered(number) != nullptr;
  if (here) living_.spawn(strike(number, std::move(why)));
  return here;
}

// The server's word on the cancel comes first, as a rule: else the outcome would be in doubt.
net::awaitable<> worker::strike(std::uint64_t number, error why) {
  if (session* const found = numbered(number)) co_await found->cancel_running();
  const auto until = std::chrono::steady_clock::now() + cancel_time;
  while (std::chrono::steady_clock::now() < until) {
    const session* const found = numbered(number);
    if (!found || !found->busy()) break;
    net::timer pause(core_.where(), std::chrono::milliseconds(5));
    co_await pause.async_wait(net::use_result);
  }
  if (session* const found = numbered(number)) found->end(std::move(why));
}

void worker::see(std::size_t cluster, routing::view view) {
  core_.post([this, cluster, view = std::move(view)]() mutable {
    const routing::view before = branches_[cluster]->now();
    const bool settled =
        before->epoch == view->epoch && before->two_claimants == view->two_claimants;
    branches_[cluster]->see(std::move(view));
    if (settled) return;  // as a rule: several views a second, and nothing in them for a session
    for (session* each : sessions_) each->check_epoch();
  });
}

void worker::pass(std::function<void()> then) {
  core_.post(std::move(then));
}

std::future<void> worker::adopt(settings_in_force next) {
  std::promise<void> told;
  auto coming = told.get_future();
  core_.post([this, next = std::move(next), told = std::move(told)]() mutable {
    settings_ = std::move(next);
    note_listeners();
    std::set<const branch*> other_times;
    for (std::size_t i = 0; i < branches_.size(); ++i) {
      if (branches_[i]->adopt(cluster_of(settings_, i))) other_times.insert(branches_[i].get());
    }
    for (session* each : sessions_) each->heed_settings(other_times.contains(&each->home()));
    told.set_value();
  });
  return coming;
}

error worker::stopping() {
  return {error_kind::shutdown, fault::us, {}, "Skein is stopping: connect again", {}};
}

// Who stands in the kernel's queue has connected already, as it sees it: it is told why not, unless
// another process serves the same queue.
void worker::stop_accepting(passed_on others) {
  core_.post([this, others = std::move(others)] {
    draining_ = true;
    for (door& each : doors_open_) {
      if (others.contains(each.listener)) each.at.let_go();
      for (std::size_t left = late_clients_max; left > 0; --left) {
        auto [failed, client] = each.at.accept_now();
        if (failed) break;
        living_.spawn(receive(std::move(client), each.listener));
      }
      each.at.close();
    }
  });
}

void worker::drain() {
  core_.post([this] {
    for (session* each : sessions_) each->drain(stopping());
  });
}

void worker::end_all() {
  core_.post([this] {
    for (session* each : sessions_) each->end(stopping());
  });
}

net::awaitable<> worker::join_all() {
  co_await accepting_.join();
  co_await living_.join();
}

net::awaitable<> worker::tell_when_quiet(std::promise<void> told) {
  co_await join_all();
  told.set_value();
}

std::future<void> worker::quiet() {
  std::promise<void> told;
  auto coming = told.get_future();
  core_.post([this, told = std::move(told)]() mutable {
    closing_.spawn(tell_when_quiet(std::move(told)));
  });
  return coming;
}

net::awaitable<> worker::settle() {
  co_await join_all();
  for (auto& each : branches_) co_await each->close();
}

void worker::finish() {
  core_.post([this] { closing_.spawn(settle()); });
  core_.finish(closing_);
}

}  // namespace skein::proxy
