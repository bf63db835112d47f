#include "proxy/console_desk.hpp"

#include "metrics/log.hpp"
#include "net/bell.hpp"
#include "proxy/statement_counts.hpp"
#include "proxy/worker.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using console::table;
using console::verb;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds core_time{5};  // for a core to answer
// How often a PAUSE looks at all sessions: more and more seldom.
constexpr std::chrono::milliseconds pause_look_first{10};
constexpr std::chrono::milliseconds pause_look_last{200};
constexpr std::chrono::seconds reload_time{60};  // for the other thread to read and apply

struct pause_state {
  bool paused = true;
  std::size_t running = 0;
  std::size_t pinned = 0;  // have a server, also at rest
};

std::string warning_of(std::size_t pinned) {
  if (pinned == 0) return {};
  return std::to_string(pinned) + (pinned == 1 ? " session keeps its" : " sessions keep their") +
         " server connection while paused, and will end if that does: see SHOW PINS";
}

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
  if (asked.what == verb::explain_route) co_return explain_route(asked);
  if (asked.what == verb::show_statements) co_return co_await statements();
  const bool acts = asked.what == verb::pause || asked.what == verb::resume ||
                    asked.what == verb::kill || asked.what == verb::drain ||
                    asked.what == verb::reload;
  if (!acts) co_return co_await show(asked.what);
  log::write(
      log::level::info, "console",
      {{"by", who}, {"command", asked.tag}, {"cluster", asked.name}, {"session", asked.session}});
  if (asked.what == verb::drain) co_return drain();
  if (asked.what == verb::kill) co_return co_await kill(asked.session, who);
  if (asked.what == verb::reload) co_return co_await reload();
  auto which = clusters_called(asked.name);
  if (!which) co_return std::unexpected(std::move(which.error()));
  if (asked.what == verb::pause) co_return co_await pause(std::move(*which), called_off);
  const std::function<void(branch&)> resume = [](branch& one) { one.resume(); };
  const auto done = co_await on_branches(std::move(*which), resume);
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
      look = [clusters](worker& core) { return pools(core, clusters); };
      break;
    case verb::show_settings:
      told.rows = settings_told();
      break;
    case verb::show_version:
      told.rows.push_back({"skein " + version()});
      break;
    case verb::show_isolation:
      told.rows.push_back({"read committed"});
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
    case verb::show_prepared:
      look = [clusters](worker& core) { return prepared(core, clusters); };
      break;
    default:
      co_return console::help();
  }
  if (!look) co_return told;
  auto parts = co_await on_every_core<rows>(std::move(look));
  if (!parts) co_return std::unexpected(std::move(parts.error()));
  if (what == verb::show_pools) {
    told.rows = sum_of(*parts);
    co_return told;
  }
  for (rows& part : *parts) std::ranges::move(part, std::back_inserter(told.rows));
  std::ranges::sort(told.rows);
  co_return told;
}

net::awaitable<result<table>> console_desk::statements() {
  using counts = std::vector<statement_count>;
  std::function<counts(worker&)> look = [clusters = settings_->clusters.size()](worker& core) {
    counts found;
    for (std::size_t i = 0; i < clusters; ++i)
      std::ranges::move(statement_counts::of(core.home(i), i), std::back_inserter(found));
    return found;
  };
  auto parts = co_await on_every_core<counts>(std::move(look));
  if (!parts) co_return std::unexpected(std::move(parts.error()));
  statement_counts all;
  for (counts& part : *parts) all.add(std::move(part));
  co_return std::move(all).told(settings_->clusters);
}

result<std::vector<std::size_t>> console_desk::clusters_called(const std::string& name) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < settings_->clusters.size(); ++i) {
    if (name.empty() || settings_->clusters[i].name == name) found.push_back(i);
  }
  if (!found.empty()) return found;
  std::string all;
  for (const auto& each : settings_->clusters) all += (all.empty() ? "" : ", ") + each.name;
  return failure(error_kind::unsupported, fault::client,
                 "there is no cluster \"" + name + "\"; there are: " + all);
}

