#!/usr/bin/env bash
# A real MySQL 9 beside the system: Debian 12 has none, so Debian sid's is unpacked into an ignored
# folder. Nothing is installed.
#
#   scripts/mysql-tree.sh                     unpacks it if it is not there, prints the folder
#   scripts/mysql-tree.sh run PROGRAM ARG...  runs mysqld, mysql, mysqlrouter... out of it
#
# The folder is mysql-tree in $SKEIN_TEST_CACHE, or in .cache at the root of the sources. Safe to
# run any number of times at once. Needs the network (Debian's mirror) the first time only.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
tree=${SKEIN_TEST_CACHE:-$root/.cache}/mysql-tree

die() { printf 'mysql-tree: %s\n' "$*" >&2; exit 1; }
# shellcheck source=scripts/sid_tree.sh
. "$root/scripts/sid_tree.sh"

unpack_sid "$tree" usr/sbin/mysqld mysql-server-core mysql-client-core mysql-router
case "${1:-}" in
  "") echo "$tree" ;;
  run)
    [ $# -ge 2 ] || die "run what?"
    shift
    run_sid "$tree" x86_64-linux-gnu/mysql/private:mysql-router "$@" ;;
  *) die "unknown word '$1'; see the head of this file" ;;
esac
