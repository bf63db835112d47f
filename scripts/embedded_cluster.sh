# The embedded default of quickstart.sh, which sources this: a PostgreSQL 15 leader and two
# streaming followers on loopback. What they need is made once and kept below $here.
# PostgreSQL refuses to run as root; then everything of the servers belongs to the user `postgres`.
# shellcheck shell=bash
# shellcheck disable=SC2016 # what stands in single quotes is for another shell
# shellcheck disable=SC2034 # quickstart.sh reads what is set here
# shellcheck disable=SC2154 # and sets the array `ports`

members=(a b c)
binaries=/usr/lib/postgresql/15/bin
owner=postgres

# choose_places HERE: where data and sockets live. Sets $data, $sockets and $moved.
choose_places() {
  here=$1
  moved=
  data=$here/data
  local mark
  mark=$(printf '%s' "$here" | cksum | cut -d' ' -f1)
  # A socket's path may have 107 bytes, a clone's any number.
  if [ "$(id -u)" != 0 ]; then
    owner=$(id -un)
    sockets=${XDG_RUNTIME_DIR:-/tmp}/skein-quickstart-$mark
    return 0
  fi
  sockets=/run/skein-quickstart-$mark
  if ! as_owner test -x "$here"; then
    data=/var/lib/postgresql/skein-quickstart-$mark
    moved="$owner cannot enter $here; its data is in $data instead"
  fi
}

# In a folder that the owner may enter, whatever ours is.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && exec runuser -u "$owner" -- "$@" 9>&-)  # 9 is the lock of quickstart.sh
  else
    (cd / && exec "$@" 9>&-)
  fi
}

write_as_owner() { as_owner sh -c 'umask 077 && cat >"$1"' sh "$1"; }

port_of() { # port_of MEMBER, by the array `ports`
  local n
  for n in "${!members[@]}"; do [ "${members[n]}" != "$1" ] || echo "${ports[n]}"; done
}

make_secret() { # make_secret FILE: once, for our eyes only
  [ -s "$1" ] || (umask 077 && head -c 18 /dev/urandom | base64 | tr -d '/+=\n' >"$1")
}

make_folders() {
  if [ "$(id -u)" = 0 ]; then
    install -d -o "$owner" -g "$(id -gn "$owner")" -m 700 "$data" "$sockets"
  else
    mkdir -p "$data" && chmod 700 "$data"
    # Somebody else's folder of that name would be a trap.
    mkdir -m 700 "$sockets" 2>/dev/null || { [ -O "$sockets" ] && [ ! -L "$sockets" ]; } || {
      echo "$sockets belongs to somebody else: remove it"
      return 1
    }
  fi
}

is_follower() { as_owner test -e "$data/$1/standby.signal"; }
is_made() { as_owner test -e "$data/$1.complete"; }  # not half a copy
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
  local member made=()
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
  for member in "${members[@]}"; do
    [ "$member" != "$leader" ] || continue
    start_follower "$member" &
    made+=($!)
  done
  for member in "${made[@]}"; do wait "$member" || return 1; done
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
  for member in "${members[@]}"; do
    is_running "$member" || continue
    as_owner "$binaries/pg_ctl" stop -s -m fast -t 30 -D "$data/$member" \
      || as_owner "$binaries/pg_ctl" stop -s -m immediate -D "$data/$member" &
  done
  wait
}

remove_cluster() {
  [ -z "${data:-}" ] || rm -rf "$data"
  [ -z "${sockets:-}" ] || rm -rf "$sockets"
}
