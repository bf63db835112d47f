#!/usr/bin/env bash
# Brings the Compose stack up on a real Docker engine, both of its clusters, queries through Skein,
# stops each leader's container, shows what the status and the metrics say, promotes a follower and
# queries again. Where no registry can be reached, the images are made of Debian's packages.
#
#   docker/test.sh          all of it; leaves nothing running
#   docker/test.sh images   only the images that do not depend on Skein's code
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in "" | images) ;; *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
steps_log=.run/log/docker
# shellcheck source=scripts/steps.sh
. scripts/steps.sh

up=no
engine_pid=
engine_folder=
project=skein-test-$$
export SKEIN_IMAGE=skein:test POSTGRES_IMAGE=skein-test-postgres:15
export MARIADB_IMAGE=skein-test-mariadb:10.11
export COMPOSE_PROJECT_NAME=$project

stop_engine() {
  [ -n "$engine_pid" ] || return 0
  kill -TERM "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  umount "$engine_folder"/exec/netns/* 2>/dev/null || true  # the engine leaves it mounted
  rm -rf "$engine_folder"
}

leave() {
  trap '' INT TERM HUP
  stop_step
  [ "$up" = no ] || compose down --volumes --timeout 5 >/dev/null 2>&1 || true
  stop_engine
}

# The engine that is there, or one of our own: its images stay in .cache/docker between runs.
find_engine() {
  if docker info >/dev/null 2>&1; then return 0; fi
  [ "$(id -u)" = 0 ] || { echo "no Docker engine answers; as root this starts one" >&2; exit 1; }
  engine_folder=$(mktemp -d /tmp/skein-docker-XXXX)
  mkdir -p .cache/docker
  export DOCKER_HOST=unix://$engine_folder/socket
  setsid dockerd --host "$DOCKER_HOST" --data-root "$PWD/.cache/docker" \
    --exec-root "$engine_folder/exec" --pidfile "$engine_folder/pid" \
    >"$steps_log/dockerd.log" 2>&1 </dev/null &
  engine_pid=$!
  local limit=$((SECONDS + 60))
  until docker info >/dev/null 2>&1; do
    if ! kill -0 "$engine_pid" 2>/dev/null || [ $SECONDS -ge $limit ]; then
      echo "FAILED: dockerd did not start; $steps_log/dockerd.log ends:" >&2
      tail -n 15 "$steps_log/dockerd.log" >&2
      exit 1
    fi
    sleep 0.2
  done
}

compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose -f docker/compose.yaml --profile both "$@"
  else
    docker-compose -f docker/compose.yaml --profile both "$@"
  fi
}

# make_base TAG: Debian 12, pulled or made.
make_base() {
  docker image inspect "debian:$1" >/dev/null 2>&1 && return 0
  timeout 60 docker pull "debian:$1" && return 0
  local archive
  archive=$(mktemp /tmp/skein-debian-XXXX.tar)
  mmdebstrap --quiet --variant=minbase bookworm "$archive" \
    && docker import "$archive" "debian:$1" && rm -f "$archive"
}

build_image() { # build_image TAG DOCKERFILE FOLDER
  docker build --network host --tag "$1" --file "$2" "$3"
}

make_images() {
  step "Image debian:bookworm" "mmdebstrap wants a way to Debian's packages" make_base bookworm
  if ! docker image inspect debian:bookworm-slim >/dev/null 2>&1; then
    docker tag debian:bookworm debian:bookworm-slim
  fi
  step "Image of PostgreSQL 15" "docker/members/postgres.Dockerfile is what failed" \
    build_image "$POSTGRES_IMAGE" docker/members/postgres.Dockerfile docker/members
  step "Image of MariaDB 10.11" "docker/members/mariadb.Dockerfile is what failed" \
    build_image "$MARIADB_IMAGE" docker/members/mariadb.Dockerfile docker/members
}

ask() { # ask SQL, through Skein, by a client inside the stack's network
  compose exec -T -e PGPASSWORD=skein -e PGCONNECT_TIMEOUT=5 c \
    psql -XAt -v ON_ERROR_STOP=1 -h skein -U app -p 6432 app -c "$1"
}

ask_mariadb() { # ask_mariadb SQL, likewise
  compose exec -T f mariadb -NB --connect-timeout=5 -h skein -P 6033 -u app -pskein app -e "$1"
}

status() { compose exec -T skein-both skein status /etc/skein/skein.yaml "$@"; }

