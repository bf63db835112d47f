#!/usr/bin/python3
# Writes of the functions that a PostgreSQL server brings along, as a fresh server's catalog lists
# them: which of them leave something in the session (backends/postgres/builtin_names.hpp), and
# which only the leader may run (leader_names.hpp beside it).
#
#   PGHOST=... PGUSER=... scripts/builtin_functions.py             builtin_names to standard output
#   PGHOST=... PGUSER=... scripts/builtin_functions.py --leader    leader_names
#   ... scripts/builtin_functions.py [--leader] --check FILE       is FILE what would be written?
#
# Taken are the functions in C, internal and SQL that initdb made, by name: all of a name's
# overloads must be of one kind. Left out is what nobody calls in a statement: functions on internal
# types, the support functions of types, operator classes and aggregates, and what serves initdb and
# pg_upgrade.
import difflib
import re
import subprocess
import sys
import textwrap

QUERY = r"""
select distinct p.proname
from pg_proc p join pg_language l on l.oid = p.prolang
where p.pronamespace = 'pg_catalog'::regnamespace and l.lanname in ('internal', 'c', 'sql')
  and p.oid < 16384 and p.proname !~ '^(binary_upgrade_|pg_stop_making_pinned_objects)'
  and not p.proargtypes::oid[] && array['internal', 'cstring']::regtype[]::oid[]
  and p.prorettype not in ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype,
    'event_trigger'::regtype, 'language_handler'::regtype, 'index_am_handler'::regtype,
    'table_am_handler'::regtype, 'fdw_handler'::regtype, 'tsm_handler'::regtype)
  and coalesce(obj_description(p.oid, 'pg_proc'), '') !~
    '^(I/O|less-equal-greater|hash$|aggregate (final|transition|combine))'
"""

# Not harmless, by what must be done about it; each with its reason. Everything else in the catalog
# leaves nothing behind, or nothing beyond its transaction: descriptors of large objects (lo_*),
# exported snapshots, locks of a transaction. A session also keeps the last values of sequences, for
# currval() and lastval(); those are not anybody else's concern, and so nextval() is harmless.
EXCEPTIONS = {
    "sets": {
        r"set_config": "changes a setting, which is named in the call",
    },
    "locks": {
        r"pg_(try_)?advisory_(un)?lock(_shared|_all)?": "held until the session ends; can be seen",
    },
    "runs_code": {
        r"setseed": "decides what random() gives from then on",
        r"query_to_xml.*": "runs a query that it is given as text",
        r"(table|schema|database)_to_xml.*": "reads views that it is given by name, or all of them",
        r"ts_stat": "runs a query that it is given as text",
        r"ts_rewrite": "runs a query that it is given as text",
        r"pg_logical_slot_(get|peek)_.*": "runs the code of a decoding plugin",
        r".*_validator": "loads a function's library",
    },
    "binds": {
        r"pg_backup_(start|stop)": "a backup belongs to the session that began it",
        r"pg_(create|copy)_.*_replication_slot": "a temporary slot ends with the session",
        r"pg_replication_origin_(session|xact)_(setup|reset)": "an origin belongs to the session",
    },
}

# For routing. What only one server or one connection can tell, or where it is held ...
LOCAL = (r"(curr|last)val|current_setting|set_config|inet_(client|server)_(addr|port)|.*advisory.*|"
         r"pg_stat_.*|pg_ls_.*|pg_read_.*|pg_wal_replay_.*|pg_last_.*|pg_control_.*|pg_show_.*|"
         r"pg_walfile_.*|"
         r"pg_(backend_pid|blocking_pids|safe_snapshot_blocking_pids|cancel_backend|"
         r"terminate_backend|log_backend_memory_contexts|reload_conf|rotate_logfile|promote|"
         r"is_in_recovery|is_wal_replay_paused|get_wal_replay_pause_state|conf_load_time|"
         r"postmaster_start_time|listening_channels|cursor|prepared_(statement|xact)|lock_status|"
         r"my_temp_schema|is_other_temp_schema|trigger_depth|jit_available|current_logfile|"
         r"hba_file_rules|ident_file_mappings|config|available_extension.*|"
         r"extension_update_paths|get_shmem_allocations|get_backend_memory_contexts|"
         r"tablespace_databases|get_(replication|wal).*|notification_queue_usage)")
# ... what is volatile, for it names a moment of the leader's, though it says that it is stable ...
VOLATILE = r"txid_current(_snapshot|_if_assigned)?|pg_current_(snapshot|xact_id(_if_assigned)?)"
# ... and what is volatile only because each call has a value of its own: a follower does as well.
AS_WELL = r"random|clock_timestamp|timeofday|gen_random_uuid|pg_sleep(_for|_until)?"

HEADER = """\
// The functions that a PostgreSQL {version} server brings along, written by
// scripts/builtin_functions.py, which says what is taken and why some are {what}. Sorted,
// and included by {user} alone.
#pragma once

#include <array>
#include <string_view>

namespace skein::postgres {{

// clang-format off
{arrays}
// clang-format on

}}  // namespace skein::postgres
"""


def ask(query):
    told = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", query],
                          capture_output=True, text=True, check=False)
    if told.returncode != 0:
        sys.exit(f"psql: {told.stderr.strip()}")
    return told.stdout.split("\n")[:-1]


def kind_of(name):
    for kind, patterns in EXCEPTIONS.items():
        if any(re.fullmatch(pattern, name) for pattern in patterns):
            return kind
    return "harmless"


def array(kind, names):
    entries = textwrap.fill(", ".join(f'"{name}"' for name in names), width=100,
                            initial_indent="  ", subsequent_indent="  ")
    return ("inline constexpr auto names_of_%s = std::to_array<std::string_view>({\n%s});"
            % (kind, entries))


def named():
    names = sorted(ask(QUERY), key=str.encode)
    unused = [pattern for patterns in EXCEPTIONS.values() for pattern in patterns
              if not any(re.fullmatch(pattern, name) for name in names)]
    if unused:
        sys.exit(f"no function of this server is named: {', '.join(unused)}")
    return names


def header(what, user, arrays):
    return HEADER.format(version=ask("show server_version")[0].split(".")[0], what=what, user=user,
                         arrays="\n\n".join(arrays))


def of_sessions(names):
    return header("not harmless", "builtin_functions.cpp",
                  [array(kind, [name for name in names if kind_of(name) == kind])
                   for kind in ["harmless", *EXCEPTIONS]])


def of_leader(names):
    volatile = ask(QUERY + "  and p.provolatile = 'v'")
    kept = {"local": [name for name in names if re.fullmatch(LOCAL, name)],
            "as_well": [name for name in names if re.fullmatch(AS_WELL, name)]}
    kept["volatile"] = [name for name in names
                        if name not in kept["local"] and name not in kept["as_well"]
                        and (name in volatile or re.fullmatch(VOLATILE, name))]
    return header("the leader's", "server_names.cpp",
                  [array(kind, found) for kind, found in kept.items()])


def main():
    asked = sys.argv[1:]
    written = of_leader(named()) if "--leader" in asked else of_sessions(named())
    if len(asked) > 1 and asked[-2] == "--check":
        with open(asked[-1], encoding="utf-8") as file:
            found = file.read()
        sys.stdout.writelines(difflib.unified_diff(found.splitlines(True), written.splitlines(True),
                                                   asked[-1], "this server's functions"))
        sys.exit(0 if found == written else 1)
    sys.stdout.write(written)


if __name__ == "__main__":
    main()
