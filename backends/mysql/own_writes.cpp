#include "backends/mysql/own_writes.hpp"

#include <algorithm>
#include <string>

#include "backends/mysql/position.hpp"

namespace skein::mysql {

namespace {

// "a:5", "a:3-5" and "a:tag:5" become "a:1-5" and "a:tag:1-5", each between commas.
std::string with_what_came_before(std::string_view told) {
  std::string filled;
  while (!told.empty()) {
    const auto end = std::min(told.find(','), told.size());
    const std::string_view one = told.substr(0, end);
    told.remove_prefix(std::min(end + 1, told.size()));
    const auto colon = one.rfind(':');
    if (colon == std::string_view::npos) continue;
    const auto last = one.find_last_of(":-");
    if (!filled.empty()) filled += ',';
    filled += one.substr(0, colon + 1);
    filled += "1-";
    filled += one.substr(last + 1);
  }
  return filled;
}

}  // namespace

void own_writes::add(flavour of, std::string_view told) {
  const std::string text = of == flavour::mysql ? with_what_came_before(told) : std::string(told);
  if (!all_) all_ = gtid_position::parse(of, "");
  if (all_ && all_->advance_all(of, text)) {
    exact_ = extent_of(*all_);
  } else {
    all_.reset();
    exact_.reset();
  }
}

}  // namespace skein::mysql
