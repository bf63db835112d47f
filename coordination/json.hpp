// Reads JSON that came over a network or out of etcd: by Boost.JSON, which limits depth and says no
// by a value. A field that is there in another shape than wanted makes the whole reading fail.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::coordination {

using boost::json::value;

// Nothing: this is no JSON object.
std::optional<value> read_object(std::string_view text);

// The fields of one object. What is absent is 0, empty, false; numbers may be written as text.
class json_fields {
 public:
  explicit json_fields(const value& of);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::int64_t integer(std::string_view name);
  std::uint64_t natural(std::string_view name);
  std::string text(std::string_view name);
  bool flag(std::string_view name);
  const value* object(std::string_view name);             // null: absent, or no object
  const boost::json::array* list(std::string_view name);  // null: absent, or no list

  bool sound() const { return sound_; }

 private:
  const value* find(std::string_view name) const;
  template <typename Number>
  Number number(std::string_view name);

  const boost::json::object* of_;
  bool sound_;
};

}  // namespace skein::coordination
