#include "cli/service.hpp"

#include <sys/resource.h>

#include <csignal>

#include "cli/explain_page.hpp"
#include "cli/status_page.hpp"
#include "cli/version.hpp"

namespace skein::cli {

namespace log = metrics::log;

service::service(parts with, settings_source from)
    : parts_(std::move(with)),
      proxy_(with_calls(parts_.proxy)),
      exporter_(make_exporter()),
      control_(0),
      admin_(control_.where(), control_.wheel(), parts_.admin, make_routes()),
      giver_(control_, make_giver_hooks()),
      taker_(control_),
      tasks_(control_.where()),
      reloads_(std::move(from), [this](parts next) { adopt(std::move(next)); }) {
  shortfalls_.resize(parts_.watches.size());
  for (std::size_t i = 0; i < parts_.watches.size(); ++i) {
    watches_.push_back(std::make_unique<cluster::watch>(
        parts_.watches[i], *parts_.proxy.clusters[i].database, [this, i](const routing::view& now) {
          proxy_.see(i, now);
          shortfalls_[i].see(*now, [&] { return acknowledged_short(proxy_.counters(i)); });
        }));
    agreements_.push_back(std::make_unique<cluster::agreement>(
        parts_.councils[i], parts_.watches[i].members, *watches_[i],
        [this](std::function<void()> then) { proxy_.pass(std::move(then)); }));
    keepers_.push_back(std::make_unique<cluster::keeper>(
        parts_.keepers[i], *parts_.proxy.clusters[i].database, *watches_[i], *agreements_[i]));
    for (auto& counters : proxy_.counters(i)) {
      exporter_.watch(parts_.proxy.clusters[i].name, std::move(counters));
    }
  }
}

proxy::proxy_settings service::with_calls(proxy::proxy_settings settings) {
  for (std::size_t i = 0; i < settings.clusters.size(); ++i)
    settings.clusters[i].look_often = [this, i] { watches_[i]->hurry(); };
  settings.console.drain = [this] { ask_to_stop(); };
  settings.console.reload = [this](reloads::teller tell) {
    reloads_.ask("the console", std::move(tell));
  };
  return settings;
}

namespace {

// Each client needs a descriptor and as a rule so does its server connection. Raises the soft limit
// as far as the system lets us, and says so if that is too little.
void raise_descriptor_limit(const parts& of) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  std::size_t wanted = of.proxy.clients.in_all + 100;
  for (std::size_t i = 0; i < of.watches.size(); ++i) {
    wanted += of.proxy.clusters[i].pool.size * of.watches[i].members.size();
  }
  if (limit.rlim_cur >= wanted) return;
  log::write(log::level::warn,
             "too few descriptors for limits.clients and the pools: raise the hard limit "
             "(ulimit -Hn, LimitNOFILE), or lower them",
             {{"descriptors", limit.rlim_cur}, {"wanted", wanted}});
}

}  // namespace

std::expected<void, std::string> service::start(bool take_over) {
  raise_descriptor_limit(parts_);
  // Signals are taken by await_signal alone; every thread started from here on inherits the mask.
  sigset_t all;
  sigemptyset(&all);
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&all, each);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  control_.start("skein-control");
  std::expected<void, std::string> begun;
  if (take_over) begun = inherit();
  if (begun) begun = begin();
  if (!begun) {
    give_back();
    return begun;
  }
  reloads_.start();
  for (std::size_t i = 0; i < parts_.proxy.listeners.size(); ++i) {
    const auto& listener = parts_.proxy.listeners[i];
    net::endpoint on = listener.bind;
    on.port = proxy_.port(i);
    log::write(log::level::info, "listening",
               {{"listener", listener.name},
                {"bind", net::to_string(on)},
                {"cluster", parts_.proxy.clusters[listener.cluster].name}});
  }
  log::write(log::level::info, "skein is up",
             {{"version", version}, {"threads", parts_.proxy.cores}, {"admin", admin_.port()}});
  return {};
}

