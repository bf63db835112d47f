#include "backends/postgres/server_names.hpp"

#include <algorithm>

#include "backends/postgres/builtin_functions.hpp"
#include "backends/postgres/leader_names.hpp"

namespace skein::postgres {

namespace {

static_assert(std::ranges::is_sorted(names_of_local));
static_assert(std::ranges::is_sorted(names_of_as_well));
static_assert(std::ranges::is_sorted(names_of_volatile));

constexpr std::string_view relations[] = {"pg_available_extension_versions",
                                          "pg_available_extensions",
                                          "pg_backend_memory_contexts",
                                          "pg_config",
                                          "pg_cursors",
                                          "pg_file_settings",
                                          "pg_hba_file_rules",
                                          "pg_ident_file_mappings",
                                          "pg_locks",
                                          "pg_prepared_statements",
                                          "pg_prepared_xacts",
                                          "pg_replication_origin_status",
                                          "pg_replication_slots",
                                          "pg_settings",
                                          "pg_shmem_allocations"};
static_assert(std::ranges::is_sorted(relations));

}  // namespace

server_function function_of_server(std::string_view name) {
  if (std::ranges::binary_search(names_of_local, name)) return server_function::of_one_server;
  if (std::ranges::binary_search(names_of_as_well, name)) return server_function::differs;
  if (std::ranges::binary_search(names_of_volatile, name)) return server_function::is_volatile;
  switch (kind_of_function(name)) {
    case function_kind::harmless:
      return server_function::anywhere;
    case function_kind::unknown:
      return server_function::unknown;
    case function_kind::runs_code:
      return server_function::is_volatile;
    default:
      return server_function::of_one_server;
  }
}

// pg_stats tells what the planner thinks, which all members share.
bool is_of_one_server(std::string_view relation) {
  if (relation.starts_with("pg_stat_") || relation.starts_with("pg_statio_"))
    return !relation.starts_with("pg_statistic");
  return std::ranges::binary_search(relations, relation);
}

}  // namespace skein::postgres
