#!/usr/bin/env bash
# One PostgreSQL server of the Compose stack: `leader`, or `follower UPSTREAM`. Makes its data at
# the first start, then becomes the server. Any image with PostgreSQL's programs will do.
set -euo pipefail
PATH=$PATH:/usr/lib/postgresql/15/bin
volume=/var/lib/postgresql/data
export PGDATA=$volume/cluster

make_leader() {
  initdb --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth-local=peer --auth-host=reject
  cat >"$PGDATA/pg_hba.conf" <<'END'
local all         postgres       peer
host  all         all        all scram-sha-256
host  replication replicator all scram-sha-256
END
  # One statement a line: the server without its network, so that nobody sees a half-made one.
  postgres --single -c password_encryption=scram-sha-256 postgres <<END
create role app login password '$APP_PASSWORD'
create role watcher login password '$WATCHER_PASSWORD' in role pg_read_all_stats
create role replicator login replication password '$REPLICATOR_PASSWORD'
create database app owner app
END
}

make_follower() { # make_follower UPSTREAM
  export PGPASSWORD=$REPLICATOR_PASSWORD PGAPPNAME  # --write-recovery-conf keeps both
  PGAPPNAME=$(hostname)
  until pg_basebackup --pgdata="$PGDATA" --host="$1" --username=replicator --checkpoint=fast \
    --write-recovery-conf; do
    echo "waiting for $1"
    rm -rf "${PGDATA:?}"
    sleep 1
  done
}

# This file tells a whole server from one whose making was interrupted. It stands outside the
# server's own folder, which followers copy.
if [ ! -e "$volume/complete" ]; then
  rm -rf "${PGDATA:?}"
  case "$1" in
    leader) make_leader ;;
    follower) make_follower "$2" ;;
  esac
  touch "$volume/complete"
fi
exec postgres -c listen_addresses='*' -c wal_keep_size=512MB -c cluster_name="$(hostname)"
