#include "backends/mysql/builtin_functions.hpp"

#include <algorithm>
#include <span>

#include "backends/mysql/builtin_names.hpp"

namespace skein::mysql {

namespace {

constexpr bool sorted(std::span<const std::string_view> names) {
  return std::ranges::is_sorted(names);
}
static_assert(sorted(of_both) && sorted(of_mysql) && sorted(of_mariadb) && sorted(varying) &&
              sorted(of_one_server) && sorted(of_one_mysql) && sorted(of_one_mariadb) &&
              sorted(with_parenthesis));

bool holds(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::binary_search(names, name);
}

}  // namespace

function_kind kind_of(const function_use& called, flavour of) {
  const std::string_view name = called.name;
  const bool mariadb = of == flavour::mariadb;
  if (!called.built_in) return function_kind::unknown;
  if (called.behind_blank && holds(with_parenthesis, name)) return function_kind::unknown;
  if (mariadb && (name == "nextval" || name == "setval")) return function_kind::writes;
  if (holds(of_one_server, name) ||
      holds(mariadb ? std::span<const std::string_view>(of_one_mariadb) : of_one_mysql, name))
    return function_kind::of_server;
  if (holds(varying, name) || (mariadb && name == "sys_guid")) return function_kind::varies;
  if (holds(of_both, name) ||
      holds(mariadb ? std::span<const std::string_view>(of_mariadb) : of_mysql, name))
    return function_kind::plain;
  return function_kind::unknown;
}

}  // namespace skein::mysql
