// Asks one PostgreSQL server for its role and positions, in one round trip over a libpq connection
// that is kept. Every wait has a deadline and can be interrupted from another thread.
#pragma once

#include <libpq-fe.h>

#include <memory>

#include "backends/members.hpp"

namespace skein::postgres {

class observer final : public skein::observer {
 public:
  explicit observer(observer_settings how);
  ~observer() override;
  result<observation> look() override;
  void interrupt() override;

 private:
  using time_point = std::chrono::steady_clock::time_point;
  using answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

  result<void> connect(time_point until);
  result<answer> ask(const char* query, time_point until);
  result<void> wait(short events, time_point until);
  std::unexpected<error> trouble(const std::string& doing);

  observer_settings how_;
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{nullptr, &PQfinish};
  int interrupted_;  // an eventfd
};

std::unique_ptr<skein::observer> make_observer(const observer_settings& how);

}  // namespace skein::postgres