void service::serve() {
  await_signal();
  asked_to_stop_ = true;
  stop();
}

void service::await_signal() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, each);
  for (;;) {
    int received = 0;
    sigwait(&wanted, &received);
    if (received != SIGHUP) return;
    reloads_.ask("SIGHUP", [](const proxy::reload_answer&) {});
  }
}

// All that could fail has been done. `parts_` stays what Skein was started with.
void service::adopt(parts next) {
  metrics::log::configure(next.log);
  raise_descriptor_limit(next);
  proxy_.adopt(with_calls(std::move(next.proxy)));
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    // What it knows of an election under way is not to be lost for another section's sake.
    const auto members = next.watches[i].members;
    const bool anew = agreements_[i]->differs(next.councils[i], members);
    const bool other = anew || keepers_[i]->differs(next.keepers[i]);
    if (other) keepers_[i]->stop();
    if (anew) agreements_[i]->stop();
    watches_[i]->adopt(std::move(next.watches[i]));
    if (anew) agreements_[i]->adopt(std::move(next.councils[i]), members);
    if (other) keepers_[i]->adopt(std::move(next.keepers[i]));
  }
  control_.post([this, tls = std::move(next.admin.tls), token = std::move(next.admin_token)] {
    admin_.adopt(tls, token);
  });
}

void service::stop() {
  stopping_ = true;
  reloads_.stop();
  log::write(log::level::info,
             taken_ ? "another Skein serves: waiting for clients to leave" : "stopping",
             {{"clients", proxy_.clients()}});
  // A second signal ends the drain, one before it begins it; the thread that waits for them ends by
  // a signal of our own.
  std::atomic<bool> over{false};
  std::thread impatience([this, &over] {
    do await_signal();
    while (!over && proxy_.end_linger());
    if (!over) proxy_.hurry();
  });
  if (!taken_) control_.post([this] { giver_.close(); });
  // Others may decide while clients leave here.
  for (std::size_t i = 0; i < keepers_.size(); ++i)
    if (!agreements_[i]->alone()) keepers_[i]->retire();
  if (taken_) proxy_.linger(parts_.linger);
  proxy_.stop([](std::size_t left) {
    log::write(log::level::info, "waiting for clients to finish", {{"clients", left}});
  });
  if (taken_) await_predecessor();
  over = true;
  pthread_kill(impatience.native_handle(), SIGTERM);
  impatience.join();
  for (auto& each : keepers_) each->stop();
  for (auto& each : agreements_) each->stop();
  for (auto& each : watches_) each->stop();
  stop_control();
  log::write(log::level::info, "stopped");
}

void service::stop_control() {
  control_.post([this] { tasks_.spawn(stop_on_control()); });
  control_.finish(tasks_);
}

net::awaitable<> service::stop_on_control() {
  co_await giver_.stop();
  co_await taker_.stop();
  co_await admin_.stop();
}

metrics::health_facts service::health() const {
  metrics::health_facts facts{started_, stopping_, {}};
  for (const auto& watch : watches_) {
    const routing::view now = watch->now();
    metrics::cluster_health one{now->cluster, now->leader.has_value(), now->two_claimants};
    for (const auto& member : now->members) {
      if (member.role == member_role::follower) ++one.followers_usable;
    }
    facts.started = facts.started && now->observed;
    facts.clusters.push_back(std::move(one));
  }
  return facts;
}

