# The embedded default of quickstart.sh, which sources this: a PostgreSQL 15 leader and two
# streaming followers on loopback. What they need is made once and kept below $here.
# shellcheck shell=bash
# shellcheck disable=SC2016 # what stands in single quotes is for another shell
# shellcheck disable=SC2034 # quickstart.sh reads what is set here
# shellcheck disable=SC2154 # and sets $skein_port
# shellcheck source=scripts/embedded_places.sh
. scripts/embedded_places.sh

title=PostgreSQL
needs=demo
wanted_ports=(5432 5433 5434 6432)  # the servers' and Skein's
binaries=/usr/lib/postgresql/15/bin
owner=postgres
homeland=/var/lib/postgresql
settings=(  # lines of the cluster's, beside those of every engine
  'failover: {automatic: yes, replication: {user: replicator, password: file:replicator.password}}'
)

prepare_programs() { :; }  # they are installed

is_follower() { as_owner test -e "$data/$1/standby.signal"; }
is_running() { as_owner "$binaries/pg_ctl" status -D "$data/$1" >/dev/null 2>&1; }

# Who leads: after a promotion by hand two members may believe it, and the newest timeline is right.
# One whose timeline is unknown leads if no other does: its data is not to be made anew.
find_leader() {
  local member newest=-1 timeline
  leader=
  for member in "${members[@]}"; do
    if is_made "$member" && ! is_follower "$member"; then
      timeline=$(LC_ALL=C as_owner "$binaries/pg_controldata" "$data/$member" \
        | sed -n "s/^Latest checkpoint's TimeLineID: *//p")
      if [ "${timeline:-0}" -gt "$newest" ]; then leader=$member newest=${timeline:-0}; fi
    fi
  done
}

# Ports may change from run to run; the rest is written with them, since it costs nothing. A server
# runs in its data folder: a relative path spares the quoting that a clone's path may want.
configure() { # configure MEMBER
  local upstream
  upstream="host=127.0.0.1 port=$(port_of "$leader") user=replicator application_name=$1"
  write_as_owner "$data/$1/quickstart.conf" <<END
listen_addresses = '127.0.0.1'
port = $(port_of "$1")
unix_socket_directories = '$sockets'
password_encryption = 'scram-sha-256'
max_connections = 200
wal_keep_size = 512MB
wal_log_hints = on
cluster_name = 'skein-quickstart-$1'
primary_conninfo = '$upstream passfile=../$1.pgpass'
END
  write_as_owner "$data/$1.pgpass" <<<"*:*:*:replicator:$(cat "$here/replicator.password")"
}

make_leader() {
  local name=$data/$1
  as_owner rm -rf "$name" "$name.complete"
  as_owner "$binaries/initdb" -D "$name" -U postgres -E UTF8 --locale=C.UTF-8 \
    --auth-local=peer --auth-host=reject >/dev/null || return 1
  as_owner sh -c 'echo "include '\''quickstart.conf'\''" >>"$1"' sh "$name/postgresql.conf"
  write_as_owner "$name/pg_hba.conf" <<'END'
local all         all                      peer map=quickstart
host  all         all         127.0.0.1/32 scram-sha-256
host  replication replicator  127.0.0.1/32 scram-sha-256
END
  write_as_owner "$name/pg_ident.conf" <<<"quickstart $owner postgres"
  leader=$1
  configure "$1"
  start_member "$1" || return 1
  ask_leader <<END || return 1
create role app login password '$(cat "$here/app.password")';
create role skein login password '$(cat "$here/skein.password")' in role pg_read_all_stats;
create role replicator login replication password '$(cat "$here/replicator.password")';
create database app owner app;
END
  as_owner touch "$name.complete"
}

ask_leader() {
  as_owner "$binaries/psql" -qX -v ON_ERROR_STOP=1 -h "$sockets" -p "$(port_of "$leader")" \
    -U postgres postgres
}

