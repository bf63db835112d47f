// Gives a server its orders about waiting for followers (semi_sync.hpp has the words), by a
// deadline. Blocking, as backends/roles.hpp is.
#pragma once

#include "backends/mysql/semi_sync.hpp"
#include "backends/mysql/wire_session.hpp"

namespace skein::mysql {

class semi_sync_orders {
 public:
  semi_sync_orders(wire_session& to, net::steady_time until) : to_(to), until_(until) {}

  result<semi_sync> look();
  // What it acknowledges from now on is on so many followers.
  result<void> wait(const standing& now, unsigned acks);
  // Whom it follows counts it; at once, where it receives from somebody already.
  result<void> answer(const standing& now);
  // It goes from leading to following: it waits for nobody.
  result<void> answer_only(const standing& now);

 private:
  dialect in() const { return {to_.which(), release_of(to_.version())}; }
  result<void> tell_all(const std::vector<std::string>& statements);
  result<semi_sync> make_ready(const standing& now);

  wire_session& to_;
  const net::steady_time until_;
};

}  // namespace skein::mysql
