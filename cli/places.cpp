#include "cli/places.hpp"

namespace skein::cli {

namespace {

std::optional<std::size_t> listener_at(const std::string& bind, const parts& settings) {
  const auto& all = settings.proxy.listeners;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (net::to_string(all[i].bind) == bind) return i;
  }
  return std::nullopt;
}

}  // namespace

places sort_doors(handover::inheritance from, const parts& settings) {
  places found{.from = from.from, .was_ready = from.was_ready};
  found.proxy.generation = from.generation;
  for (handover::inherited_door& each : from.doors) {
    const std::string& bind = each.what.bind;
    const auto keep = [&](net::owned_handle& into) {
      into = std::move(each.listening);
      found.kept.push_back(each.index);
    };
    if (each.what.use == handover::door_use::clients) {
      const auto listener = listener_at(bind, settings);
      if (!listener) continue;
      found.listeners.insert(*listener);
      keep(found.proxy.doors.emplace_back(*listener, net::owned_handle(-1)).listening);
    } else if (each.what.use == handover::door_use::admin) {
      if (bind == net::to_string(settings.admin.bind)) keep(found.admin);
    } else if (settings.takeover && bind == net::to_string(*settings.takeover)) {
      keep(found.takeover);
    }
  }
  return found;
}

proxy::passed_on listeners_at(const std::vector<handover::door>& doors, const parts& settings) {
  proxy::passed_on found;
  for (const handover::door& each : doors) {
    if (each.use != handover::door_use::clients) continue;
    if (const auto listener = listener_at(each.bind, settings)) found.insert(*listener);
  }
  return found;
}

}  // namespace skein::cli
