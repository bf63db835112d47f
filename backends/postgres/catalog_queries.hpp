// What catalog_reader asks a server: for a digest, by which a change shows, and for everything, in
// one statement, so that one snapshot answers. Its session finds nothing by a bare name but the
// server's own: see the reader's options.
#pragma once

#include <string>

namespace skein::postgres {

// One row: the server's version as a number, its search_path, and a digest that is another once
// something has changed that the other query would tell. A row's xmin does not move when VACUUM
// freezes it; those of pg_class do when a table is truncated or rewritten, so that what matters of
// them is taken instead. Temporary relations come and go.
constexpr const char* catalog_digest_query = R"(
with schemas as materialized (
  select oid from pg_namespace where nspname !~ '^pg_(temp|toast)'
), relations as materialized (
  select oid, relname, relkind, relrowsecurity, reltype, relpersistence from pg_class
  where oid >= 16384 and relpersistence <> 't' and relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S')
    and relnamespace in (select oid from schemas)
), places(kind, id, version) as (
  select 1, oid, xmin from pg_proc where oid >= 16384 and pronamespace in (select oid from schemas)
  union all select 2, oid, xmin from pg_rewrite where ev_class in (select oid from relations)
  union all select 3, oid, xmin from pg_trigger where tgrelid in (select oid from relations)
  union all select 4, oid, xmin from pg_event_trigger
  union all select 5, oid, xmin from pg_policy where polrelid in (select oid from relations)
  union all select 6, oid, xmin from pg_attrdef where adrelid in (select oid from relations)
  union all select 7, oid, xmin from pg_constraint where oid >= 16384
    and (conrelid = 0 or conrelid in (select oid from relations))
  union all select 8, indexrelid, xmin from pg_index where indrelid in (select oid from relations)
  union all select 9, oid, xmin from pg_type
    where oid >= 16384 and typnamespace in (select oid from schemas)
  union all select 10, oid, xmin from pg_operator where oid >= 16384
  union all select 11, oid, xmin from pg_opclass where oid >= 16384
  union all select 12, oid, xmin from pg_amop where oid >= 16384
  union all select 13, oid, xmin from pg_amproc where oid >= 16384
  union all select 14, oid, xmin from pg_cast where oid >= 16384
  union all select 15, inhrelid, xmin from pg_inherits where inhrelid in (select oid from relations)
  union all select 16, aggfnoid::oid, xmin from pg_aggregate where aggfnoid::oid >= 16384
  union all select 17, rngtypid, xmin from pg_range where rngtypid >= 16384
  union all select 18, partrelid, xmin from pg_partitioned_table
  union all select 19, oid, xmin from pg_statistic_ext where stxrelid in (select oid from relations)
  union all select 20, objid, xmin from pg_depend where refclassid = 'pg_extension'::regclass
  union all select 21, attrelid, xmin from pg_attribute
    where atttypid >= 16384 and attrelid in (select oid from relations)
), hashes(hash) as (
  select hashint8extended(id::int8 << 32 | version::text::int8, kind) from places
  union all
  select hashtextextended(concat_ws(' ', oid, relname, relkind, relrowsecurity, reltype,
    relpersistence), 0)
  from relations
)
select current_setting('server_version_num'), current_setting('search_path'),
  count(*) || ' ' || coalesce(sum(hash), 0) from hashes)";

// Rows of a word that says what they tell, and up to seven values, as catalog_reader takes them.
std::string catalog_query(int server_version);
constexpr int catalog_columns = 8;

}  // namespace skein::postgres