make_follower() {
  as_owner rm -rf "${data:?}/$1" "${data:?}/$1.complete"
  write_as_owner "$data/$1.pgpass" <<<"*:*:*:replicator:$(cat "$here/replicator.password")"
  as_owner env PGPASSFILE="$data/$1.pgpass" "$binaries/pg_basebackup" -D "$data/$1" -X stream \
    -c fast -h 127.0.0.1 -p "$(port_of "$leader")" -U replicator || return 1
  as_owner touch "$data/$1/standby.signal" "$data/$1.complete"
}

start_member() {
  as_owner "$binaries/pg_ctl" start -s -w -t 30 -D "$data/$1" -l "$data/$1.log" && return 0
  echo "server $1 did not start; its log ($data/$1.log) ends:"
  as_owner tail -n 15 "$data/$1.log"
  return 1
}

# Makes what is missing and starts all; a claimant that is not the leader is made anew.
start_cluster() {
  local member
  make_folders || return 1
  for member in app skein replicator; do make_secret "$here/$member.password"; done
  find_leader
  if [ -n "$leader" ]; then
    configure "$leader"
    start_member "$leader" || return 1
  else
    echo "creating the leader"
    make_leader "${members[0]}" || return 1
  fi
  for_others start_follower
}

start_follower() {
  if ! is_made "$1" || ! is_follower "$1"; then
    echo "copying the leader to follower $1"
    make_follower "$1" || return 1
  fi
  configure "$1"
  start_member "$1"
}

stop_cluster() {
  local member
  [ -x "$binaries/pg_ctl" ] || return 0
  for member in "${members[@]}"; do
    is_running "$member" || continue
    as_owner "$binaries/pg_ctl" stop -s -m fast -t 30 -D "$data/$member" \
      || as_owner "$binaries/pg_ctl" stop -s -m immediate -D "$data/$member" &
  done
  wait
}

# What a person may paste, and what quickstart.sh asks, through Skein.
write_login() {
  (umask 077 && echo "127.0.0.1:$skein_port:*:app:$(cat "$here/app.password")" >"$here/pgpass")
  # Under sudo the psql line is pasted by the person, not by root.
  [ -z "${SUDO_UID:-}" ] || chown "$SUDO_UID:${SUDO_GID:-0}" "$here/pgpass"
}

ask_through_skein() {
  PGPASSFILE=$here/pgpass PGCONNECT_TIMEOUT=2 psql -qXAt -h 127.0.0.1 -p "$skein_port" -U app app \
    -c "$1"
}

paste_clients() {
  local pair
  for pair in "psql app" "console skein"; do
    printf '  %-9s PGPASSFILE=%q psql -h 127.0.0.1 -p %s -U app %s\n' "${pair% *}" "$here/pgpass" \
      "$skein_port" "${pair#* }"
  done
}

# A line that moves the lead: Skein promotes another, and brings this one back as a follower.
paste_move() {
  printf '  kill %s    kill -9 %s\n' "$leader" \
    "$(as_owner head -n 1 "$data/$leader/postmaster.pid")"
}

promote_member() {
  echo "Skein promotes a follower by itself when the leader is gone."
  return 2
}

# member_keys MEMBER: what the settings say of it, so that Skein can bring it back. The hooks are
# files, for a path may have characters that YAML and a shell give a meaning to.
member_keys() {
  local control verb
  control=$(printf '%q ' "$binaries/pg_ctl" -D "$data/$1")
  [ "$(id -u)" != 0 ] || control="runuser -u $owner -- $control"
  write_as_owner "$sockets/stop-$1" <<<"cd /; $control status >/dev/null || exit 0
exec $control stop -s -m fast -t 30"
  write_as_owner "$sockets/start-$1" <<<"cd /; $control status >/dev/null && exit 0
exec $control start -s -w -t 30 -l $(printf '%q' "$data/$1.log") >/dev/null 2>&1"
  printf ", data_directory: '%s', hooks: {" "${data//\'/\'\'}/$1"
  for verb in stop start; do printf "%s: 'sh %s', " "$verb" "$sockets/$verb-$1"; done
  printf '}'
}

# What Skein's role needs to move the lead, as Skein says it.
grant_failover() {
  local feature
  for feature in failover rejoin; do
    "$skein" grants --feature "$feature" "$here/skein.yaml" | ask_leader || return 1
  done
}
