// Who is let in: clients in all, and of one user, of one database, of one address, over all cores.
// Asked when a client comes and when it has proved who it is, never on the path of a query: so a
// lock will do. All are counted, also where nothing is bounded: a reload may set a bound.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "backends/error.hpp"
#include "backends/login.hpp"
#include "proxy/settings.hpp"

namespace skein::proxy {

class admission {
 public:
  // One client among those of its kind, until it goes. Empty: it has no kind.
  class place {
   public:
    place() = default;
    place(place&& other) noexcept { *this = std::move(other); }
    place& operator=(place&& other) noexcept {
      std::swap(from_, other.from_);
      std::swap(kind_, other.kind_);
      return *this;
    }
    ~place() {
      if (from_) from_->release(*kind_);
    }

   private:
    friend class admission;
    using head_count = std::pair<const std::string, std::size_t>;
    place(admission& from, head_count& kind) : from_(&from), kind_(&kind) {}
    admission* from_ = nullptr;
    head_count* kind_ = nullptr;
  };
  // As whom a client is in.
  struct places {
    place user = {};
    place database = {};
  };

  admission() = default;
  explicit admission(const client_limits& most) { adopt(most); }
  admission(const admission&) = delete;

  // Who is in stays, and counts.
  void adopt(const client_limits& most);
  client_limits most() const { return {in_all_, per_user_, per_database_, per_address_}; }
  // Where it comes from, as a stream calls its peer: who has no address is in no bound's way.
  result<place> from(const std::string& peer);
  result<places> let_in(const cluster_settings& cluster, const login_request& who) {
    return let_in(cluster, who, {});
  }
  // Of the places that it `has` it keeps those that are of the same kind.
  result<places> let_in(const cluster_settings& cluster, const login_request& who, places has);
  std::size_t kinds();  // that have a client

  std::atomic<std::size_t> clients{0};  // in all

 private:
  // What it would be refused by: put into words only then.
  struct bound {
    std::size_t most;
    std::string_view of;  // "user"
    std::string_view name;
    std::string_view key;
  };
  result<place> one_more(std::string kind, const bound& by, place has);
  void release(place::head_count& kind);

  std::atomic<std::size_t> in_all_{client_limits{}.in_all};
  std::atomic<std::size_t> per_user_{0};
  std::atomic<std::size_t> per_database_{0};
  std::atomic<std::size_t> per_address_{0};
  std::mutex mutex_ = {};                                     // of what follows
  std::unordered_map<std::string, std::size_t> inside_ = {};  // by kind; none is empty
};

// The host of what a stream calls its peer, an IPv4 address in its own form; empty: it has none.
std::string host_of_peer(std::string_view peer);

}  // namespace skein::proxy
