#include "proxy/catalog_schedule.hpp"

#include <algorithm>
#include <utility>

namespace skein::proxy {

using time = catalog_times::time;

namespace {

// Also where nothing is to come; a clock's last moment is no time to wait for.
constexpr std::chrono::hours longest_sleep{1};

// The names that came once and were never of use, what nobody has used for long, and of more than
// may be kept those that were left first.
std::vector<std::size_t> to_forget(std::span<const catalog_case> all, const catalog_pace& pace,
                                   time now) {
  std::vector<std::size_t> gone;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].held) continue;
    const bool of_use = all[i].wanted && now < all[i].left + pace.keep;
    (of_use ? kept : gone).push_back(i);
  }
  const std::size_t stay = all.size() - gone.size();
  if (stay > pace.kept_max) {
    const auto more = static_cast<std::ptrdiff_t>(std::min(stay - pace.kept_max, kept.size()));
    std::ranges::nth_element(kept, kept.begin() + more, {},
                             [&](std::size_t each) { return all[each].left; });
    gone.insert(gone.end(), kept.begin(), kept.begin() + more);
  }
  return gone;
}

// Nobody's, or one that is read after all others in any case: of those that come round in turn the
// others keep theirs.
std::optional<std::size_t> to_make_room(std::span<const catalog_case> all) {
  std::optional<std::size_t> last;
  const auto rank = [&](std::size_t each) { return std::pair(!all[each].held, all[each].due); };
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].open && (!last || rank(i) > rank(*last))) last = i;
  }
  return last;
}

}  // namespace

void catalog_times::succeeded(const catalog_pace& pace, time begun, time ended) {
  const auto took = std::chrono::ceil<std::chrono::milliseconds>(ended - begun);
  read_at_ = begun;
  retry_ = {};
  put_off_at_ = {};
  not_before_ = ended + std::clamp(took * pace.rest_of_reading, pace.rest_min, pace.rest_max);
  look_at_ = std::max(begun + pace.look_again, not_before_);
}

bool catalog_times::put_off(const catalog_pace& pace, time begun, time ended) {
  if (!put_off_at_) put_off_at_ = begun;
  if (ended - *put_off_at_ >= pace.passing) return false;
  not_before_ = ended + std::max<time::duration>(pace.retry_first, ended - begun);
  return true;
}

// What it waited for in vain may have kept the server busy all the same.
void catalog_times::failed(const catalog_pace& pace, time begun, time ended) {
  const auto took = std::chrono::ceil<std::chrono::milliseconds>(ended - begun);
  retry_ = std::clamp(2 * retry_, pace.retry_first, pace.retry_max);
  not_before_ = ended + std::max(retry_, std::min(took, pace.retry_max));
}

catalog_step next_step(std::span<const catalog_case> all, const catalog_pace& pace, time now,
                       bool may_read) {
  catalog_step step{.forget = to_forget(all, pace, now), .wake = now + longest_sleep};
  std::size_t open = 0;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const catalog_case& each = all[i];
    const bool shut = each.open && !each.held && now >= each.left + pace.linger;
    if (shut) step.close.push_back(i);
    if (each.open && !shut) ++open;
    if (!each.held) {
      const time end = each.left + (each.open && !shut ? pace.linger : pace.keep);
      if (each.wanted && now < end) step.wake = std::min(step.wake, end);
      continue;
    }
    if (each.wanted && may_read && (!first || each.due < all[*first].due)) first = i;
  }
  if (!first) return step;
  if (all[*first].due > now) {
    step.wake = std::min(step.wake, all[*first].due);
    return step;
  }
  step.read = first;
  if (!all[*first].open && open >= pace.readers_max) {
    if (const auto room = to_make_room(all)) step.close.push_back(*room);
  }
  return step;
}

}  // namespace skein::proxy
