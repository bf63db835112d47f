// Boost.JSON is used as headers, so its code is compiled here: the packaged library would be one
// more thing to install for a few hundred bytes a second.
#include "coordination/json.hpp"

#include <boost/json/src.hpp>
#include <charconv>

namespace skein::coordination {

std::optional<value> read_object(std::string_view text) {
  boost::system::error_code failed;
  value read = boost::json::parse(boost::json::string_view(text.data(), text.size()), failed);
  if (failed || !read.is_object()) return std::nullopt;
  return read;
}

json_fields::json_fields(const value& of) : of_(of.if_object()), sound_(of_ != nullptr) {}

const value* json_fields::find(std::string_view name) const {
  return of_ ? of_->if_contains(boost::json::string_view(name.data(), name.size())) : nullptr;
}

template <typename Number>
Number json_fields::number(std::string_view name) {
  const value* found = find(name);
  Number read = 0;
  if (!found) return read;
  if (const auto* digits = found->if_string()) {
    const char* end = digits->data() + digits->size();
    const auto [at, failed] = std::from_chars(digits->data(), end, read);
    if (failed == std::errc() && at == end) return read;
  } else if (found->is_number()) {
    boost::system::error_code failed;
    read = found->to_number<Number>(failed);
    if (!failed) return read;
  }
  sound_ = false;
  return 0;
}

std::int64_t json_fields::integer(std::string_view name) {
  return number<std::int64_t>(name);
}

std::uint64_t json_fields::natural(std::string_view name) {
  return number<std::uint64_t>(name);
}

std::string json_fields::text(std::string_view name) {
  const value* found = find(name);
  if (!found) return {};
  if (const auto* words = found->if_string()) return {words->data(), words->size()};
  sound_ = false;
  return {};
}

bool json_fields::flag(std::string_view name) {
  const value* found = find(name);
  if (!found) return false;
  if (const bool* set = found->if_bool()) return *set;
  sound_ = false;
  return false;
}

const value* json_fields::object(std::string_view name) {
  const value* found = find(name);
  if (!found || found->is_object()) return found;
  sound_ = false;
  return nullptr;
}

const boost::json::array* json_fields::list(std::string_view name) {
  const value* found = find(name);
  if (!found) return nullptr;
  const auto* items = found->if_array();
  if (!items) sound_ = false;
  return items;
}

}  // namespace skein::coordination
