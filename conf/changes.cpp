#include "conf/changes.hpp"

#include <algorithm>

#include "conf/findings.hpp"
#include "conf/kinds.hpp"

namespace skein::conf {
namespace {

constexpr std::size_t none = ~0UZ;

template <typename V>
std::string value_words(const V& value) {
  return default_text(value).value_or("none");
}
std::string value_words(const std::filesystem::path& value) {
  return value.empty() ? "none" : printable(value.string());
}
std::string value_words(const std::string& value) {
  return value.empty() ? "none" : printable(value);
}
std::string value_words(const network& value) {
  return to_string(value);
}

template <typename T>
const std::string& name_of(const T& item) {
  if constexpr (keyed<T>) {
    return item.*table<T>::keyed_by;
  } else {
    return item.*table<T>::called_by;
  }
}

// Which of `next` each of `running` has become; none: it has gone. One that alone has gone, while
// one alone has come, has been given another name: where a name is no more than what `bind` says,
// this is how a person sees it.
template <typename T>
std::vector<std::size_t> successors(const std::vector<T>& running, const std::vector<T>& next) {
  std::vector<std::size_t> found(running.size(), none);
  std::vector<bool> old(next.size(), false);
  for (std::size_t i = 0; i < running.size(); ++i) {
    const auto same = std::ranges::find_if(
        next, [&](const T& each) { return name_of(each) == name_of(running[i]); });
    if (same == next.end()) continue;
    found[i] = static_cast<std::size_t>(same - next.begin());
    old[found[i]] = true;
  }
  if constexpr (std::same_as<T, listener_settings>) {
    if (std::ranges::count(found, none) == 1 && std::ranges::count(old, false) == 1) {
      *std::ranges::find(found, none) =
          static_cast<std::size_t>(std::ranges::find(old, false) - old.begin());
    }
  }
  return found;
}

class comparison {
 public:
  comparison(const loaded& running, const loaded& next) : running_(running), next_(next) {}

  template <described T>
  void compare(const std::string& path, const T& was, const T& is) {
    for_each_key<T>([&](const auto& field) {
      compare_value(child(path, field.rule.key), field.rule, was.*field.member, is.*field.member);
    });
  }

  std::vector<change> take() { return std::move(found_); }

 private:
  template <typename V>
  void compare_value(const std::string& path, const rule& rules, const V& was, const V& is) {
    if constexpr (described<V>) {
      compare(path, was, is);
    } else if constexpr (is_list_of_structs<V>) {
      compare_items(path, rules, was, is);
    } else if (was != is) {
      tell(path, rules, value_words(was) + " -> " + value_words(is));
    }
  }

  void compare_value(const std::string& path, const rule& rules, const secret& was,
                     const secret& is) {
    if (was == is) return;
    tell(path, rules, was.empty() ? "set" : is.empty() ? "removed" : "changed");
  }

  void compare_value(const std::string& path, const rule& rules, const std::filesystem::path& was,
                     const std::filesystem::path& is) {
    if (was != is) return tell(path, rules, value_words(was) + " -> " + value_words(is));
    const auto before = running_.digests.find(was);
    const auto now = next_.digests.find(is);
    if (before == running_.digests.end() || now == next_.digests.end()) return;
    if (before->second != now->second) tell(path, rules, "its file has changed");
  }

  template <typename T>
  void compare_items(const std::string& path, const rule& rules, const std::vector<T>& was,
                     const std::vector<T>& is) {
    if constexpr (keyed<T> || called<T>) {
      const auto become = successors(was, is);
      for (std::size_t i = 0; i < was.size(); ++i) {
        const std::string name = shown(name_of(was[i]));
        if (become[i] == none) {
          tell(path, rules, name + " removed");
        } else {
          std::string at = path;
          if (keyed<T>) {
            at = child(path, name_of(was[i]));
          } else {
            at.append("[").append(name).append("]");
          }
          compare(at, was[i], is[become[i]]);
        }
      }
      for (std::size_t i = 0; i < is.size(); ++i) {
        if (std::ranges::find(become, i) == become.end())
          tell(path, rules, shown(name_of(is[i])) + " added");
      }
    } else if (was.size() != is.size()) {
      tell(path, rules, entries(was.size()) + " -> " + entries(is.size()));
    } else {
      for (std::size_t i = 0; i < was.size(); ++i) compare(child(path, i), was[i], is[i]);
    }
  }

  static std::string entries(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " entry" : " entries");
  }

  void tell(const std::string& path, const rule& rules, std::string text) {
    found_.push_back({path, std::move(text), rules.at_start});
  }

  const loaded& running_;
  const loaded& next_;
  std::vector<change> found_ = {};
};

template <typename T>
void put_in_order(const std::vector<T>& running, std::vector<T>& next) {
  std::vector<T> sorted;
  for (const std::size_t each : successors(running, next)) {
    if (each != none) sorted.push_back(next[each]);
  }
  next = std::move(sorted);
}

}  // namespace

std::string to_string(const change& what) {
  return what.key + ": " + what.text;
}

std::vector<change> compare(const loaded& running, const loaded& next) {
  comparison both(running, next);
  both.compare("", running.settings, next.settings);
  return both.take();
}

void put_in_order(const settings& running, settings& next) {
  put_in_order(running.listeners, next.listeners);
  put_in_order(running.clusters, next.clusters);
}

}  // namespace skein::conf
