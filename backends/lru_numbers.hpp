// What is kept under numbers, up to a limit: the one that was used last stands first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace skein {

template <typename Kept>
class lru_numbers {
 public:
  explicit lru_numbers(std::size_t limit) : limit_(limit) {}

  // Null: it is not there. Counts as a use.
  Kept* use(std::uint32_t number) {
    const auto place = places_.find(number);
    if (place == places_.end()) return nullptr;
    order_.splice(order_.begin(), order_, place->second);
    return &place->second->second;
  }
  const Kept* find(std::uint32_t number) const {
    const auto place = places_.find(number);
    return place == places_.end() ? nullptr : &place->second->second;
  }
  // One that is new. Over the limit, what has to go: never itself.
  std::optional<Kept> add(std::uint32_t number, Kept kept) {
    order_.emplace_front(number, std::move(kept));
    places_.emplace(number, order_.begin());
    if (places_.size() <= limit_ || places_.size() == 1) return std::nullopt;
    std::optional<Kept> oldest = std::move(order_.back().second);
    remove(order_.back().first);
    return oldest;
  }
  void remove(std::uint32_t number) {
    const auto place = places_.find(number);
    if (place == places_.end()) return;
    order_.erase(place->second);
    places_.erase(place);
  }
  const Kept* oldest() const { return order_.empty() ? nullptr : &order_.back().second; }
  void clear() {
    places_.clear();
    order_.clear();
  }
  std::size_t size() const { return places_.size(); }

 private:
  using in_order = std::list<std::pair<std::uint32_t, Kept>>;
  std::size_t limit_;
  in_order order_ = {};
  std::unordered_map<std::uint32_t, typename in_order::iterator> places_ = {};
};

}  // namespace skein
