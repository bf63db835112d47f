// The settings of a session as a value. It is shared between the sessions that agree, as nearly all
// do, so that "nothing to do" is one comparison of pointers and an idle client costs one pointer.
// One core's thread only.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace skein {

using settings_map = std::map<std::string, std::string, std::less<>>;

// Equal contents are the same object as long as anybody holds it. `Contents` has `all`, and what
// follows from it.
template <typename Contents>
class settings_table {
 public:
  // `complete` fills in what follows.
  template <typename Complete>
  std::shared_ptr<const Contents> keep(settings_map settings, const Complete& complete) {
    const std::size_t hash = hash_of(settings);
    const auto [first, last] = known_.equal_range(hash);
    for (auto one = first; one != last; ++one)
      if (auto alive = one->second.lock(); alive && alive->all == settings) return alive;
    const auto made = std::make_shared<Contents>();
    made->all = std::move(settings);
    complete(*made);
    if (known_.size() >= sweep_at_) {
      std::erase_if(known_, [](const auto& each) { return each.second.expired(); });
      sweep_at_ = std::max(sweep_min, 2 * known_.size());
    }
    known_.emplace(hash, made);
    return made;
  }

 private:
  static constexpr std::size_t sweep_min = 64;

  static std::size_t hash_of(const settings_map& settings) {
    std::size_t hash = settings.size();
    for (const auto& [name, value] : settings)
      for (const std::string_view part : {std::string_view(name), std::string_view(value)})
        hash = hash * 31 + std::hash<std::string_view>()(part);
    return hash;
  }

  std::unordered_multimap<std::size_t, std::weak_ptr<const Contents>> known_ = {};
  std::size_t sweep_at_ = sweep_min;
};

// `State` is made of a settings_map, keeps it in a table of its own, and inherits the rest.
template <typename State, typename Contents>
class shared_settings {
 public:
  const settings_map& all() const {
    static const settings_map nothing;
    return contents_ ? contents_->all : nothing;
  }
  const std::string* find(std::string_view name) const {
    const auto found = all().find(name);
    return found == all().end() ? nullptr : &found->second;
  }
  State with(std::string_view name, std::optional<std::string> value) const {
    const std::string* const now = find(name);
    if (now ? value == *now : !value) return static_cast<const State&>(*this);
    settings_map changed = all();
    if (value) {
      changed.insert_or_assign(std::string(name), std::move(*value));
    } else {
      changed.erase(changed.find(name));
    }
    return State(std::move(changed));
  }
  bool operator==(const shared_settings& other) const { return contents_ == other.contents_; }

 protected:
  std::shared_ptr<const Contents> contents_ = {};
};

}  // namespace skein
