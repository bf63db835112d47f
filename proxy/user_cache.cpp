#include "proxy/user_cache.hpp"

#include <algorithm>

namespace skein::proxy {

void user_cache::shelf::drop(const std::string& user) {
  const auto found = by_name.find(user);
  if (found == by_name.end()) return;
  by_age.erase(found->second);
  by_name.erase(found);
}

void user_cache::shelf::put(entry what, std::size_t most) {
  if (by_age.size() >= most && !by_age.empty()) drop(std::string(by_age.front().user));
  by_age.push_back(std::move(what));
  by_name.emplace(by_age.back().user, std::prev(by_age.end()));
}

std::optional<user_cache::answer> user_cache::find(const std::string& user, time now) const {
  for (const shelf* each : {&known_, &unknown_}) {
    const auto found = each->by_name.find(user);
    if (found != each->by_name.end() && now < found->second->until) return found->second->said;
  }
  return std::nullopt;
}

void user_cache::keep(const std::string& user, answer said, time now) {
  known_.drop(user);
  unknown_.drop(user);
  const bool exists = said.has_value();
  const auto until = now + (exists ? how_.keep : std::min(how_.keep, how_.keep_unknown));
  (exists ? known_ : unknown_)
      .put({user, std::move(said), now, until}, exists ? how_.known_max : how_.unknown_max);
}

void user_cache::doubt(const std::string& user, time now) {
  for (shelf* each : {&known_, &unknown_}) {
    const auto found = each->by_name.find(user);
    if (found == each->by_name.end()) continue;
    entry& known = *found->second;
    known.until = std::min(known.until, std::max(now, known.asked_at + how_.keep_doubted));
  }
}

}  // namespace skein::proxy