metrics::routes service::make_routes() {
  using metrics::http_request;
  using metrics::http_response;
  metrics::routes paths(parts_.admin_token);
  const auto health_path = [&](const char* path, metrics::health_question asked,
                               metrics::access who) {
    paths.add(
        "GET", path,
        [this, asked](const http_request& request) {
          const auto said = metrics::answer(asked, health(), request.parameter("cluster"));
          return http_response{said.status, said.sentence + "\n"};
        },
        who);
  };
  health_path("/health", metrics::health_question::alive, metrics::access::open);
  health_path("/ready", metrics::health_question::ready, metrics::access::open);
  health_path("/leader", metrics::health_question::leader, metrics::access::token);
  health_path("/followers", metrics::health_question::followers, metrics::access::token);
  paths.add("GET", "/metrics", [this](const http_request&) {
    return http_response{200, exporter_.text(), std::string(metrics::exporter::content_type)};
  });
  const auto gather = [this] {
    auto facts = gather_status(proxy_, watches_, started_at_, stopping_);
    facts.before = taker_.before_us();
    for (std::size_t i = 0; i < keepers_.size(); ++i) {
      const cluster::decision last = keepers_[i]->last();
      if (last.what != cluster::step::rest || last.remarks) facts.clusters[i].lead = last.why;
      facts.clusters[i].together = agreements_[i]->in_words();
    }
    return facts;
  };
  paths.add("GET", "/status", [gather](const http_request&) {
    const status_facts facts = gather();
    return http_response{facts.healthy() ? 200U : 503U, status_text(facts)};
  });
  paths.add("GET", "/status.json", [gather](const http_request&) {
    const status_facts facts = gather();
    return http_response{facts.healthy() ? 200U : 503U, status_json(facts), "application/json"};
  });
  // For `skein rejoin`: a name and no more.
  paths.add("GET", "/leader.name", [this](const http_request& request) {
    const auto asked = request.parameter("cluster");
    for (const auto& each : watches_) {
      const routing::view now = each->now();
      if (asked && *asked != now->cluster) continue;
      if (now->leader) return http_response{200, now->members[*now->leader].name + "\n"};
      return http_response{503, "cluster " + now->cluster + " has no leader\n"};
    }
    return http_response{404, "there is no such cluster\n"};
  });
  for (const bool json : {false, true}) {
    paths.add("POST", json ? "/explain.json" : "/explain",
              [this, json](const http_request& asked) { return explain(asked, json); });
  }
  add_order_routes(paths);
  return paths;
}

metrics::http_response service::explain(const metrics::http_request& request, bool for_machines) {
  const auto named = [&](std::string_view name) {
    return std::string(request.parameter(name).value_or(""));
  };
  if (request.body.empty()) return {400, "send the statement as the request's body\n"};
  const auto told = proxy_.explain({.what = console::verb::explain_route,
                                    .name = named("cluster"),
                                    .statement = request.body,
                                    .in_database = named("database"),
                                    .user = named("user")});
  if (!told)
    return {told.error().whose == fault::client ? 400U : 503U, told.error().text_for_client + "\n"};
  if (for_machines) return {200, explain_json(*told), "application/json"};
  return {200, explain_text(*told)};
}

metrics::exporter_settings service::make_exporter() {
  metrics::exporter_settings how;
  how.version = version;
  for (std::size_t kind = 0; kind < error_kind_count; ++kind) {
    how.error_kinds.emplace_back(to_string(static_cast<error_kind>(kind)));
  }
  how.members = [this] {
    std::vector<metrics::member_sample> all;
    for (const auto& watch : watches_) sample_members(*watch->now(), all, watch->orphans());
    return all;
  };
  how.reloads = [this] { return reloads_.so_far(); };
  how.clusters = [this] {
    std::vector<metrics::cluster_sample> all;
    all.reserve(watches_.size());
    for (std::size_t i = 0; i < watches_.size(); ++i) {
      all.push_back(sample_cluster(*watches_[i]->now()));
      const auto stands = agreements_[i]->now();
      all.back().decides = decides(*agreements_[i], stands);
      if (agreements_[i]->alone()) continue;
      all.back().agrees = stands.told.trouble.empty() && !stands.told.present.empty();
      all.back().skeins = stands.told.present.size();
    }
    return all;
  };
  return how;
}

}  // namespace skein::cli
