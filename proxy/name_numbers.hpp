// Names as small numbers, for what is kept of every statement: of members and rules, which are few
// however often the settings change. One branch's; a name that once had a number keeps it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace skein::proxy {

class name_numbers {
 public:
  using number = std::uint16_t;

  number of(std::string_view name) {
    const auto known = std::ranges::find(names_, name);
    const auto at = static_cast<std::size_t>(known - names_.begin());
    if (known != names_.end()) return static_cast<number>(at);
    if (names_.size() > std::numeric_limits<number>::max()) return 0;
    names_.emplace_back(name);
    return static_cast<number>(at);
  }
  const std::string& name(number of) const { return names_[of]; }

 private:
  std::vector<std::string> names_ = {""};
};

}  // namespace skein::proxy
