#include "proxy/console_desk.hpp"

#include "metrics/log.hpp"
#include "net/bell.hpp"
#include "proxy/worker.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using console::table;
using console::verb;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds core_time{5};  // for a core to answer
constexpr std::chrono::milliseconds pause_look{10};
constexpr std::chrono::seconds reload_time{60};

struct pause_state {
  bool paused = true;
  std::size_t running = 0;
};

}  // namespace

console_desk::console_desk(const settings_in_force& settings, worker& here,
                           const std::vector<worker*>& all)
    : settings_(settings), here_(here), all_(all) {}

// The number tells the core, and is not used again.
std::uint64_t console_desk::next_number() {
  return numbered_++ * settings_->cores + here_.core().number() + 1;
}

net::awaitable<result<table>> console_desk::answer(console::command asked, const std::string& who,
                                                   const bool& called_off) {
  if (asked.what == verb::nothing) co_return table{};
  const bool acts = asked.what == verb::pause || asked.what == verb::resume ||
                    asked.what == verb::kill || asked.what == verb::reload;
  if (!acts) co_return co_await show(asked.what);
  log::write(
      log::level::info, "console",
      {{"user", who}, {"command", asked.tag}, {"cluster", asked.name}, {"session", asked.session}});
  if (asked.what == verb::kill) co_return co_await kill(asked.session, who);
  if (asked.what == verb::reload) co_return co_await reload();
  auto which = clusters_called(asked.name);
  if (!which) co_return std::unexpected(std::move(which.error()));
  if (asked.what == verb::pause) co_return co_await pause(std::move(*which), called_off);
  const auto done = co_await set_paused(std::move(*which), false);
  if (!done) co_return std::unexpected(done.error());
  co_return table{};
}

net::awaitable<result<table>> console_desk::show(verb what) {
  table told{console::columns_of(what)};
  const std::size_t clusters = settings_->clusters.size();
  std::function<rows(worker&)> look;
  switch (what) {
    case verb::show_clusters:
      told.rows = this->clusters();
      break;
    case verb::show_members:
      told.rows = members();
      break;
    case verb::show_pools:
      told.rows = pools();
      break;
    case verb::show_settings:
      told.rows = settings_told();
      break;
    case verb::show_version:
      told.rows.push_back({"skein " + version()});
      break;
    case verb::show_sessions:
      look = sessions;
      break;
    case verb::show_pins:
      look = pins;
      break;
    case verb::show_servers:
      look = [clusters](worker& core) { return servers(core, clusters); };
      break;
    case verb::show_statements:
      look = [clusters](worker& core) { return statements(core, clusters); };
      break;
    default:
      co_return console::help();
  }
  if (!look) co_return told;
  auto parts = co_await on_every_core<rows>(std::move(look));
  if (!parts) co_return std::unexpected(std::move(parts.error()));
  for (rows& part : *parts) std::ranges::move(part, std::back_inserter(told.rows));
  std::ranges::sort(told.rows);
  co_return told;
}

result<std::vector<std::size_t>> console_desk::clusters_called(const std::string& name) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < settings_->clusters.size(); ++i) {
    if (name.empty() || settings_->clusters[i].name == name) found.push_back(i);
  }
  if (!found.empty()) return found;
  return failure(error_kind::unsupported, fault::client,
                 "there is no cluster \"" + name + "\": SHOW CLUSTERS lists them");
}

net::awaitable<result<void>> console_desk::set_paused(std::vector<std::size_t> which, bool on) {
  // Named, as all that is not trivial in an await: GCC 12 would destroy it twice.
  std::function<bool(worker&)> mark = [which = std::move(which), on](worker& core) {
    for (const std::size_t each : which) core.home(each).pause(on);
    for (session* const each : core.sessions()) each->hold_at_rest(each->home().paused());
    return true;
  };
  const auto done = co_await on_every_core<bool>(std::move(mark));
  if (!done) co_return std::unexpected(done.error());
  co_return result<void>{};
}

