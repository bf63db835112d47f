#!/usr/bin/env bash
# A real MySQL 9 beside the system: Debian 12 has none, so Debian sid's is unpacked, with its own C
# library, into an ignored folder. Nothing is installed; its programs run under their own loader.
#
#   scripts/mysql-tree.sh                     unpacks it if it is not there, prints the folder
#   scripts/mysql-tree.sh run PROGRAM ARG...  runs mysqld, mysql, mysqlrouter... out of it
#
# The folder is mysql-tree in $SKEIN_TEST_CACHE, or in .cache at the root of the sources. Safe to
# run any number of times at once. Needs the network (Debian's mirror) the first time only.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${SKEIN_TEST_CACHE:-$root/.cache}
tree=$cache/mysql-tree

die() { printf 'mysql-tree: %s\n' "$*" >&2; exit 1; }

unpack() {
  command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: run scripts/dependencies.sh test"
  mkdir -p "$cache"
  exec 9>"$cache/mysql-tree.lock"
  flock 9
  # Another run may have made it while this one waited.
  [ ! -e "$tree" ] || return 0
  rm -rf "$tree.tmp"
  # Left to choose, mmdebstrap would want a namespace of its own: containers refuse it to all but
  # root. To unpack takes none, but root is not let in that way.
  local mode=auto
  [ "$(id -u)" = 0 ] || mode=chrootless
  # Sid moves on while mirrors lag behind: an old Release file will do, a wrong signature will not.
  mmdebstrap --quiet --mode=$mode --aptopt='Acquire::Check-Valid-Until "false"' --variant=extract \
    --include=mysql-server-core,mysql-client-core,mysql-router sid "$tree.tmp" >&2 9>&- \
    || die "could not unpack MySQL from Debian sid; mmdebstrap's own words are above"
  rm -rf "$tree.tmp"/usr/share/{doc,man,locale,info} "$tree.tmp"/var/{cache,lib}/apt
  [ -x "$tree.tmp/usr/sbin/mysqld" ] || die "Debian sid's mysql-server-core holds no mysqld"
  mv "$tree.tmp" "$tree"
}

run() {
  local program=$1 found libraries
  shift
  found=$(command -v "$tree/usr/sbin/$program" || command -v "$tree/usr/bin/$program") \
    || die "no program '$program' in $tree"
  libraries=$tree/usr/lib/x86_64-linux-gnu
  exec "$libraries/ld-linux-x86-64.so.2" \
    --library-path "$libraries:$libraries/mysql/private:$tree/usr/lib/mysql-router" \
    --argv0 "$found" "$found" "$@"
}

[ -e "$tree" ] || unpack
case "${1:-}" in
  "") echo "$tree" ;;
  run) [ $# -ge 2 ] || die "run what?"; shift; run "$@" ;;
  *) die "unknown word '$1'; see the head of this file" ;;
esac