net::awaitable<result<void>> console_desk::on_branches(std::vector<std::size_t> which,
                                                       std::function<void(branch&)> change) {
  // Named, as all that is not trivial in an await: GCC 12 would destroy it twice.
  std::function<bool(worker&)> mark = [which = std::move(which), change](worker& core) {
    for (const std::size_t each : which) change(core.home(each));
    for (session* const each : core.sessions()) each->hold_at_rest(each->home().paused());
    return true;
  };
  const auto done = co_await on_every_core<bool>(std::move(mark));
  if (!done) co_return std::unexpected(done.error());
  co_return result<void>{};
}

// What fails is undone, but for clusters that another PAUSE has paused.
net::awaitable<result<table>> console_desk::pause(std::vector<std::size_t> which,
                                                  const bool& called_off) {
  const std::uint64_t mine = next_number();
  const std::function<void(branch&)> begin = [mine](branch& one) { one.pause(mine); };
  const auto begun = co_await on_branches(which, begin);
  result<std::size_t> pinned;
  if (begun) {
    pinned = co_await await_rest(which, called_off);
  } else {
    pinned = std::unexpected(begun.error());
  }
  if (pinned) co_return table{.notice = warning_of(*pinned)};
  const std::function<void(branch&)> undo = [mine](branch& one) {
    if (one.paused_by() == mine) one.resume();
  };
  const auto undone = co_await on_branches(which, undo);
  error why = pinned.error();
  why.text_for_client +=
      undone ? "; the PAUSE is undone" : "; the PAUSE will be undone once all cores answer again";
  std::string left;
  for (const std::size_t each : which) {
    const std::uint64_t by = here_.home(each).paused_by();
    if (by != 0 && by != mine)
      left += (left.empty() ? "\"" : ", \"") + settings_->clusters[each].name + "\"";
  }
  if (!left.empty()) why.text_for_client += ", but by another PAUSE still paused: " + left;
  co_return std::unexpected(std::move(why));
}

// How many sessions keep their servers, once none runs.
net::awaitable<result<std::size_t>> console_desk::await_rest(std::vector<std::size_t> which,
                                                             const bool& called_off) {
  const std::function<pause_state(worker&)> look = [which](worker& core) {
    pause_state now;
    for (const std::size_t each : which) now.paused = now.paused && core.home(each).paused();
    for (const session* const each : core.sessions()) {
      const auto is_home = [&](std::size_t one) { return &core.home(one) == &each->home(); };
      if (!std::ranges::any_of(which, is_home)) continue;
      now.running += each->runs();
      now.pinned += each->borrowed() != nullptr;
    }
    return now;
  };
  for (auto breath = pause_look_first;; breath = std::min(breath * 2, pause_look_last)) {
    const auto cores = co_await on_every_core<pause_state>(look);
    if (!cores) co_return std::unexpected(cores.error());
    pause_state all;
    for (const pause_state& each : *cores) {
      all.paused = all.paused && each.paused;
      all.running += each.running;
      all.pinned += each.pinned;
    }
    if (!all.paused) {
      co_return failure(error_kind::unsupported, fault::client,
                        "RESUME was said before PAUSE had seen all transactions end");
    }
    if (all.running == 0) co_return all.pinned;
    if (called_off) {
      co_return failure(error_kind::timeout, fault::us,
                        "PAUSE was given up before all transactions had ended");
    }
    net::timer rest(here_.core().where(), breath);
    co_await rest.async_wait(net::use_result);
  }
}

net::awaitable<result<table>> console_desk::kill(std::uint64_t number, const std::string& who) {
  const error why{error_kind::shutdown,
                  fault::us,
                  {},
                  "this session was ended at Skein's console by " + who,
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

result<table> console_desk::drain() const {
  if (!settings_->console.drain) {
    return failure(error_kind::unsupported, fault::us, "this Skein cannot be drained from here");
  }
  settings_->console.drain();
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(settings_->drain).count();
  table told{console::columns_of(verb::drain)};
  told.rows.push_back({"Skein stops: no new clients; who runs a transaction may finish it, for " +
                       std::to_string(seconds) + " s at most"});
  return told;
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
