// A text with gaps where its whole numbers and its plain strings stand, for the outlines of all
// dialects: what fits it differs from it in these alone. Who makes one knows by its lexer where
// they stand; `fits` compares bytes, and is meant to be inlined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

class text_with_gaps {
 public:
  // How much of the text is one number; 0: it begins with none.
  static std::size_t number_at(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() && text[size] >= '0' && text[size] <= '9') ++size;
    return size;
  }
  // Likewise. It ends at the next quote: without backslashes what it says cannot change that.
  static std::size_t string_at(std::string_view text) {
    if (!text.starts_with('\'')) return 0;
    const std::size_t end = text.find('\'', 1);
    if (end == std::string_view::npos || text.substr(0, end).contains('\\')) return 0;
    return end + 1;
  }

  enum class literal : std::uint8_t { number, string };
  // In the order in which they stand: what is between the last gap and this one, and the gap.
  void add(std::string_view fixed, literal gap) {
    fixed_.append(fixed);
    gaps_.push_back({fixed_.size(), gap});
  }
  void end(std::string_view fixed) { fixed_.append(fixed); }

  bool fits(std::string_view text) const {
    const std::string_view fixed = fixed_;
    std::size_t done = 0;
    for (const gap& each : gaps_) {
      const std::size_t size = each.at - done;
      if (text.substr(0, size) != fixed.substr(done, size)) return false;
      text.remove_prefix(size);
      const std::size_t taken = each.takes == literal::number ? number_at(text) : string_at(text);
      if (taken == 0) return false;
      text.remove_prefix(taken);
      done = each.at;
    }
    return text == fixed.substr(done);
  }

 private:
  struct gap {
    std::size_t at = 0;  // in `fixed_`
    literal takes = literal::number;
  };

  std::string fixed_ = {};  // all that stands around the gaps
  std::vector<gap> gaps_ = {};
};

}  // namespace skein
