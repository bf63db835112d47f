#include "proxy/admission.hpp"

namespace skein::proxy {

std::string host_of_peer(std::string_view peer) {
  constexpr std::string_view mapped = "::ffff:";
  const auto colon = peer.rfind(':');
  if (colon == peer.npos) return {};
  std::string_view host = peer.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.starts_with(mapped) && host.contains('.')) host.remove_prefix(mapped.size());
  return std::string(host);
}

void admission::adopt(const client_limits& most) {
  in_all_ = most.in_all;
  per_user_ = most.per_user;
  per_database_ = most.per_database;
  per_address_ = most.per_address;
}

result<admission::place> admission::from(const std::string& peer) {
  const std::string host = host_of_peer(peer);
  if (host.empty()) return place{};
  return one_more("a" + host, {per_address_, "address", host, "limits.per_address"}, place());
}

result<admission::places> admission::let_in(const cluster_settings& cluster,
                                            const login_request& who, places has) {
  const auto own = cluster.clients_of.find(who.user);
  const bool has_own = own != cluster.clients_of.end();
  const std::string of_cluster = cluster.name + '\0';
  auto user = one_more("u" + of_cluster + who.user,
                       {has_own ? own->second : per_user_.load(), "user", who.user,
                        has_own ? "`clients` of this user" : "limits.per_user"},
                       std::move(has.user));
  if (!user) return std::unexpected(std::move(user.error()));
  auto database = one_more("d" + of_cluster + who.database,
                           {per_database_, "database", who.database, "limits.per_database"},
                           std::move(has.database));
  if (!database) return std::unexpected(std::move(database.error()));
  return places{std::move(*user), std::move(*database)};
}

result<admission::place> admission::one_more(std::string kind, const bound& by, place has) {
  if (has.from_ && has.kind_->first == kind) return has;
  const std::lock_guard lock(mutex_);
  auto& count = *inside_.try_emplace(std::move(kind)).first;
  if (by.most > 0 && count.second >= by.most) {
    const std::string_view quote = by.of == "address" ? "" : "\"";
    std::string words(by.of);
    words.append(" ").append(quote).append(by.name).append(quote).append(" has ").append(
        std::to_string(by.most));
    words.append(by.most == 1 ? " client" : " clients");
    words.append(" already: try again later, or raise ").append(by.key);
    return failure(error_kind::limit, fault::us, std::move(words));
  }
  ++count.second;
  return place(*this, count);
}

void admission::release(place::head_count& kind) {
  const std::lock_guard lock(mutex_);
  if (--kind.second == 0) inside_.erase(inside_.find(kind.first));
}

std::size_t admission::kinds() {
  const std::lock_guard lock(mutex_);
  return inside_.size();
}

}  // namespace skein::proxy
