// The rows of the console's tables, from what views, counters, sessions and pools know anyway: see
// console_desk.hpp. The order of their cells is that of console::columns_of.
#include <cmath>
#include <ctime>

#include "proxy/console_desk.hpp"
#include "proxy/router.hpp"
#include "proxy/statement_counts.hpp"
#include "proxy/worker.hpp"

namespace skein::proxy {

using console::cell;
using console::text;
using std::chrono::steady_clock;

namespace {

cell number(std::int64_t value) {
  return value;
}
cell number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

cell milliseconds(std::chrono::nanoseconds time) {
  return number(std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(time).count()});
}

cell moment(net::steady_time when) {
  const auto at =
      std::chrono::system_clock::now() -
      std::chrono::duration_cast<std::chrono::system_clock::duration>(steady_clock::now() - when);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts = {};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> out = {};
  std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S+00", &parts);
  return std::string(out.data());
}

cell server_number(const std::optional<std::uint32_t>& told) {
  return told ? number(std::uint64_t{*told}) : cell();
}

std::string_view name_of(pool_mode mode) {
  switch (mode) {
    case pool_mode::session:
      return "session";
    case pool_mode::transaction:
      return "transaction";
    case pool_mode::statement:
      break;
  }
  return "statement";
}

}  // namespace

console_desk::rows console_desk::clusters() const {
  rows found;
  for (std::size_t i = 0; i < settings_->clusters.size(); ++i) {
    const routing::cluster_view& now = *here_.home(i).now();
    const auto& cluster = settings_->clusters[i];
    found.push_back({cluster.name, std::string(cluster.database->name()), number(now.epoch),
                     now.leader ? text(now.members[*now.leader].name) : cell(), text(now.reason)});
  }
  return found;
}

console_desk::rows console_desk::members() const {
  rows found;
  for (std::size_t i = 0; i < settings_->clusters.size(); ++i) {
    for (const auto& each : here_.home(i).now()->members) {
      const bool leads = each.role == member_role::leader;
      const auto& last = each.last;
      const bool lags = each.reachable && !leads && last.lag_seconds;
      found.push_back(
          {settings_->clusters[i].name, each.name, to_string(each.address),
           each.reachable ? std::string(to_string(each.role)) : "out",
           text(leads ? last.written.text : last.applied.text),
           lags ? milliseconds(std::chrono::milliseconds(std::lround(*last.lag_seconds * 1000)))
                : cell(),
           each.reachable ? number(std::int64_t{last.round_trip.count()}) : cell(),
           text(last.server_version), text(each.reason)});
    }
  }
  return found;
}

// A line a member, and where none is known yet one for the cluster. Sessions are the cluster's.
console_desk::rows console_desk::pools(worker& core, std::size_t clusters) {
  rows found;
  for (std::size_t i = 0; i < clusters; ++i) {
    branch& home = core.home(i);
    const auto& cluster = home.cluster();
    const auto add = [&](const pool* of, cell member) {
      found.push_back({cluster.name, std::string(name_of(cluster.pool.mode)),
                       std::string(home.paused() ? "paused" : "serving"),
                       number(std::uint64_t{cluster.pool.size}),
                       number(std::uint64_t{of ? of->lent() : 0}),
                       number(std::uint64_t{of ? of->idle().size() : 0}),
                       number(std::uint64_t{of ? of->waiting() : 0}),
                       number(home.counters().sessions_active.value()), std::move(member)});
    };
    const auto& members = home.now()->members;
    for (std::size_t each = 0; each < members.size(); ++each) {
      add(home.pools().of(each).get(), text(members[each].name));
    }
    if (members.empty()) add(nullptr, cell());
  }
  return found;
}

// By cluster and member: a core may not have heard yet of one that others know.
console_desk::rows console_desk::sum_of(const std::vector<rows>& pools_of_cores) {
  constexpr std::size_t first_figure = 4;
  rows sums;
  for (const rows& core : pools_of_cores) {
    for (const console::row& each : core) {
      const auto known = std::ranges::find_if(sums, [&](const console::row& one) {
        return one.front() == each.front() && one.back() == each.back();
      });
      if (known == sums.end()) {
        sums.push_back(each);
        continue;
      }
      for (std::size_t i = first_figure; i + 1 < each.size(); ++i) {
        std::get<std::int64_t>((*known)[i]) += std::get<std::int64_t>(each[i]);
      }
    }
  }
  return sums;
}

console_desk::rows console_desk::sessions(worker& core) {
  rows found;
  for (const session* const each : core.sessions()) {
    const auto told = each->facts();
    if (!told) continue;
    found.push_back({number(each->number()), each->home().cluster().name, text(told->asked->user),
                     text(told->asked->database), text(told->client), text(told->application),
                     std::string(told->state), moment(told->began),
                     told->active ? milliseconds(*told->active) : cell(), text(told->member),
                     server_number(told->server), text(told->pin)});
  }
  return found;
}

console_desk::rows console_desk::pins(worker& core) {
  rows found;
  for (const session* const each : core.sessions()) {
    const auto told = each->facts();
    if (!told || told->pin.empty()) continue;
    found.push_back({number(each->number()), each->home().cluster().name, text(told->asked->user),
                     text(told->asked->database), text(told->client), text(told->member),
                     server_number(told->server), text(told->pin)});
  }
  return found;
}

console_desk::rows console_desk::servers(worker& core, std::size_t clusters) {
  rows found;
  const auto add = [&](const std::string& cluster, const server_connection& one,
                       const session* who) {
    found.push_back({cluster, text(one.member), number(std::uint64_t{one.cancels_by.id}),
                     text(one.who), text(one.database), std::string(who ? "lent" : "idle"),
                     who ? number(who->number()) : cell(),
                     who ? cell() : milliseconds(steady_clock::now() - one.idle_since),
                     number(one.epoch)});
  };
  for (const session* const each : core.sessions()) {
    if (const lease server = each->borrowed()) add(each->home().cluster().name, *server, each);
  }
  for (std::size_t i = 0; i < clusters; ++i) {
    for (const auto& member : core.home(i).pools().all()) {
      for (const lease& idle : member->idle()) add(core.home(i).cluster().name, *idle, nullptr);
    }
  }
  return found;
}

console_desk::rows console_desk::prepared(worker& core, std::size_t clusters) {
  rows found;
  for (std::size_t i = 0; i < clusters; ++i) {
    for (auto& each : core.home(i).memory().statements_kept(statement_text_max)) {
      found.push_back({core.home(i).cluster().name, number(std::uint64_t{core.core().number()}),
                       std::move(each.name), number(each.holders), text(each.text)});
    }
  }
  return found;
}

result<console::table> console_desk::explain_route(const console::command& asked) const {
  const auto which = clusters_called(asked.name);
  if (!which) return std::unexpected(which.error());
  console::table told{console::columns_of(asked.what)};
  for (const std::size_t each : *which) {
    branch& home = here_.home(each);
    const auto read = home.memory().explain(asked.in_database, asked.statement);
    if (!read) return std::unexpected(read.error());
    router way(home, {.user = asked.user, .database = read->database});
    way.want(read->wish);
    way.decide();
    const statement_facts* const facts = read->wish.facts.get();
    std::string tables;
    for (const auto& one : facts ? facts->relations : std::vector<std::string>())
      tables += (tables.empty() ? "" : ", ") + one;
    told.rows.push_back({home.cluster().name, text(read->database), text(way.explain()),
                         text(facts ? fingerprint_text(facts->fingerprint) : ""),
                         text(facts ? facts->form : ""), text(tables)});
  }
  return told;
}

}  // namespace skein::proxy
