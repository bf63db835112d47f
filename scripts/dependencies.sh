#!/usr/bin/env bash
# Installs what Skein needs on Debian, in named sets; quickstart.sh, test.sh and docker/Dockerfile
# share it.
#
#   scripts/dependencies.sh build          compilers and libraries
#   scripts/dependencies.sh build test     several sets at once
#   scripts/dependencies.sh --offline ...  fetch nothing, only say what is missing
#
# A set that is complete costs a fraction of a second. Needs root or sudo only when something is
# missing.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
connector_dir="$root/.deps/connector"

# What it takes to compile Skein.
build_set=(clang-19 lld-19 libclang-rt-19-dev cmake ninja-build ccache git pkg-config
           ca-certificates python3 libboost1.81-dev libssl-dev libpq-dev libyaml-cpp-dev
           prometheus-cpp-dev libpg-query-dev libprotobuf-c-dev libre2-dev liburing-dev
           libsodium-dev zlib1g-dev libzstd-dev doctest-dev libmysqlcppconn7v5)
# What quickstart.sh runs by itself, an engine a set.
demo_set=(postgresql-15 curl)
demo_mariadb_set=(mariadb-server mariadb-client curl)
demo_mysql_set=(mmdebstrap mariadb-server mariadb-client curl)  # its client, and a user `mysql`
# Real servers, peers and drivers under test.
test_set=(postgresql-15 mariadb-server etcd-server mmdebstrap openssl python3 python3-yaml
          python3-jsonschema python3-psycopg2 python3-psycopg python3-sqlalchemy python3-pymysql
          python3-cryptography python3-pytest libpostgresql-jdbc-java libmariadb-java
          default-jdk-headless
          clang-format-19 clang-tidy-19 curl sysbench)
bench_set=(postgresql-15 mariadb-server sysbench python3 pgbouncer haproxy mmdebstrap strace
           linux-perf)
# What scripts/profile.sh counts with.
profile_set=(postgresql-15 python3 llvm-19)
docker_set=(docker.io docker-compose mmdebstrap)

die() { printf 'dependencies: %s\n' "$*" >&2; exit 1; }

offline=no
wanted=()
sets="build, demo, demo-mariadb, demo-mysql, test, bench, profile, docker"
[ $# -gt 0 ] || die "name at least one set: $sets"
for word in "$@"; do
  case "$word" in
    --offline) offline=yes ;;
    build) wanted+=("${build_set[@]}") ;;
    demo) wanted+=("${demo_set[@]}") ;;
    demo-mariadb) wanted+=("${demo_mariadb_set[@]}") ;;
    demo-mysql) wanted+=("${demo_mysql_set[@]}") ;;
    test) wanted+=("${test_set[@]}") ;;
    bench) wanted+=("${bench_set[@]}") ;;
    profile) wanted+=("${profile_set[@]}") ;;
    docker) wanted+=("${docker_set[@]}") ;;
    *) die "'$word' is no set; the sets are $sets" ;;
  esac
done

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "'$*' needs root: run this as root, or install sudo"; fi
}

missing=()
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null \
  | awk '$2=="installed"{print $1}')
for package in "${wanted[@]}"; do
  grep -qxF "$package" <<<"$installed" || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  [ "$offline" = no ] || die "missing packages: ${missing[*]}"
  [ -r /etc/debian_version ] \
    || die "this script knows Debian's packages only; install by hand: ${missing[*]}"
  printf 'dependencies: installing %s\n' "${missing[*]}"
  # The packaged servers would start on the usual ports; Skein starts its own, elsewhere.
  settings=/etc/postgresql-common/createcluster.conf
  if [[ " ${missing[*]} " == *" postgresql-15 "* ]] && [ ! -e "$settings" ]; then
    as_root mkdir -p "${settings%/*}"
    echo 'create_main_cluster = false' | as_root tee "$settings" >/dev/null
  fi
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  as_root apt-get update -q || die "apt-get update failed (its own words are above)"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold "${missing[@]}" \
    || die "apt-get could not install: ${missing[*]} (its own words are above)"
  if [ "$(trap -p EXIT)" ]; then as_root rm -f "$policy"; trap - EXIT; fi
fi

# Connector/C++'s headers depend on Boost 1.74's, which cannot stand beside 1.81's on Debian 12.
# They need neither, so they are unpacked beside the tree instead of installed.
if [[ " ${wanted[*]} " == *" libmysqlcppconn7v5 "* ]] \
  && [ ! -e "$connector_dir/usr/include/cppconn/driver.h" ]; then
  [ "$offline" = no ] || die "missing: the headers of libmysqlcppconn-dev in $connector_dir"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  fetch() { (cd "$work" && apt-get download -q \
    -o APT::Sandbox::User=root libmysqlcppconn-dev); }
  fetch || { as_root apt-get update -q && fetch; } || die "could not download libmysqlcppconn-dev"
  mkdir -p "$connector_dir"
  dpkg-deb -x "$work"/libmysqlcppconn-dev_*.deb "$connector_dir"
fi
