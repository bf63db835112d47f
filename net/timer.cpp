#include "net/timer.hpp"

namespace skein::net {

void timer::expires_at(steady_time until) {
  cancel();
  at_.due = until;
}

void timer::expires_after(steady_time::duration from_now) {
  const auto now = std::chrono::steady_clock::now();
  expires_at(from_now < steady_time::max() - now ? now + from_now : steady_time::max());
}

std::size_t timer::cancel() {
  return home_.abort_all(at_);
}

}  // namespace skein::net
