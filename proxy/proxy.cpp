#include "proxy/proxy.hpp"

namespace skein::proxy {

namespace {

std::unique_ptr<user_lookup> make_lookup(const cluster_settings& cluster) {
  if (!cluster.auth_query) return nullptr;
  const auto& how = *cluster.auth_query;
  return std::make_unique<user_lookup>(
      lookup_settings{
          .cluster = cluster.name, .cache = {.keep = how.keep}, .patience = cluster.pool.wait},
      [database = cluster.database, how = how.directory](const member_address& at) {
        auto there = how;
        there.address = at;
        return database->open_directory(there);
      });
}

}  // namespace

proxy::proxy(proxy_settings settings) : settings_(std::move(settings)), doors_(settings_.clients) {
  for (const auto& cluster : settings_.clusters) {
    budgets_.emplace_back(cluster.pool.size, cluster.pool.logins);
    lookups_.push_back(make_lookup(cluster));
  }
  for (unsigned core = 0; core < settings_.cores; ++core) {
    auto& mine = counters_.emplace_back();
    for (std::size_t i = 0; i < settings_.clusters.size(); ++i) {
      mine.push_back(std::make_shared<metrics::core_counters>());
    }
  }
  for (unsigned core = 0; core < settings_.cores; ++core) {
    workers_.push_back(
        std::make_unique<worker>(core, settings_, budgets_, counters_[core], lookups_, doors_));
  }
}

proxy::~proxy() {
  if (started_) stop([](std::size_t) {});
}

std::expected<void, std::string> proxy::open_listeners() {
  for (std::size_t i = 0; i < settings_.listeners.size(); ++i) {
    net::endpoint on = settings_.listeners[i].bind;
    const bool shared = on.unix_path.empty();  // one core alone can serve a unix socket
    for (std::size_t core = 0; core < (shared ? workers_.size() : 1); ++core) {
      if (auto opened = workers_[core]->listen(i, on); !opened) {
        return std::unexpected("listener \"" + settings_.listeners[i].name +
                               "\": " + opened.error());
      }
      // A port that was left to the system is the same on every core.
      if (shared) on.port = workers_[core]->port(i);
    }
    ports_.push_back(on.port);
  }
  return {};
}

std::expected<void, std::string> proxy::start() {
  if (auto opened = open_listeners(); !opened) return opened;
  std::vector<worker*> all;
  all.reserve(workers_.size());
  for (auto& each : workers_) all.push_back(each.get());
  for (auto& each : workers_) each->start(all);
  for (auto& each : lookups_) {
    if (each) each->start();
  }
  started_ = true;
  return {};
}

void proxy::stop(const std::function<void(std::size_t left)>& tell) {
  started_ = false;
  for (auto& each : workers_) each->stop_accepting();
  for (auto& each : workers_) each->drain();
  const auto began = std::chrono::steady_clock::now();
  auto told = began - std::chrono::seconds(5);
  while (clients() > 0 && !hurry_ && std::chrono::steady_clock::now() - began < settings_.drain) {
    if (std::chrono::steady_clock::now() - told >= std::chrono::seconds(5)) {
      tell(clients());
      told = std::chrono::steady_clock::now();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  for (auto& each : workers_) each->end_all();
  // A session's last act may be a cancel for another core's: none ends before all are quiet.
  std::vector<std::future<void>> quiet;
  quiet.reserve(workers_.size());
  for (auto& each : workers_) quiet.push_back(each->quiet());
  for (auto& each : quiet) each.wait();
  // It posts to cores that are still there, and after this no more.
  for (auto& each : lookups_) {
    if (each) each->stop();
  }
  for (auto& each : workers_) each->finish();
}

void proxy::see(std::size_t cluster, const routing::view& now) {
  for (auto& each : workers_) each->see(cluster, now);
  if (lookups_[cluster]) lookups_[cluster]->see(now);
}

std::vector<std::shared_ptr<const metrics::core_counters>> proxy::counters(
    std::size_t cluster) const {
  std::vector<std::shared_ptr<const metrics::core_counters>> found;
  found.reserve(counters_.size());
  for (const auto& core : counters_) found.push_back(core[cluster]);
  return found;
}

}  // namespace skein::proxy
