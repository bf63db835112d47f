// Walks the tree of a file along the tables of keys.hpp and fills the structs; whatever does not
// fit becomes a finding and leaves the default standing, so that one pass finds every mistake.
#pragma once

#include "conf/keys.hpp"
#include "conf/nearest.hpp"
#include "conf/scalars.hpp"

namespace skein::conf {

struct entry {
  std::string key;
  mark where;
  const node* value;
};

class reader {
 public:
  reader(const load_options& options, findings& found) : scalars_(options, found), found_(found) {}

  template <described T>
  void read(const spot& from, T& into) {
    const auto entries = read_entries(from);
    if (!entries) return;
    const std::vector<std::string_view> known = key_names<T>();
    for (const entry& each : *entries) refuse_unknown(from.path, each, known);
    for_each_key<T>([&](const auto& field) {
      const std::string path = child(from.path, field.rule.key);
      for (const entry& each : *entries) {
        if (each.key != field.rule.key) continue;
        found_.place(path, each.value->where);
        return read_value(spot{*each.value, path}, field.rule, into.*field.member);
      }
      if (field.rule.needed) {
        found_.wrong(path, "is missing: " + std::string(field.rule.doc));
      }
    });
  }

 private:
  template <typename T>
  void read_value(const spot& from, const rule& rules, T& into) {
    if constexpr (worded<T>) {
      if (const auto index = scalars_.read_word(from, words<T>::all)) into = T(*index);
    } else if constexpr (described<T>) {
      read_short_or_long(from, into);
    } else {
      scalars_.read(from, rules, into);
    }
  }

  template <typename T>
  void read_value(const spot& from, const rule& rules, std::optional<T>& into) {
    T value{};
    read_value(from, rules, value);
    if (found_.sound(from.path)) into = std::move(value);
  }

  // One value stands for a list of one.
  template <typename T>
    requires(!described<T>)
  void read_value(const spot& from, const rule& rules, std::vector<T>& into) {
    if (from.at.kind != node_kind::list) {
      return read_value(from, rules, into.emplace_back());
    }
    if (from.at.items.empty()) found_.wrong(from.path, from.at.where, "is empty");
    for (const auto& item : from.at.items) {
      const std::string path = child(from.path, into.size());
      found_.place(path, item->where);
      read_value(spot{*item, path}, rules, into.emplace_back());
    }
  }

  template <described T>
  void read_short_or_long(const spot& from, T& into) {
    if constexpr (shortened<T>) {
      if (from.at.kind == node_kind::scalar) {
        return scalars_.read(from, rule{}, into.*table<T>::short_form);
      }
    }
    read(from, into);
  }

  template <described T>
  void read_value(const spot& from, const rule& rules, std::vector<T>& into) {
    if (!is_list(from)) return;
    for (const auto& item : from.at.items) {
      const std::string path = child(from.path, into.size());
      found_.place(path, item->where);
      read_short_or_long(spot{*item, path}, into.emplace_back());
    }
    if (rules.needed && into.empty()) found_.wrong(from.path, from.at.where, "is empty");
  }

  template <keyed T>
  void read_value(const spot& from, const rule& rules, std::vector<T>& into) {
    const auto entries = read_entries(from);
    if (!entries) return;
    for (const entry& each : *entries) {
      const std::string path = child(from.path, each.key);
      found_.place(path, each.where);
      if (auto why = bad_name(each.key)) found_.wrong(path, std::move(*why));
      T& item = into.emplace_back();
      item.*table<T>::keyed_by = each.key;
      read(spot{*each.value, path}, item);
    }
    if (rules.needed && entries->empty()) found_.wrong(from.path, from.at.where, "is empty");
  }

  // The entries of a map, each key once; nothing when this is no map.
  std::optional<std::vector<entry>> read_entries(const spot& from);
  bool is_list(const spot& from);
  void refuse_unknown(const std::string& path, const entry& each,
                      const std::vector<std::string_view>& known);

  scalars scalars_;
  findings& found_;
};

}  // namespace skein::conf
