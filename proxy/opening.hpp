// Opens connections to servers: dials, signs in, and finds the words for what went wrong. The pool
// decides when, and has the place in the budget.
#pragma once

#include "metrics/counters.hpp"
#include "metrics/log.hpp"
#include "net/core.hpp"
#include "proxy/errand.hpp"
#include "proxy/server_connection.hpp"
#include "proxy/settings.hpp"
#include "routing/view.hpp"

namespace skein::proxy {

class opening {
 public:
  opening(net::core& core, net::dialer& dial, const cluster_in_force& cluster,
          metrics::core_counters& counters);

  // Within pool.connect_timeout for each of the two steps, and the errand's deadline for both.
  net::awaitable<result<lease>> open(budget::slot place, const routing::member_view& member,
                                     std::uint64_t epoch, const errand& what);

 private:
  net::awaitable<result<void>> sign_in(server_connection& made, const errand& what);
  void begin_coding(server_connection& made, server_login& login, compression wanted);
  std::chrono::milliseconds step_time(const errand& what) const;
  std::string within(std::chrono::milliseconds time) const;
  error not_dialled(const routing::member_view& member, net::error_code why,
                    std::chrono::milliseconds time) const;

  net::core& core_;
  net::dialer& dial_;
  const cluster_in_force& cluster_;  // the branch's
  metrics::core_counters& counters_;
  metrics::log::repeat_limit uncompressed_{std::chrono::minutes(1)};
};

// "5 s", "250 ms"
std::string in_words(std::chrono::milliseconds time);

}  // namespace skein::proxy
