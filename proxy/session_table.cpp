#include "proxy/session_table.hpp"

#include "net/secret.hpp"

namespace skein::proxy {

std::optional<cancel_key> session_table::add(session& who, std::size_t secret_bytes) {
  auto secret = net::random_bytes(secret_bytes);
  if (!secret) return std::nullopt;
  std::uint32_t place = 0;
  if (!free_.empty()) {
    place = free_.back();
    free_.pop_back();
  } else {
    if (places_.size() == places_max) return std::nullopt;
    place = static_cast<std::uint32_t>(places_.size());
    places_.emplace_back();
  }
  places_[place] = {&who, *secret};
  ++used_;
  const std::uint32_t id = (generation_ << generation_at) | (core_ << place_bits) | place;
  return cancel_key{id, std::move(*secret)};
}

void session_table::remove(const cancel_key& key) {
  const std::uint32_t place = key.id & (places_max - 1);
  places_[place] = {};
  free_.push_back(place);
  --used_;
}

session* session_table::find(const cancel_key& key) const {
  const std::uint32_t place = key.id & (places_max - 1);
  if (core_of(key.id) != core_ || generation_of(key.id) != generation_) return nullptr;
  if (place >= places_.size()) return nullptr;
  const entry& found = places_[place];
  const bool known = found.who && net::equal_in_constant_time(found.secret, key.secret);
  return known ? found.who : nullptr;
}

std::vector<session*> session_table::all() const {
  std::vector<session*> found;
  for (const entry& place : places_) {
    if (place.who) found.push_back(place.who);
  }
  return found;
}

}  // namespace skein::proxy
