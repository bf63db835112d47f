#!/usr/bin/env bash
# One MariaDB server of the Compose stack: `leader`, or `follower UPSTREAM`. Makes its data at the
# first start, then becomes the server. Any image with MariaDB's programs will do.
set -euo pipefail
volume=/var/lib/mysql
data=$volume/cluster

# All members are made alike, and none of it stands in a binary log: followers begin at its start.
# Who may enter the container may do all, by the socket.
first_statements() {
  cat <<END
flush privileges;
create database app character set utf8mb4;
create user app@'%' identified by '$APP_PASSWORD';
grant all on app.* to app@'%';
create user watcher@'%' identified by '$WATCHER_PASSWORD';
grant replication client, replica monitor, select, show view, trigger on *.* to watcher@'%';
create user replicator@'%' identified by '$REPLICATOR_PASSWORD';
grant replication slave on *.* to replicator@'%';
create or replace user mysql@localhost identified via unix_socket;
grant all on *.* to mysql@localhost with grant option;
END
}

number=$(hostname | cksum | cut -d' ' -f1)
server=(mariadbd --no-defaults --datadir="$data" --socket=/run/mysqld/mysqld.sock
        --bind-address=0.0.0.0 --server-id="$number" --report-host="$(hostname)"
        --skip-name-resolve --log-bin=binlog --relay-log=relay --binlog-format=ROW
        --log-slave-updates --gtid-strict-mode=ON)

# Once told, the server remembers whom it follows: master.info is there until it is promoted.
follow() { # follow UPSTREAM
  local pid
  "${server[@]}" --skip-networking --skip-slave-start &
  pid=$!
  until mariadb -e 'select 1' >/dev/null 2>&1; do
    kill -0 "$pid"
    sleep 0.2
  done
  mariadb -e "change master to master_host='$1', master_user='replicator',
    master_password='$REPLICATOR_PASSWORD', master_connect_retry=1, master_use_gtid=slave_pos"
  kill "$pid"
  wait "$pid"
}

# This file tells a whole server from one whose making was interrupted.
if [ ! -e "$volume/complete" ]; then
  rm -rf "$data"
  mkdir "$data"
  (umask 077 && first_statements >"$volume/first.sql")
  mariadb-install-db --no-defaults --datadir="$data" --skip-test-db --skip-name-resolve \
    --extra-file="$volume/first.sql" >/dev/null
  rm "$volume/first.sql"
  [ "$1" = leader ] || follow "$2"
  touch "$volume/complete"
fi
role=OFF
[ ! -e "$data/master.info" ] || role=ON
exec "${server[@]}" --read-only="$role"
