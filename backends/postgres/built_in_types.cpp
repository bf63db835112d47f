#include "backends/postgres/built_in_types.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace skein::postgres {

namespace {

struct known_type {
  std::string_view name;
  std::uint32_t oid;
  std::uint32_t array_oid;
  bool by_name = true;
};

constexpr bool in_grammar = false;

// pg_type's, and the grammar's words for some of them.
constexpr auto known_types = std::to_array<known_type>({
    {"bigint", 20, 1016, in_grammar},
    {"bit", 1560, 1561, in_grammar},
    {"bit varying", 1562, 1563, in_grammar},
    {"bool", 16, 1000},
    {"boolean", 16, 1000, in_grammar},
    {"bpchar", 1042, 1014},
    {"bytea", 17, 1001},
    {"char", 1042, 1014, in_grammar},
    {"char varying", 1043, 1015, in_grammar},
    {"character", 1042, 1014, in_grammar},
    {"character varying", 1043, 1015, in_grammar},
    {"cidr", 650, 651},
    {"date", 1082, 1182},
    {"dec", 1700, 1231, in_grammar},
    {"decimal", 1700, 1231, in_grammar},
    {"double precision", 701, 1022, in_grammar},
    {"float", 701, 1022, in_grammar},
    {"float4", 700, 1021},
    {"float8", 701, 1022},
    {"inet", 869, 1041},
    {"int", 23, 1007, in_grammar},
    {"int2", 21, 1005},
    {"int4", 23, 1007},
    {"int8", 20, 1016},
    {"integer", 23, 1007, in_grammar},
    {"interval", 1186, 1187, in_grammar},
    {"json", 114, 199},
    {"jsonb", 3802, 3807},
    {"money", 790, 791},
    {"name", 19, 1003},
    {"numeric", 1700, 1231, in_grammar},
    {"oid", 26, 1028},
    {"real", 700, 1021, in_grammar},
    {"regclass", 2205, 2210},
    {"smallint", 21, 1005, in_grammar},
    {"text", 25, 1009},
    {"time", 1083, 1183, in_grammar},
    {"time with time zone", 1266, 1270, in_grammar},
    {"time without time zone", 1083, 1183, in_grammar},
    {"timestamp", 1114, 1115, in_grammar},
    {"timestamp with time zone", 1184, 1185, in_grammar},
    {"timestamp without time zone", 1114, 1115, in_grammar},
    {"timestamptz", 1184, 1185},
    {"timetz", 1266, 1270},
    {"tsquery", 3615, 3645},
    {"tsvector", 3614, 3643},
    {"unknown", 705, 0},
    {"uuid", 2950, 2951},
    {"varbit", 1562, 1563},
    {"varchar", 1043, 1015, in_grammar},
    {"xml", 142, 143},
});
static_assert(std::ranges::is_sorted(known_types, {}, &known_type::name));

bool ends_type(const statement_cursor& at, std::size_t depth) {
  return at.ended() || at.is(token_kind::comma) ||
         (at.is(token_kind::close) && at.depth() == depth);
}

// [], [3], ARRAY, ARRAY[3]: to the type's end; false: something else stands there.
bool pass_bounds(statement_cursor& at, std::size_t depth) {
  at.pass("array");
  for (; !ends_type(at, depth); at.advance())
    if (at.now().text != "[" && at.now().text != "]" && !at.is(token_kind::number)) return false;
  return true;
}

}  // namespace

std::optional<built_in_type> read_built_in_type(statement_cursor& at) {
  const std::size_t depth = at.depth();
  std::string name;
  bool limited = false;
  bool qualified = false;
  for (; !ends_type(at, depth) && at.now().text != "[" && !at.is("array"); at.advance()) {
    if (at.is(token_kind::dot) && name == "pg_catalog") {
      qualified = true;
      name.clear();
    } else if (at.is(token_kind::word)) {
      if (!name.empty()) name += ' ';
      name += name_of(at.now())->view();
    } else if (at.is(token_kind::open) && !limited) {
      limited = true;
      at.advance();
      while (at.is(token_kind::number) || at.is(token_kind::comma)) at.advance();
      if (!at.is(token_kind::close)) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  const bool array = !ends_type(at, depth);
  if (!pass_bounds(at, depth)) return std::nullopt;
  const auto known = std::ranges::lower_bound(known_types, name, {}, &known_type::name);
  if (known == known_types.end() || known->name != name) return std::nullopt;
  // FLOAT(1) is another type than FLOAT, and the grammar's words are no names.
  if ((limited && name == "float") || (qualified && !known->by_name)) return std::nullopt;
  const std::uint32_t oid = array ? known->array_oid : known->oid;
  if (oid == 0) return std::nullopt;
  return built_in_type{oid, known->by_name && !qualified};
}

}  // namespace skein::postgres
