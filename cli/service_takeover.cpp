// How this process takes another's place, and another this one's: what of the parts that takes, in
// which order. See service.hpp, and handover/ for what the two say to each other.
#include <unistd.h>

#include <csignal>

#include "cli/service.hpp"
#include "metrics/health.hpp"

namespace skein::cli {

namespace log = metrics::log;
using std::chrono::steady_clock;

namespace {

// For the members to be looked at and a leader to be known; the older one waits longer.
constexpr std::chrono::seconds readiness_time{20};
constexpr timespec look_every{0, 10'000'000};

handover::order_outcome outcome_of(const result<void>& how) {
  using handover::order_outcome;
  if (how) return order_outcome::done;
  if (how.error().kind == error_kind::lost) return order_outcome::no_such_session;
  return how.error().kind == error_kind::login ? order_outcome::not_the_users_own
                                               : order_outcome::failed;
}

result<void> result_of(handover::order_outcome how) {
  switch (how) {
    case handover::order_outcome::done:
      return {};
    case handover::order_outcome::no_such_session:
      return std::unexpected(proxy::no_such_session());
    case handover::order_outcome::not_the_users_own:
      return std::unexpected(proxy::not_the_users_own());
    case handover::order_outcome::failed:
      break;
  }
  return failure(error_kind::unavailable, fault::us,
                 "the Skein that still has this session could not cancel what it runs");
}

std::unexpected<std::string> taken_already(std::string what) {
  if (what.contains("another program listens")) {
    what += ". If that is Skein, `skein run --take-over` can take its place: see takeover.socket";
  }
  return std::unexpected(std::move(what));
}

}  // namespace

template <typename Function>
auto service::on_control(Function work) {
  std::promise<decltype(work())> told;
  auto coming = told.get_future();
  control_.post([&] { told.set_value(work()); });
  return coming.get();
}

// The first step: nothing is started yet but the control core.
std::expected<void, std::string> service::inherit() {
  auto asked = taker_.ask(*parts_.takeover);
  if (!asked) {
    return std::unexpected("the Skein at " + net::to_string(*parts_.takeover) +
                           " does not hand over: " + asked.error());
  }
  if (!*asked) {
    log::write(log::level::info, "no Skein runs there: nothing to take over",
               {{"socket", net::to_string(*parts_.takeover)}});
    return {};
  }
  inherited_ = sort_doors(std::move(**asked), parts_);
  proxy_.inherit(std::move(inherited_->proxy));
  proxy_.relay_cancels(
      {.cancels =
           [this](cancel_key key, std::function<void()> done) {
             taker_.relay(key.id, std::move(key.secret), std::move(done));
           },
       .orders =
           [this](proxy::session_order what, std::function<void(result<void>)> done) {
             auto told = [done = std::move(done)](handover::order_outcome how) {
               done(result_of(how));
             };
             taker_.relay({.id = what.id,
                           .for_good = what.for_good,
                           .cluster = std::move(what.cluster),
                           .user = std::move(what.user)},
                          std::move(told));
           }});
  return {};
}

std::expected<void, std::string> service::begin() {
  for (std::size_t i = 0; i < parts_.proxy.listeners.size(); ++i) {
    if (inherited_ && inherited_->listeners.contains(i)) continue;
    const auto& listener = parts_.proxy.listeners[i];
    if (auto free = net::acceptor::probe(listener.bind); !free) {
      return taken_already("listener \"" + listener.name + "\": " + free.error());
    }
  }
  const auto open_admin = [this] {
    return admin_.start(inherited_ ? std::move(inherited_->admin) : net::owned_handle(-1));
  };
  // The other one answers there until this one serves.
  if (!inherited_) {
    if (auto opened = on_control(open_admin); !opened) {
      return taken_already("admin: " + opened.error());
    }
  }
  if (auto opened = proxy_.start(!inherited_); !opened) return opened;
  for (auto& each : watches_) each->start();
  for (auto& each : agreements_) each->start();
  if (inherited_) {
    // Who leads may only be written to when somebody has vouched for it.
    for (auto& each : keepers_) {
      each->retire();
      each->start();
    }
    if (auto ready = await_readiness(); !ready) return ready;
    started_ = true;
    if (auto opened = on_control(open_admin); !opened) {
      return std::unexpected("admin: " + opened.error());
    }
    if (auto taken = take_place(); !taken) return taken;
  }
  started_ = true;
  for (auto& each : keepers_) inherited_ ? each->take_over() : each->start();
  const auto opened = start_giver();
  if (opened || !inherited_) return opened;
  // Clients come first: this one serves them already.
  log::write(log::level::warn, "no other Skein will be able to take over",
             {{"error", opened.error()}});
  return {};
}

bool service::sees_all_clusters() const {
  for (const auto& each : watches_) {
    const routing::view now = each->now();
    if (!now->observed) return false;
    if (inherited_->was_ready && (!now->leader || now->two_claimants)) return false;
  }
  return true;
}

// As ready as the other one is. Meanwhile that one serves, and it may end.
std::expected<void, std::string> service::await_readiness() {
  sigset_t stops;
  sigemptyset(&stops);
  for (const int each : {SIGINT, SIGTERM}) sigaddset(&stops, each);
  const auto until = steady_clock::now() + readiness_time;
  while (!sees_all_clusters() && taker_.stands() == handover::standing::offered) {
    if (steady_clock::now() > until) {
      return std::unexpected("not every cluster's leader was found in time: see the log");
    }
    if (::sigtimedwait(&stops, nullptr, &look_every) > 0) {
      return std::unexpected("stopped before it had taken over");
    }
  }
  if (taker_.stands() != handover::standing::refused) return {};
  return std::unexpected("the Skein that ran there goes on: " + taker_.why_refused());
}

std::expected<void, std::string> service::take_place() {
  proxy_.open_doors();
  if (const auto said = taker_.say_serving(inherited_->kept); !said) {
    return std::unexpected("the Skein that ran there goes on: " + said.error());
  }
  proxy_.keep_doors();
  log::write(log::level::info, "took over", {{"from", inherited_->from}});
  return {};
}

std::expected<void, std::string> service::start_giver() {
  if (!parts_.takeover) return {};
  const bool inherits = inherited_ && inherited_->takeover.get() >= 0;
  auto opened = on_control([&] {
    return inherits ? giver_.adopt(std::move(inherited_->takeover), *parts_.takeover)
                    : giver_.listen(*parts_.takeover);
  });
  if (!opened) return taken_already("takeover.socket: " + opened.error());
  control_.post([this] { giver_.serve(); });
  return {};
}

// A start has failed. What is the other one's stays so, and nobody in its queues is answered.
void service::give_back() {
  if (inherited_) proxy_.hand_on(inherited_->listeners);
  proxy_.stop_if_started();
  for (auto& each : keepers_) each->stop();
  for (auto& each : agreements_) each->stop();
  for (auto& each : watches_) each->stop();
  stop_control();
}

handover::giver_hooks service::make_giver_hooks() {
  return {
      .doors = [this] { return copy_doors(); },
      .ready =
          [this] {
            return metrics::answer(metrics::health_question::ready, health()).status == 200;
          },
      .generation =
          [this] {
            return static_cast<std::uint8_t>(
                proxy::session_table::generation_after(proxy_.generation()));
          },
      .taken = [this](const std::vector<handover::door>& kept) { hand_on(kept); },
      .cancel =
          [this](const handover::cancel& asked, std::function<void()> done) {
            proxy_.cancel({asked.id, asked.secret}, std::move(done));
          },
      .obey =
          [this](const handover::order& asked, std::function<void(handover::order_outcome)> done) {
            auto told = [done = std::move(done)](const result<void>& how) {
              done(outcome_of(how));
            };
            proxy_.obey({asked.id, asked.for_good, asked.cluster, asked.user}, std::move(told));
          },
      .clients = [this] { return proxy_.clients(); }};
}

handover::outcome<std::vector<handover::open_door>> service::copy_doors() {
  auto copies = proxy_.copy_doors();
  if (!copies) return std::unexpected("a core of Skein did not answer in time");
  std::vector<handover::open_door> all;
  for (proxy::passed_door& each : *copies) {
    all.push_back(
        {{handover::door_use::clients, net::to_string(parts_.proxy.listeners[each.listener].bind)},
         std::move(each.listening)});
  }
  all.push_back({{handover::door_use::admin, net::to_string(admin_.bind())}, admin_.copy_door()});
  return all;
}

// On the control core.
void service::hand_on(const std::vector<handover::door>& kept) {
  proxy_.hand_on(listeners_at(kept, parts_));
  const auto is_admin = [](const handover::door& each) {
    return each.use == handover::door_use::admin;
  };
  if (std::ranges::any_of(kept, is_admin)) admin_.let_go();
  for (auto& each : keepers_) each->retire();
  taken_ = true;
  ask_to_stop();
}

// By the signal that the main thread waits for; it would cut the drain short if it came twice.
void service::ask_to_stop() {
  if (!asked_to_stop_.exchange(true)) ::kill(::getpid(), SIGTERM);
}

// Cancels for the sessions of the process before this one come by way of this one. It has the same
// time to end, and began earlier.
void service::await_predecessor() {
  const auto until = steady_clock::now() + parts_.linger + parts_.proxy.drain;
  while (taker_.stands() == handover::standing::ours && steady_clock::now() < until &&
         !proxy_.hurried()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace skein::cli
