#include "backends/postgres/catalog_queries.hpp"

#include <string_view>

namespace skein::postgres {

namespace {

// `families`: those of operators that have members of the user's. `used`: functions that may be the
// server's own.
constexpr std::string_view names = R"(
with schemas as materialized (
  select oid from pg_namespace where nspname !~ '^pg_(temp|toast)'
), relations as materialized (
  select oid, relname, relkind, reltype, relrowsecurity, relpersistence from pg_class
  where oid >= 16384 and relpersistence <> 't'
    and relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S') and relnamespace in (select oid from schemas)
), families as materialized (
  select amopfamily as oid from pg_amop where oid >= 16384
  union select amprocfamily from pg_amproc where oid >= 16384
), aggregated as materialized (
  select part.id::oid as part, aggfnoid::oid as id, aggsortop
  from pg_aggregate, unnest(array[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn,
    aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn]) as part(id)
  where aggfnoid::oid >= 16384 and part.id <> 0
), used as materialized (
  select oprcode::oid as oid from pg_operator where oid >= 16384
  union select castfunc from pg_cast where oid >= 16384
  union select amproc::oid from pg_amproc where oid >= 16384
  union select part from aggregated
  union select rngsubdiff::oid from pg_range where rngtypid >= 16384
), functions as materialized (
  select p.*, l.lanname from pg_proc p join pg_language l on l.oid = p.prolang
  where p.prokind <> 'p' and p.pronamespace in (select oid from schemas)
    and (p.oid >= 16384 or p.oid in (select oid from used))
))";

constexpr std::string_view things = R"(
select 'function', p.oid::text, p.proname::text, p.prokind::text || p.provolatile::text,
  p.lanname::text, coalesce(e.extname::text, ''),
  case when p.prokind <> 'a' and p.lanname in ('sql', 'plpgsql', 'internal')
    then SQL_BODY else '' end,
  (p.pronargs > 0 and p.pronargs - p.pronargdefaults <= 1 and exists (
    select from pg_type t where t.oid in (p.proargtypes[0], p.provariadic)
      and (t.typtype in ('c', 'd', 'p') or t.oid in (
        select casttarget from pg_cast where oid >= 16384 and castcontext = 'i'
          and castsource in (select oid from pg_type where typtype = 'c')))))::text
from functions p
  left join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid
    and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
  left join pg_extension e on e.oid = d.refobjid
union all
select 'relation', c.oid::text, c.relname::text, c.reltype::text,
  coalesce(t.typarray, 0)::text, coalesce(a.typname::text, ''),
  c.relkind::text || c.relpersistence::text, ''
from relations c left join pg_type t on t.oid = c.reltype
  left join pg_type a on a.oid = t.typarray
union all
select 'type', t.oid::text, t.typname::text, t.typarray::text, coalesce(a.typname::text, ''),
  '', '', ''
from pg_type t left join pg_type a on a.oid = t.typarray
where t.oid >= 16384 and t.typtype <> 'c' and t.typnamespace in (select oid from schemas)
  and t.oid not in (select typarray from pg_type where typarray <> 0)
union all
select 'operator', oid::text, oprname::text, oprcode::oid::text, oprleft::text, oprright::text,
  '', ''
from pg_operator where oid >= 16384
union all
select 'cast', castfunc::text, castsource::text, casttarget::text, '', '', '', ''
from pg_cast where oid >= 16384
union all
select 'class', opcfamily::text, opcname::text, opcintype::text, opcdefault::text, '', '', ''
from pg_opclass where opcfamily in (select oid from families)
union all
select 'trigger', tgfoid::text, tgrelid::text, (tgtype & 32 <> 0)::text, '', '', '', ''
from pg_trigger
where tgfoid >= 16384 and tgenabled <> 'D' and tgrelid in (select oid from relations)
union all
select 'trigger', evtfoid::text, '0', 'false', '', '', '', ''
from pg_event_trigger where evtenabled <> 'D' and evtevent <> 'login')";

constexpr std::string_view texts = R"(
union all
select 'text', case relkind when 'v' then 'view' else 'stored_view' end, oid::text,
  pg_get_viewdef(oid), '', '', '', ''
