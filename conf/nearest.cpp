#include "conf/nearest.hpp"

#include <algorithm>

#include "conf/values.hpp"

namespace skein::conf {
namespace {

constexpr std::size_t word_bytes_max = 64;  // longer words are no slips of the finger

std::string folded(std::string_view word) {
  std::string plain(word);
  for (char& c : plain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return plain;
}

bool begins(std::string_view a, std::string_view b) {
  constexpr std::size_t letters_min = 3;
  return std::min(a.size(), b.size()) >= letters_min && a.size() != b.size() &&
         (a.starts_with(b) || b.starts_with(a));
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::string a = folded(left);
  const std::string b = folded(right);
  // Three rows of the usual table: the one before the last is what a swap looks back to.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates) {
  if (word.size() > word_bytes_max) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = begins(word, candidate) ? 1 : edit_distance(word, candidate);
    const std::size_t allowed = std::max<std::size_t>(1, (candidate.size() + 1) / 3);
    if (distance > allowed || distance >= candidate.size()) continue;
    if (best && distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string listed(const std::vector<std::string_view>& words) {
  constexpr std::size_t listed_max = 20;
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == listed_max) return text + ", ...";
    text += (i == 0 ? "" : ", ") + printable(words[i]);
  }
  return text;
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates,
                       std::string_view otherwise) {
  if (const auto near = nearest(word, candidates)) {
    return "; did you mean '" + std::string(*near) + "'?";
  }
  return "; " + std::string(otherwise) + " " + listed(candidates);
}

}  // namespace skein::conf