net::awaitable<result<table>> console_desk::pause(std::vector<std::size_t> which,
                                                  const bool& called_off) {
  const auto begun = co_await set_paused(which, true);
  if (!begun) co_return std::unexpected(begun.error());
  const std::function<pause_state(worker&)> look = [which](worker& core) {
    pause_state now;
    for (const std::size_t each : which) now.paused = now.paused && core.home(each).paused();
    for (const session* const each : core.sessions()) {
      const auto is_home = [&](std::size_t one) { return &core.home(one) == &each->home(); };
      if (each->runs() && std::ranges::any_of(which, is_home)) ++now.running;
    }
    return now;
  };
  for (;;) {
    const auto cores = co_await on_every_core<pause_state>(look);
    if (!cores) co_return std::unexpected(cores.error());
    pause_state all;
    for (const pause_state& each : *cores) {
      all.paused = all.paused && each.paused;
      all.running += each.running;
    }
    if (!all.paused)
      co_return failure(error_kind::unsupported, fault::client,
                        "RESUME was said before all transactions had ended");
    if (all.running == 0) co_return table{};
    if (called_off) break;
    net::timer rest(here_.core().where(), pause_look);
    co_await rest.async_wait(net::use_result);
  }
  const auto undone = co_await set_paused(which, false);
  if (!undone) co_return std::unexpected(undone.error());
  co_return failure(error_kind::timeout, fault::us,
                    "PAUSE was given up before all transactions had ended: all go on");
}

net::awaitable<result<table>> console_desk::kill(std::uint64_t number, const std::string& who) {
  const error why{error_kind::shutdown,
                  fault::us,
                  {},
                  "this session was ended at Skein's console by user \"" + who + "\"",
                  {}};
  std::function<bool(worker&)> strike = [number, why](worker& core) {
    return core.end_session(number, why);
  };
  const auto found = co_await on_every_core<bool>(std::move(strike));
  if (!found) co_return std::unexpected(found.error());
  if (std::ranges::find(*found, true) != found->end()) co_return table{};
  co_return failure(error_kind::unsupported, fault::client,
                    "there is no session " + std::to_string(number) + ": SHOW SESSIONS lists them");
}

// Another thread reads the file; it is not called back once it has begun.
net::awaitable<result<table>> console_desk::reload() {
  struct hearing {
    explicit hearing(net::executor where) : over(where) {}
    net::bell over;
    std::optional<reload_answer> told = {};
  };
  if (!settings_->console.reload)
    co_return failure(error_kind::unsupported, fault::us, "there is no file to read anew");
  const auto heard = std::make_shared<hearing>(here_.core().where());
  settings_->console.reload([heard, &core = here_.core()](reload_answer said) {
    core.post([heard, said = std::move(said)]() mutable {
      heard->told = std::move(said);
      heard->over.ring_all();
    });
  });
  const auto until = steady_clock::now() + reload_time;
  while (!heard->told) {
    if (co_await heard->over.wait(until)) continue;
    co_return failure(error_kind::timeout, fault::us,
                      "the reload takes long: Skein's log will say how it ends");
  }
  if (!*heard->told) co_return std::unexpected(std::move(heard->told->error()));
  table told{console::columns_of(verb::reload)};
  for (const auto& [key, change] : **heard->told)
    told.rows.push_back({console::text(key), console::text(change)});
  co_return told;
}

template <typename T>
net::awaitable<result<std::vector<T>>> console_desk::on_every_core(std::function<T(worker&)> look) {
  struct gathering {
    explicit gathering(net::executor where) : over(where) {}
    net::bell over;
    std::vector<T> got = {};
  };
  const auto all = std::make_shared<gathering>(here_.core().where());
  worker& here = here_;
  // By way of the first core: so each core hears of a PAUSE and a RESUME in the same order.
  all_.front()->core().post([&here, all, look = std::move(look), cores = all_] {
    for (worker* const each : cores) {
      each->core().post([&here, all, look, each, count = cores.size()] {
        here.core().post([all, count, told = look(*each)]() mutable {
          all->got.push_back(std::move(told));
          if (all->got.size() == count) all->over.ring_all();
        });
      });
    }
  });
  const auto until = steady_clock::now() + core_time;
  while (all->got.size() < all_.size()) {
    if (co_await all->over.wait(until)) continue;
    co_return failure(error_kind::timeout, fault::us, "a core of Skein did not answer in time");
  }
  co_return std::move(all->got);
}

}  // namespace skein::proxy
