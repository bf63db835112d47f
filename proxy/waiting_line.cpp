#include "proxy/waiting_line.hpp"

#include <algorithm>

namespace skein::proxy {

std::uint64_t waiting_line::join(std::uint64_t ticket, const fit& wanted) {
  if (ticket == 0) ticket = ++drawn_;
  line_.emplace(ticket, waiter{wanted});
  return ticket;
}

std::optional<waiting_line::turn> waiting_line::next() {
  if (line_.empty()) return std::nullopt;
  const auto first = line_.begin();
  const turn given{first->first, first->second.wanted.core};
  line_.erase(first);
  return given;
}

waiting_line::verdict waiting_line::offer(const fit& back, std::size_t places) {
  if (line_.empty()) return {fate::stays};
  const bool place_wanted = places < line_.size();
  const auto first = line_.begin();
  const auto fitting =
      std::ranges::find_if(line_, [&](const auto& each) { return each.second.wanted == back; });
  if (fitting == line_.end()) return {place_wanted ? fate::closes : fate::stays};
  if (fitting != first && place_wanted && first->second.overtaken++ >= overtakings_max)
    return {fate::closes};
  const verdict given{fate::handed_on, fitting->first};
  line_.erase(fitting);
  return given;
}

}  // namespace skein::proxy
