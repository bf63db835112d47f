#include "conf/reader.hpp"

#include <algorithm>

namespace skein::conf {

std::optional<std::vector<entry>> reader::read_entries(const spot& from) {
  if (from.at.kind != node_kind::map) {
    found_.wrong(from.path, from.at.where,
                 from.at.kind == node_kind::nothing
                     ? "has no value; it wants a map of keys"
                     : "wants a map of keys, and this is " + kind_of(from.at));
    return std::nullopt;
  }
  std::vector<entry> entries;
  std::map<std::string_view, mark> lines;
  for (std::size_t i = 0; i + 1 < from.at.items.size(); i += 2) {
    const node& name = *from.at.items[i];
    if (name.kind != node_kind::scalar) {
      found_.wrong(from.path, name.where, "a key must be text, and this is " + kind_of(name));
      continue;
    }
    const auto [first, is_new] = lines.emplace(name.text, name.where);
    if (is_new) {
      entries.push_back({name.text, name.where, from.at.items[i + 1].get()});
      continue;
    }
    found_.wrong(child(from.path, name.text), name.where,
                 "stands here twice; the first is in line " + std::to_string(first->second.line));
  }
  return entries;
}

bool reader::is_list(const spot& from) {
  if (from.at.kind == node_kind::list) return true;
  found_.wrong(from.path, from.at.where,
               from.at.kind == node_kind::nothing
                   ? "has no value; it wants a list"
                   : "wants a list, and this is " + kind_of(from.at));
  return false;
}

void reader::refuse_unknown(const std::string& path, const entry& each,
                            const std::vector<std::string_view>& known) {
  if (std::ranges::find(known, each.key) != known.end()) return;
  found_.wrong(child(path, each.key), each.where,
               "no such key" + suggestion(each.key, known, "the keys here are"));
}

}  // namespace skein::conf
