#include "proxy/proxy.hpp"

namespace skein::proxy {

namespace {

constexpr std::chrono::seconds copy_time{1};  // for the cores to copy a few descriptors

// Where none is configured it waits for a reload.
lookup_settings lookup_of(const cluster_settings& cluster) {
  lookup_settings how{.cluster = cluster.name, .patience = cluster.pool.wait};
  if (cluster.auth_query) how.cache.keep = cluster.auth_query->keep;
  return how;
}

user_lookup::open_directory directory_of(const cluster_settings& cluster) {
  if (!cluster.auth_query) return {};
  return
      [database = cluster.database, how = cluster.auth_query->directory](const member_address& at) {
        auto there = how;
        there.address = at;
        return database->open_directory(there);
      };
}

catalogs_settings catalogs_of(const cluster_settings& cluster) {
  return {.cluster = cluster.name, .user = cluster.catalog->who.user};
}

catalogs::open_reader reader_of(const cluster_settings& cluster) {
  return [from = cluster.database, how = *cluster.catalog](const member_address& at,
                                                           const std::string& database) {
    auto there = how;
    there.address = at;
    there.database = database;
    return from->open_catalog(there);
  };
}

// Where commits are not asked for it waits for a reload.
commit_inquiries::open_inquiry inquiry_of(const cluster_settings& cluster) {
  if (!cluster.commits) return {};
  return [from = cluster.database, how = *cluster.commits](const member_address& at) {
    auto there = how;
    there.address = at;
    return from->inquire_commits(there);
  };
}

constexpr std::chrono::seconds explain_time{2};
constexpr std::chrono::seconds core_time{10};  // for a core to take newer settings

}  // namespace

proxy::proxy(proxy_settings settings)
    : settings_(std::make_shared<proxy_settings>(std::move(settings))), doors_(settings_->clients) {
  for (const auto& cluster : settings_->clusters) {
    budgets_.emplace_back(cluster.pool.size, cluster.pool.logins);
    lookups_.push_back(std::make_unique<user_lookup>(lookup_of(cluster), directory_of(cluster)));
    catalogs_.push_back(cluster.catalog
                            ? std::make_unique<catalogs>(catalogs_of(cluster), reader_of(cluster))
                            : nullptr);
    inquiries_.push_back(std::make_unique<commit_inquiries>(cluster.name, inquiry_of(cluster)));
  }
  for (unsigned core = 0; core < settings_->cores; ++core) {
    auto& mine = counters_.emplace_back();
    for (std::size_t i = 0; i < settings_->clusters.size(); ++i) {
      mine.push_back(std::make_shared<metrics::core_counters>());
    }
  }
  for (unsigned core = 0; core < settings_->cores; ++core) {
    workers_.push_back(std::make_unique<worker>(core, settings_, budgets_, counters_[core],
                                                lookups_, catalogs_, inquiries_, doors_));
  }
}

proxy::~proxy() {
  stop_if_started();
}

void proxy::stop_if_started() {
  if (started_) stop([](std::size_t) {});
}

std::expected<void, std::string> proxy::open_listeners() {
  for (std::size_t i = 0; i < settings_->listeners.size(); ++i) {
    net::endpoint on = settings_->listeners[i].bind;
    const auto adopted = adopt_doors(i);
    if (!adopted) return std::unexpected(adopted.error());
    if (*adopted) continue;
    const bool shared = on.unix_path.empty();  // one core alone can serve a unix socket
    for (std::size_t core = 0; core < (shared ? workers_.size() : 1); ++core) {
      if (auto opened = workers_[core]->listen(i, on); !opened) {
        return std::unexpected("listener \"" + settings_->listeners[i].name +
                               "\": " + opened.error());
      }
      // A port that was left to the system is the same on every core.
      if (shared) on.port = workers_[core]->port(i);
    }
    ports_.push_back(on.port);
  }
  return {};
}

// False: none has been passed. All of them are served, however many cores there are: a queue that
// nobody serves would keep its clients waiting. Where there are too few, cores share one.
std::expected<bool, std::string> proxy::adopt_doors(std::size_t listener) {
  std::vector<net::owned_handle> passed;
  for (passed_door& each : inherited_.doors) {
    if (each.listener == listener) passed.push_back(std::move(each.listening));
  }
  if (passed.empty()) return false;
  const bool shared = settings_->listeners[listener].bind.unix_path.empty();
  const std::size_t count = shared ? std::max(passed.size(), workers_.size()) : passed.size();
  for (std::size_t i = count; i-- > 0;) {
    net::owned_handle& from = passed[i % passed.size()];
    // The copies first: the last use is of the original.
    net::owned_handle one = i < passed.size() ? std::move(from) : net::copy_of(from.get());
    auto taken = workers_[shared ? i % workers_.size() : 0]->adopt(listener, std::move(one));
    if (!taken) {
      return std::unexpected("listener \"" + settings_->listeners[listener].name +
                             "\": " + taken.error());
    }
  }
  ports_.push_back(workers_[0]->port(listener));
  return true;
}

std::expected<void, std::string> proxy::start(bool open) {
  for (auto& each : workers_) each->inherit(inherited_.generation, elsewhere_);
  if (auto opened = open_listeners(); !opened) return opened;
  inherited_.doors.clear();
  std::vector<worker*> all;
  all.reserve(workers_.size());
  for (auto& each : workers_) all.push_back(each.get());
  for (auto& each : workers_) each->start(all, open);
  for (std::size_t i = 0; i < lookups_.size(); ++i) {
    if (settings_->clusters[i].auth_query) lookups_[i]->start();
  }
  for (auto& each : catalogs_) {
    if (each) each->start();
  }
  for (auto& each : inquiries_) each->start();
  started_ = true;
  return {};
}

void proxy::open_doors() {
  for (auto& each : workers_) each->open_doors();
}

void proxy::keep_doors() {
  for (auto& each : workers_) each->keep_doors();
}

std::optional<std::deque<passed_door>> proxy::copy_doors() {
  std::vector<std::future<std::deque<passed_door>>> coming;
  coming.reserve(workers_.size());
  for (auto& each : workers_) coming.push_back(each->copy_doors());
  std::deque<passed_door> all;
  const auto until = std::chrono::steady_clock::now() + copy_time;
  for (auto& each : coming) {
    if (each.wait_until(until) != std::future_status::ready) return std::nullopt;
    for (passed_door& one : each.get()) all.push_back(std::move(one));
  }
  return all;
}

result<console::table> proxy::explain(console::command asked) {
  auto coming = workers_.front()->explain(std::move(asked));
  if (coming.wait_for(explain_time) == std::future_status::ready) return coming.get();
  return failure(error_kind::timeout, fault::us, "a core of Skein did not answer in time");
}

void proxy::hand_on(const passed_on& listeners) {
  for (auto& each : workers_) each->stop_accepting(listeners);
}

void proxy::cancel(cancel_key key, std::function<void()> done) {
  workers_.front()->cancel(std::move(key), std::move(done));
}

void proxy::obey(session_order what, std::function<void(result<void>)> done) {
  workers_.front()->obey(std::move(what), std::move(done));
}

void proxy::linger(std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  lingering_ = true;
  while (clients() > 0 && lingering_ && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  lingering_ = false;
}

void proxy::stop(const std::function<void(std::size_t left)>& tell) {
  started_ = false;
  for (auto& each : workers_) each->stop_accepting();
  for (auto& each : workers_) each->drain();
  const auto began = std::chrono::steady_clock::now();
  auto told = began - std::chrono::seconds(5);
  const auto drain = settings()->drain;
  while (clients() > 0 && !hurry_ && std::chrono::steady_clock::now() - began < drain) {
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
  for (auto& each : lookups_) each->stop();
  for (auto& each : catalogs_) {
    if (each) each->stop();
  }
  for (auto& each : inquiries_) each->stop();
  for (auto& each : workers_) each->finish();
}

settings_in_force proxy::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

void proxy::adopt(proxy_settings next) {
  const settings_in_force before = settings();
  for (std::size_t i = 0; i < next.clusters.size(); ++i) {
    cluster_settings& is = next.clusters[i];
    const cluster_settings& was = before->clusters[i];
    const bool same = is.server_tls == was.server_tls &&
                      is.server_tls_files == was.server_tls_files &&
                      is.server_compression == was.server_compression;
    is.server_tls_turn = was.server_tls_turn + (same ? 0 : 1);
    budgets_[i].resize(is.pool.size, is.pool.logins);
    if (is.auth_query) lookups_[i]->adopt(lookup_of(is), directory_of(is));
    if (is.catalog && catalogs_[i]) catalogs_[i]->adopt(catalogs_of(is), reader_of(is));
    inquiries_[i]->adopt(inquiry_of(is));
  }
  doors_.adopt(next.clients);
  next.cores = before->cores;
  const settings_in_force now = std::make_shared<proxy_settings>(std::move(next));
  {
    const std::lock_guard lock(mutex_);
    settings_ = now;
  }
  std::vector<std::future<void>> taken;
  taken.reserve(workers_.size());
  for (auto& each : workers_) taken.push_back(each->adopt(now));
  const auto until = std::chrono::steady_clock::now() + core_time;
  for (auto& each : taken) each.wait_until(until);
}

void proxy::see(std::size_t cluster, const routing::view& now) {
  for (auto& each : workers_) each->see(cluster, now);
  lookups_[cluster]->see(now);
  if (catalogs_[cluster]) catalogs_[cluster]->see(now);
  inquiries_[cluster]->see(now);
}

void proxy::pass(std::function<void()> then) {
  auto left = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  for (auto& each : workers_)
    each->pass([left, then] {
      if (left->fetch_sub(1) == 1) then();
    });
}

std::vector<std::shared_ptr<const metrics::core_counters>> proxy::counters(
    std::size_t cluster) const {
  std::vector<std::shared_ptr<const metrics::core_counters>> found;
  found.reserve(counters_.size());
  for (const auto& core : counters_) found.push_back(core[cluster]);
  return found;
}

}  // namespace skein::proxy
