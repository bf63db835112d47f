// How a struct of settings is described: one table for each, naming the keys, what they mean and
// what they may hold. Types and defaults come from the struct itself. The loader, the "did you
// mean", the JSON Schema, the reference and the comparison of two files all read these tables;
// keys.hpp holds them.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

namespace skein::conf {

// In milliseconds, as rules have them.
inline constexpr std::int64_t a_minute = 60'000;
inline constexpr std::int64_t an_hour = 60 * a_minute;
inline constexpr std::int64_t a_day = 24 * an_hour;

// What holds for a key beyond its type.
struct rule {
  std::string_view key = {};
  std::string_view doc = {};
  std::int64_t least = 0;  // numbers as they are, durations in milliseconds
  std::int64_t most = 0;
  bool needed = false;     // must stand in the file; a list must not be empty
  bool is_name = false;    // text of letters, digits, '_', '-', '.'
  bool is_engine = false;  // one of load_options::engines
  bool tcp_only = false;   // an endpoint that cannot be a unix socket
  bool at_start = false;   // a running Skein keeps it (of a list: which items there are)
  bool unix_only = false;  // one that must be
};

template <typename Owner, typename Value>
struct field {
  Value Owner::* member;
  conf::rule rule;

  constexpr field between(std::int64_t least, std::int64_t most) const {
    field changed = *this;
    changed.rule.least = least;
    changed.rule.most = most;
    return changed;
  }
  constexpr field required() const {
    field changed = *this;
    changed.rule.needed = true;
    return changed;
  }
  constexpr field name() const {
    field changed = *this;
    changed.rule.is_name = true;
    return changed;
  }
  constexpr field tcp() const {
    field changed = *this;
    changed.rule.tcp_only = true;
    return changed;
  }
  constexpr field only_at_start() const {
    field changed = *this;
    changed.rule.at_start = true;
    return changed;
  }
  constexpr field local() const {
    field changed = *this;
    changed.rule.unix_only = true;
    return changed;
  }
  constexpr field engine() const {
    field changed = *this;
    changed.rule.is_engine = true;
    return changed;
  }
};

template <typename Owner, typename Value>
constexpr field<Owner, Value> key(std::string_view name, Value Owner::* member,
                                  std::string_view doc) {
  return {member, rule{.key = name, .doc = doc}};
}

// Specialised for each struct of settings, with a static `keys` tuple of fields. Three more members
// are optional: `short_form`, the key that a lone scalar stands for, `keyed_by`, the text that is
// the entry's key where the struct stands in a map instead of a list, and `called_by`, the text by
// which an item of a list is known again in a later file; items without one are known by place.
template <typename T>
struct table;

template <typename T>
concept described = requires { table<T>::keys; };

template <typename T>
concept keyed = described<T> && requires { table<T>::keyed_by; };

template <typename T>
concept called = described<T> && requires { table<T>::called_by; };

template <typename T>
concept shortened = described<T> && requires { table<T>::short_form; };

// Specialised for each enum of settings: its words, in the order of its values.
template <typename E>
struct words;

template <typename E>
concept worded = requires { words<E>::all; };

template <described T, typename Visit>
constexpr void for_each_key(Visit&& visit) {
  std::apply([&](const auto&... each) { (visit(each), ...); }, table<T>::keys);
}

template <described T>
std::vector<std::string_view> key_names() {
  std::vector<std::string_view> names;
  for_each_key<T>([&](const auto& each) { names.push_back(each.rule.key); });
  return names;
}

}  // namespace skein::conf
