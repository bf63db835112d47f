#include "backends/mysql/tracking.hpp"

#include <algorithm>
#include <iterator>

#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

namespace {

constexpr std::string_view reported_by_default[] = {"autocommit", "character_set_client",
                                                    "character_set_connection",
                                                    "character_set_results", "time_zone"};

bool is_on(std::string_view value) {
  return value != "OFF" && value != "0";
}

std::set<std::string, std::less<>> names_in(std::string_view list) {
  std::set<std::string, std::less<>> names;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    std::string_view name = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) names.insert(in_lower_case(name));
  }
  return names;
}

}  // namespace

void tracking::heed(std::string_view name, std::string_view value) {
  if (name == "session_track_system_variables") {
    variables_ = names_in(value);
    all_variables_ = variables_->contains("*");
  } else if (name == "session_track_schema") {
    schema_ = is_on(value);
  } else if (name == "session_track_state_change") {
    state_ = is_on(value);
  } else if (name == "session_track_gtids") {
    gtids_ = is_on(value);
  } else if (name == "session_track_transaction_info") {
    transaction_state_ = is_on(value);
    characteristics_ = value == "CHARACTERISTICS";
  }
}

bool tracking::wants_variable(std::string_view name) const {
  if (all_variables_) return true;
  if (variables_) return variables_->contains(name);
  return std::ranges::find(reported_by_default, name) != std::end(reported_by_default);
}

bool tracking::wants(const session_change& what) const {
  switch (what.what) {
    case session_track::system_variable:
      return wants_variable(what.name);
    case session_track::schema:
      return schema_;
    case session_track::state_change:
      return state_;
    case session_track::gtids:
      return gtids_;
    case session_track::transaction_characteristics:
      return characteristics_;
    case session_track::transaction_state:
      return transaction_state_;
  }
  return false;
}

}  // namespace skein::mysql
