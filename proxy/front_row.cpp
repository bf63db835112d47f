#include "proxy/front_row.hpp"

namespace skein::proxy {

unsigned front_row::join() {
  places_.emplace_back();
  return static_cast<unsigned>(places_.size() - 1);
}

// In this order, each step seen by all in the same one: who shows itself and then looks for what is
// free or idle, and who sets something free and then looks here, do not miss each other.
unsigned front_row::show(unsigned core, std::uint64_t ticket, unsigned overtaken) {
  const std::uint64_t before =
      places_[core].shown.exchange(ticket == 0 ? 0 : ticket << count_bits | overtaken);
  if (before == 0 && ticket != 0) waiting_cores_.fetch_add(1);
  if (before != 0 && ticket == 0) waiting_cores_.fetch_sub(1);
  return count_of(before);
}

std::size_t front_row::waiting() const {
  std::size_t all = 0;
  for (const place& each : places_) all += each.waiting.load(std::memory_order_relaxed);
  return all;
}

std::optional<front_row::seen> front_row::first() const {
  std::optional<seen> found;
  for (unsigned core = 0; core < places_.size(); ++core) {
    const std::uint64_t shown = places_[core].shown.load();
    if (shown == 0) continue;
    if (!found || ticket_of(shown) < ticket_of(found->shown)) found = seen{core, shown};
  }
  return found;
}

std::optional<unsigned> front_row::core_of_first() const {
  const auto found = first();
  if (!found) return std::nullopt;
  return found->core;
}

front_row::answer front_row::ask(std::uint64_t ticket, bool freely) {
  for (;;) {
    const auto before = first();
    if (!before) return {ticket != 0};
    if (ticket_of(before->shown) == ticket) return {true, before->core};
    if (ticket == 0) return {false, before->core};
    if (freely) return {true, before->core};
    if (count_of(before->shown) >= overtakings_max) return {false, before->core};
    std::uint64_t expected = before->shown;
    if (places_[before->core].shown.compare_exchange_strong(expected, before->shown + 1)) {
      return {true, before->core};
    }
  }
}

}  // namespace skein::proxy
