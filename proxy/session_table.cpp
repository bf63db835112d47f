#include "proxy/session_table.hpp"

#include "net/secret.hpp"

namespace skein::proxy {

std::optional<std::uint32_t> session_table::take_place() {
  if (!free_.empty()) {
    const std::uint32_t place = free_.back();
    free_.pop_back();
    return place;
  }
  if (resting_.size() > resting_min || (!resting_.empty() && places_.size() == places_max)) {
    const std::uint32_t place = resting_.front();
    resting_.pop_front();
    return place;
  }
  if (places_.size() == places_max) return std::nullopt;
  places_.emplace_back();
  return static_cast<std::uint32_t>(places_.size() - 1);
}

std::optional<cancel_key> session_table::add(session& who, std::size_t secret_bytes) {
  auto secret = net::random_bytes(secret_bytes);
  if (!secret) return std::nullopt;
  const auto place = take_place();
  if (!place) return std::nullopt;
  places_[*place] = {&who, *secret};
  ++used_;
  const std::uint32_t id = (generation_ << generation_at) | (core_ << place_bits) | *place;
  return cancel_key{id, std::move(*secret)};
}

std::optional<cancel_key> session_table::add_without_secret(session& who) {
  auto key = add(who, 0);
  if (key) key->id |= without_secret;
  return key;
}

void session_table::remove(const cancel_key& key) {
  const std::uint32_t place = key.id & (places_max - 1);
  places_[place] = {};
  needs_no_secret(key.id) ? resting_.push_back(place) : free_.push_back(place);
  --used_;
}

session* session_table::find(const cancel_key& key) const {
  const std::uint32_t place = key.id & (places_max - 1);
  if (needs_no_secret(key.id) || !is_here(key.id)) return nullptr;
  const entry& found = places_[place];
  const bool known =
      found.who && !found.secret.empty() && net::equal_in_constant_time(found.secret, key.secret);
  return known ? found.who : nullptr;
}

session* session_table::find_without_secret(std::uint32_t id) const {
  if (!needs_no_secret(id) || !is_here(id)) return nullptr;
  const entry& found = places_[id & (places_max - 1)];
  return found.secret.empty() ? found.who : nullptr;
}

bool session_table::is_here(std::uint32_t id) const {
  return core_of(id) == core_ && generation_of(id) == generation_ &&
         (id & (places_max - 1)) < places_.size();
}

std::vector<session*> session_table::all() const {
  std::vector<session*> found;
  for (const entry& place : places_) {
    if (place.who) found.push_back(place.who);
  }
  return found;
}

}  // namespace skein::proxy
