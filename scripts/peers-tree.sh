#!/usr/bin/env bash
# The newest proxies to compare Skein with, beside the system: Debian 12's are years old, so Debian
# sid's PgBouncer, Odyssey and Pgpool-II are unpacked into an ignored folder. Nothing is installed.
#
#   scripts/peers-tree.sh                     unpacks them if they are not there, prints the folder
#   scripts/peers-tree.sh run PROGRAM ARG...  runs pgbouncer, odyssey, pgpool out of it
#
# The folder is peers-tree in $SKEIN_TEST_CACHE, or in .cache at the root of the sources. Needs the
# network (Debian's mirror) the first time only; tests/bench/proxy.sh itself never fetches.
# Remove the folder to have newer versions next time.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
tree=${SKEIN_TEST_CACHE:-$root/.cache}/peers-tree

die() { printf 'peers-tree: %s\n' "$*" >&2; exit 1; }
# shellcheck source=scripts/sid_tree.sh
. "$root/scripts/sid_tree.sh"

case "${1:-}" in
  "")
    unpack_sid "$tree" usr/sbin/pgbouncer pgbouncer odyssey pgpool2
    echo "$tree" ;;
  run)
    [ $# -ge 2 ] || die "run what?"
    [ -e "$tree" ] || die "there is no $tree yet: run scripts/peers-tree.sh without a word"
    shift
    run_sid "$tree" "" "$@" ;;
  *) die "unknown word '$1'; see the head of this file" ;;
esac
