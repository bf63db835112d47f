#include "routing/hint.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace skein::routing {

namespace {

constexpr std::string_view blanks = " ,\t\r\n";
// A comment may be of any length, and whoever asks why reads no more of it.
constexpr std::size_t ignored_max = 16;

constexpr std::array<std::pair<std::string_view, freshness>, 5> freshness_words{
    {{"any", freshness::any},
     {"session", freshness::session},
     {"bounded", freshness::bounded},
     {"global", freshness::global},
     {"leader", freshness::leader}}};

bool send(hint& to, destination::kind kind, std::string_view name = {}) {
  const destination asked{kind, std::string(name)};
  if (to.to.to != destination::kind::unsaid) return to.to == asked;
  to.to = asked;
  return true;
}

bool set_freshness(hint& to, std::string_view word) {
  const auto known =
      std::ranges::find(freshness_words, word, [](const auto& e) { return e.first; });
  if (known == freshness_words.end()) return false;
  if (to.fresh) return to.fresh == known->second;
  to.fresh = known->second;
  return true;
}

bool set_key(hint& to, std::string_view key) {
  if (to.key.empty()) to.key = key;
  return to.key == key;
}

bool follow(hint& to, std::string_view word) {
  if (word == "leader") return send(to, destination::kind::leader);
  if (word == "follower" || word == "followers") return send(to, destination::kind::followers);
  const auto sign = word.find('=');
  if (sign == std::string_view::npos || sign + 1 == word.size()) return false;
  const auto name = word.substr(0, sign);
  const auto value = word.substr(sign + 1);
  if (name == "member") return send(to, destination::kind::member, value);
  if (name == "zone") return send(to, destination::kind::zone, value);
  if (name == "fresh") return set_freshness(to, value);
  return name == "key" && set_key(to, value);
}

}  // namespace

hint read_hint(std::string_view words) {
  hint found;
  for (;;) {
    words.remove_prefix(std::min(words.find_first_not_of(blanks), words.size()));
    if (words.empty()) return found;
    const auto word = words.substr(0, words.find_first_of(blanks));
    if (!follow(found, word) && found.ignored.size() < ignored_max) {
      found.ignored.emplace_back(word);
    }
    words.remove_prefix(word.size());
  }
}

}  // namespace skein::routing