from relations where relkind in ('v', 'm')
union all
select 'text', 'rule', ev_class::text, pg_get_ruledef(oid), '', '', '', ''
from pg_rewrite
where ev_type <> '1' and ev_enabled <> 'D' and ev_class in (select oid from relations)
union all
select 'text', 'policy', p.polrelid::text,
  concat_ws(', ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)),
  '', '', '', ''
from pg_policy p join relations c on c.oid = p.polrelid where c.relrowsecurity
union all
select 'text', case a.attgenerated when 'v' then 'virtual_column' else 'column' end,
  d.adrelid::text, pg_get_expr(d.adbin, d.adrelid), '', '', '', ''
from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
where d.adrelid in (select oid from relations)
union all
select 'text', 'column', conrelid::text, pg_get_expr(conbin, conrelid), '', '', '', ''
from pg_constraint where contype = 'c' and conrelid in (select oid from relations)
union all
select 'text', 'trigger_condition', tgrelid::text, pg_get_triggerdef(oid), '', '', '', ''
from pg_trigger
where tgqual is not null and tgenabled <> 'D' and tgrelid in (select oid from relations)
union all
select 'text', 'index', indrelid::text,
  concat_ws(', ', pg_get_expr(indexprs, indrelid), pg_get_expr(indpred, indrelid)), '', '', '', ''
from pg_index
where (indexprs is not null or indpred is not null) and indrelid in (select oid from relations)
union all
select 'text', 'partition_key', partrelid::text, pg_get_expr(partexprs, partrelid), '', '', '', ''
from pg_partitioned_table
where partexprs is not null and partrelid in (select oid from relations)
union all
select 'text', 'domain_check', contypid::text, pg_get_expr(conbin, 0), '', '', '', ''
from pg_constraint where contype = 'c' and contypid >= 16384
union all
select 'text', 'domain_default', oid::text, pg_get_expr(typdefaultbin, 0), '', '', '', ''
from pg_type where oid >= 16384 and typtype = 'd' and typdefaultbin is not null
union all
select 'text', 'argument_default', oid::text, pg_get_expr(proargdefaults, 0), '', '', '', ''
from functions where proargdefaults is not null)";

constexpr std::string_view links = R"(
union all
select distinct 'link', kind, origin::text, target::text, '', '', '', '' from (
  select 'function_of_aggregate', part, id from aggregated
  union all select 'operator_of_aggregate', aggsortop, id from aggregated where aggsortop >= 16384
  union all select 'function_of_family', amproc::oid, amprocfamily from pg_amproc
    where oid >= 16384
  union all select 'operator_of_family', amopopr, amopfamily from pg_amop
    where oid >= 16384 and amopopr >= 16384
  union all select 'operator_of_operator', oid, twin from pg_operator,
      unnest(array[oprcom, oprnegate]) as twin
    where oid >= 16384 and twin >= 16384
  union all select 'family_of_index', o.opcfamily, i.indrelid
    from pg_index i cross join unnest(i.indclass::oid[]) as class(id)
      join pg_opclass o on o.oid = class.id
    where o.opcfamily in (select oid from families) and i.indrelid in (select oid from relations)
  union all select 'family_of_partitions', o.opcfamily, p.partrelid
    from pg_partitioned_table p cross join unnest(p.partclass::oid[]) as class(id)
      join pg_opclass o on o.oid = class.id
    where o.opcfamily in (select oid from families)
  union all select 'operator_of_constraint', used, concerned
    from pg_constraint,
      unnest(conexclop || conpfeqop || conppeqop || conffeqop) as used,
      unnest(array[conrelid, confrelid]) as concerned
    where contype in ('x', 'f', 'p', 'u') and used >= 16384 and concerned <> 0
  union all select 'function_of_range', rngsubdiff::oid, rngtypid from pg_range
    where rngtypid >= 16384 and rngsubdiff <> 0
  union all select 'family_of_range', o.opcfamily, r.rngtypid
    from pg_range r join pg_opclass o on o.oid = r.rngsubopc where r.rngtypid >= 16384
  union all select 'type_of_type', rngsubtype, rngtypid from pg_range where rngsubtype >= 16384
  MULTIRANGES
  union all select 'type_of_type', typbasetype, oid from pg_type where typbasetype >= 16384
  union all select 'type_of_type', a.atttypid, c.reltype
    from relations c join pg_attribute a on a.attrelid = c.oid
    where a.atttypid >= 16384 and a.attnum > 0 and not a.attisdropped and c.reltype <> 0
  union all select 'type_of_function', type.id, p.oid
    from functions p, unnest(p.proargtypes::oid[] || p.proallargtypes || p.prorettype) as type(id)
    where type.id >= 16384 and p.oid >= 16384
  union all select 'child_of_parent', inhrelid, inhparent from pg_inherits
    where inhrelid in (select oid from relations)
  union all select 'child_of_cascade', conrelid, confrelid from pg_constraint
    where contype = 'f' and (confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd'))
      and conrelid in (select oid from relations)
  union all select 'relation_of_view', d.refobjid, r.ev_class
    from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_class'::regclass
    where r.ev_type = '1' and d.refobjid <> r.ev_class
      and r.ev_class in (select oid from relations where relkind = 'v')
) as link(kind, origin, target))";

// Expressions of extended statistics.
constexpr std::string_view statistics = R"(
union all
select 'text', 'index', stxrelid::text,
  array_to_string(pg_get_statisticsobjdef_expressions(oid), ', '), '', '', '', ''
from pg_statistic_ext
where stxexprs is not null and stxrelid in (select oid from relations))";

void replace(std::string& text, std::string_view word, std::string_view with) {
  text.replace(text.find(word), word.size(), with);
}

}  // namespace

std::string catalog_query(int server_version) {
  const bool is_14 = server_version >= 140000;
  std::string query;
  for (const auto part : {names, things, texts, links}) query += part;
  if (is_14) query += statistics;
  replace(query, "SQL_BODY",
          is_14 ? "coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)" : "p.prosrc");
  replace(query, "MULTIRANGES",
          is_14 ? "union all select 'type_of_type', rngtypid, rngmultitypid from pg_range "
                  "where rngtypid >= 16384"
                : "");
  return query;
}

}  // namespace skein::postgres
