#include "backends/mysql/server_names.hpp"

#include <algorithm>
#include <string>

#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

namespace {

// What information_schema tells of definitions, which all members share. All else in it, and in the
// other schemas of the server's own, is of one server: its threads, counters, settings, files.
constexpr std::string_view shared_definitions[] = {"character_sets",
                                                   "check_constraints",
                                                   "collation_character_set_applicability",
                                                   "collations",
                                                   "columns",
                                                   "key_column_usage",
                                                   "parameters",
                                                   "referential_constraints",
                                                   "routines",
                                                   "schemata",
                                                   "statistics",
                                                   "table_constraints",
                                                   "tables",
                                                   "triggers",
                                                   "views"};

// In lower case; empty: it is written without.
std::string schema_of(std::string_view relation) {
  const auto dot = relation.find('.');
  return dot == std::string_view::npos ? std::string() : in_lower_case(relation.substr(0, dot));
}

}  // namespace

bool is_of_one_server(std::string_view relation) {
  const std::string schema = schema_of(relation);
  if (schema == "information_schema")
    return !std::ranges::binary_search(shared_definitions,
                                       in_lower_case(relation.substr(schema.size() + 1)));
  return schema == "performance_schema" || schema == "sys" || schema == "mysql";
}

bool is_of_server(std::string_view relation) {
  return schema_of(relation) == "information_schema" || is_of_one_server(relation);
}

bool is_of_sys(std::string_view relation) {
  return schema_of(relation) == "sys";
}

}  // namespace skein::mysql