metrics() { curl -sS "http://127.0.0.1:$ADMIN_PORT/metrics"; }

# wait_for TITLE SECONDS command...
wait_for() {
  local title=$1 limit=$((SECONDS + $2))
  shift 2
  until "$@" >"$steps_log/waiting" 2>&1; do
    if [ $SECONDS -ge $limit ]; then
      printf 'FAILED: waited in vain until %s; last heard:\n' "$title" >&2
      tail -n 20 "$steps_log/waiting" >&2
      compose logs --tail 20 >&2
      exit 1
    fi
    sleep 0.5
  done
  printf '%-44s so it is\n' "$title"
}

expect() { # expect TITLE PATTERN TEXT
  grep -qE "$2" <<<"$3" || {
    printf 'FAILED: %s: nothing matches %s in:\n%s\n' "$1" "$2" "$3" >&2
    exit 1
  }
  printf '%-44s so it is\n' "$1"
}

all_follow() {
  local text
  text=$(status --json) || return 1
  [ "$(grep -o '"role":"follower"' <<<"$text" | wc -l)" = 4 ] \
    && grep -q '"leader":"a"' <<<"$text" && grep -q '"leader":"d"' <<<"$text"
}

# Where nobody leads the status exits with 1, and that is an answer too.
says() { { status --json || true; } | tee "$steps_log/status" | grep -q "$1"; }
leads() { says "\"leader\":\"$1\""; }
nobody_leads() { says '"leader":null'; }
is_healthy() {
  [ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q skein-both)")" = healthy ]
}

cluster=/var/lib/postgresql/data/cluster
promotion="PATH=\$PATH:/usr/lib/postgresql/15/bin; pg_ctl promote -D $cluster"

check_stack() {
  wait_for "a and d lead, two follow each" 90 all_follow
  wait_for "the container is healthy" 30 is_healthy
  expect "skein is not root" '^skein$' "$(compose exec -T skein-both id -un)"
  ask 'create table t as select generate_series(1, 1000) n'
  expect "a query through Skein" '^app\|1000$' "$(ask 'select current_user, count(*) from t')"
  status
  expect "metrics know the members" 'skein_member_up\{[^}]*member="a"[^}]*\} 1' "$(metrics)"

  echo "--- stopping the leader's container"
  compose stop --timeout 5 a
  wait_for "the status says that nobody leads" 15 nobody_leads
  status || echo "(exit code $?)"
  metrics | grep -E '^skein_member_(up|role)'
  expect "metrics say that a is down" 'skein_member_up\{[^}]*member="a"[^}]*\} 0' "$(metrics)"

  echo "--- promoting b by hand"
  compose exec -T b sh -c "$promotion"
  wait_for "b leads" 15 leads b
  expect "what was written is there" '^1000$' "$(ask 'select count(*) from t')"
  expect "writes go to b" 'INSERT 0 1' "$(ask 'insert into t values (1001)')"
  status
}

promotion_of_mariadb="stop slave; reset slave all; set global read_only = off"

check_mariadb() {
  ask_mariadb 'create table t (n int primary key)'
  ask_mariadb 'insert into t values (1), (2)'
  expect "a query through Skein" '^app@%.2$' \
    "$(ask_mariadb 'select current_user(), count(*) from t')"

  echo "--- stopping the leader's container"
  compose stop --timeout 10 d
  wait_for "the status says that nobody leads" 15 nobody_leads
  echo "--- promoting e by hand"
  compose exec -T e mariadb -e "$promotion_of_mariadb"
  wait_for "e leads" 15 leads e
  ask_mariadb 'insert into t values (3)'
  expect "what was written is there" '^3$' "$(ask_mariadb 'select count(*) from t')"
  compose restart --timeout 10 e
  wait_for "e leads after a restart" 30 leads e
  status
}

mkdir -p "$steps_log"
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
install_dependencies docker
find_engine
make_images
[ "${1:-}" != images ] || exit 0
steps_tail=60 step "Image of Skein" "docker/Dockerfile is what failed" \
  build_image "$SKEIN_IMAGE" docker/Dockerfile .
docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}' "$SKEIN_IMAGE"
read -r SKEIN_PORT ADMIN_PORT <<<"$(python3 scripts/free_ports.py 6432 9187)"
export SKEIN_PORT ADMIN_PORT
up=yes
step "Compose stack" "docker/compose.yaml is what failed" compose up -d --no-build
check_stack
check_mariadb
echo "Docker: all as expected, after $(elapsed) s."
