// A cluster under test and Skein's watch over it, without a proxy: what would be published is heard
// here.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "backends/registry/registry.hpp"
#include "cluster/watch.hpp"
#include "tests/servers/cluster.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

class watched {
 public:
  using check = std::function<void(const routing::cluster_view&)>;

  // `each` is called with every view, one at a time, on threads of the watch.
  explicit watched(cluster& shop, check each = {}, skein::cluster::watch_settings how = {})
      : each_(std::move(each)),
        watch_(settings(shop, std::move(how)), *find_backend(backend_of(shop.which())),
               [this](const routing::view& now) { hear(*now); }) {
    watch_.start();
  }
  ~watched() { watch_.stop(); }

  skein::cluster::watch& operator*() { return watch_; }
  routing::member_view member(const std::string& name) const {
    for (const auto& each : watch_.now()->members)
      if (each.name == name) return each;
    throw std::runtime_error("no member " + name);
  }
  int views() const { return views_; }
  void wait_until_serves(const std::string& name) const {
    wait_until([&] { return member(name).serves_reads; }, std::chrono::seconds{20},
               name + " serves reads");
  }

 private:
  static const char* backend_of(engine which) {
    return which == engine::postgres ? "postgres" : "mysql";
  }
  static skein::cluster::watch_settings settings(cluster& shop,
                                                 skein::cluster::watch_settings how) {
    how.cluster = "shop";
    const auto admin = shop.leader().admin();
    how.who = {admin.user, admin.password};
    for (const auto& name : shop.names())
      how.members.push_back({name, {"127.0.0.1", shop.member(name).port()}});
    return how;
  }
  void hear(const routing::cluster_view& now) {
    ++views_;
    if (each_) each_(now);
  }

  check each_;
  std::atomic<int> views_{0};
  skein::cluster::watch watch_;
};

}  // namespace skein::servers
