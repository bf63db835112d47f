#include "backends/postgres/trusted_extensions.hpp"

#include <algorithm>

namespace skein::postgres {

namespace {

struct trust {
  std::string_view extension;
  std::string_view prefix = "";  // of the functions meant
  std::string_view except = "";  // a function that is not
};

// What each does is compute a value of its arguments, but where a word says more. Left out, for a
// reason: dblink and tablefunc, xml2, refint and pgrouting run SQL that they are given; isn_weak,
// hypopg, http and temporal_tables keep something in the session.
constexpr trust trusted[] = {
    {"autoinc"},  // a trigger that takes a sequence's next value, as a default does
    {"btree_gin"},
    {"btree_gist"},
    {"citext"},
    {"cube"},
    {"earthdistance"},
    {"fuzzystrmatch"},
    {"hstore"},
    {"insert_username"},  // a trigger that stores current_user
    {"intagg"},
    {"intarray"},
    {"isn", "", "isn_weak"},
    {"lo"},  // a trigger that removes a large object
    {"ltree"},
    {"moddatetime"},               // a trigger that stores the time
    {"pg_buffercache"},            // shows what is in memory
    {"pg_freespacemap"},           // shows free space
    {"pg_prewarm"},                // reads a relation's blocks
    {"pg_stat_statements"},        // shows and resets counters that all sessions share
    {"pg_trgm", "", "set_limit"},  // which is a setting
    {"pg_visibility"},             // shows and resets bits of a relation's blocks
    {"pgcrypto"},
    {"pgrowlocks"},   // shows locks
    {"pgstattuple"},  // counts rows
    // Shapes and their functions. Others edit topologies, or lock rows by a temporary table.
    {"postgis", "_st_"},
    {"postgis", "box"},
    {"postgis", "bytea"},
    {"postgis", "geography"},
    {"postgis", "geometry"},
    {"postgis", "json"},
    {"postgis", "path"},
    {"postgis", "pgis_"},  // parts of aggregates
    {"postgis", "point"},
    {"postgis", "polygon"},
    {"postgis", "st_"},
    {"postgis", "text"},
    {"postgis_raster", "_st_"},
    {"postgis_raster", "st_"},
    {"postgis_sfcgal", "cg_"},
    {"postgis_sfcgal", "st_"},
    {"seg"},
    {"sslinfo"},                        // shows the connection's certificate
    {"tcn"},                            // a trigger that notifies, at the commit
    {"timescaledb", "insert_blocker"},  // a trigger that refuses
    {"timescaledb", "time_bucket"},
    {"tsm_system_rows"},  // takes a sample
    {"tsm_system_time"},
    {"unaccent"},
    {"uuid-ossp"},
    {"vector"},
};

}  // namespace

bool is_trusted(std::string_view extension, std::string_view function) {
  return std::ranges::any_of(trusted, [&](const trust& one) {
    return one.extension == extension && function.starts_with(one.prefix) && function != one.except;
  });
}

}  // namespace skein::postgres
