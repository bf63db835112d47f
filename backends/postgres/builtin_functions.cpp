#include "backends/postgres/builtin_functions.hpp"

#include <algorithm>
#include <bitset>

#include "backends/postgres/builtin_names.hpp"

namespace skein::postgres {

namespace {

struct harmful {
  std::string_view name;
  function_kind kind;
};

constexpr auto harmful_functions = [] {
  std::array<harmful, names_of_sets.size() + names_of_locks.size() + names_of_runs_code.size() +
                          names_of_binds.size()>
      all{};
  std::size_t count = 0;
  const auto add = [&](const auto& names, function_kind kind) {
    for (const auto name : names) all[count++] = {name, kind};
  };
  add(names_of_sets, function_kind::sets);
  add(names_of_locks, function_kind::locks);
  add(names_of_runs_code, function_kind::runs_code);
  add(names_of_binds, function_kind::binds);
  return all;
}();

static_assert(std::ranges::is_sorted(names_of_harmless));

// What servers from 16 on have beyond these, and applications use.
constexpr auto newer_harmless = std::to_array<std::string_view>({"any_value",
                                                                 "array_reverse",
                                                                 "array_sample",
                                                                 "array_shuffle",
                                                                 "array_sort",
                                                                 "casefold",
                                                                 "crc32",
                                                                 "crc32c",
                                                                 "date_add",
                                                                 "date_subtract",
                                                                 "erf",
                                                                 "erfc",
                                                                 "gamma",
                                                                 "json_serialize",
                                                                 "json_scalar",
                                                                 "lgamma",
                                                                 "pg_basetype",
                                                                 "pg_input_error_info",
                                                                 "pg_input_is_valid",
                                                                 "random_normal",
                                                                 "to_bin",
                                                                 "to_oct",
                                                                 "unicode_assigned",
                                                                 "uuid_extract_timestamp",
                                                                 "uuid_extract_version",
                                                                 "uuidv4",
                                                                 "uuidv7",
                                                                 "xmltext"});

// Of the length and the first letters, in either case.
constexpr std::size_t mark_of(std::string_view name) {
  return ((static_cast<unsigned char>(name[0]) | 0x20U) * 31 +
          (static_cast<unsigned char>(name[1]) | 0x20U) * 7 + name.size()) %
         256;
}

const auto harmful_marks = [] {
  std::bitset<256> marks;
  for (const auto& one : harmful_functions) marks.set(mark_of(one.name));
  return marks;
}();

}  // namespace

function_kind kind_of_function(std::string_view name) {
  if (std::ranges::binary_search(names_of_harmless, name)) return function_kind::harmless;
  if (std::ranges::find(newer_harmless, name) != newer_harmless.end())
    return function_kind::harmless;
  if (may_be_harmful(name))
    if (const auto at = std::ranges::find(harmful_functions, name, &harmful::name);
        at != harmful_functions.end())
      return at->kind;
  return function_kind::unknown;
}

bool may_be_harmful(std::string_view name) {
  return name.size() > 1 && harmful_marks.test(mark_of(name));
}

}  // namespace skein::postgres
