# quickstart.sh sources this for --engine mariadb (Debian's MariaDB) and --engine mysql (Debian
# sid's MySQL, unpacked beside the system): a leader and two followers that replicate by GTID on
# loopback. What they need is made once and kept below $here. The file $data/leader says who leads,
# and $data/NAME.follower that NAME has followed since it was copied.
# shellcheck shell=bash
# shellcheck disable=SC2016 # what stands in single quotes is for another shell
# shellcheck disable=SC2034 # quickstart.sh reads what is set here
# shellcheck disable=SC2154 # and sets $engine, $root and $skein_port
# shellcheck source=scripts/embedded_places.sh
. scripts/embedded_places.sh

needs=demo-$engine
wanted_ports=(3306 3307 3308 6033)  # the servers' and Skein's
owner=mysql
homeland=/var/lib
settings=('engine: mysql')
if [ "$engine" = mysql ]; then
  title=MySQL
  server=("$root/scripts/mysql-tree.sh" run mysqld)
else
  title=MariaDB
  server=(/usr/sbin/mariadbd)
fi

prepare_programs() {
  [ "$engine" = mariadb ] || step "Unpack MySQL of Debian sid (once)" \
    "mmdebstrap wants a way to Debian's packages" scripts/mysql-tree.sh
}

find_leader() { leader=$(as_owner cat "$data/leader" 2>/dev/null || true); }

# The server's process, if it is one of ours: who knows what runs under an old number.
pid_of() { # pid_of MEMBER
  local pid
  pid=$(as_owner cat "$sockets/$1.pid" 2>/dev/null) || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "--defaults-file=$sockets/$1.cnf" \
    && echo "$pid"
}

# ask_member MEMBER SQL OPTION..., as root of the server, whom only its socket lets in.
ask_member() {
  local member=$1 sql=$2
  shift 2
  MYSQL_PWD=$(cat "$here/root.password") mariadb --no-defaults "${@:--NB}" -u root \
    --socket="$sockets/$member.sock" -e "$sql"
}

# All paths lead through $sockets: a clone's may have characters that the servers' files give a
# meaning to. Ports may change from run to run.
configure() { # configure MEMBER
  local n number role=OFF
  for n in "${!members[@]}"; do [ "${members[n]}" != "$1" ] || number=$((n + 1)); done
  [ "$1" = "$leader" ] || role=ON
  {
    printf '%s\n' "[mysqld]" "datadir = $sockets/data/$1" "socket = $sockets/$1.sock" \
      "pid_file = $sockets/$1.pid" "bind_address = 127.0.0.1" "port = $(port_of "$1")" \
      "server_id = $number" "report_host = $1" "max_connections = 200" "skip_name_resolve = ON" \
      "innodb_buffer_pool_size = 64M" "log_bin = binlog" "relay_log = relay" \
      "binlog_format = ROW" "read_only = $role"
    [ "$(id -u)" != 0 ] || echo "user = $owner"
    if [ "$engine" = mysql ]; then
      printf '%s\n' "gtid_mode = ON" "enforce_gtid_consistency = ON" "mysqlx = OFF" \
        "secure_file_priv = NULL" "skip_replica_start = ON" "super_read_only = $role" \
        "basedir = $sockets/tree/usr"
    else
      printf '%s\n' "log_slave_updates = ON" "gtid_strict_mode = ON" "skip_slave_start = ON"
    fi
  } | write_as_owner "$sockets/$1.cnf"
}

# What the first start of a leader does, a statement a line; followers are copies of it.
first_statements() {
  [ "$engine" = mysql ] || echo "flush privileges;"
  cat <<END
create database app character set utf8mb4;
create user app@'%' identified by '$(cat "$here/app.password")';
grant all on app.* to app@'%';
create user skein@'%' identified by '$(cat "$here/skein.password")';
grant replication client on *.* to skein@'%';
grant select, show view, trigger on *.* to skein@'%';
create user replicator@'%' identified by '$(cat "$here/replicator.password")';
grant replication slave on *.* to replicator@'%';
alter user root@localhost identified by '$(cat "$here/root.password")';
END
  if [ "$engine" = mariadb ]; then
    echo "grant replica monitor on *.* to skein@'%';"
    echo "delete from mysql.global_priv where user = 'root' and host <> 'localhost';"
    echo "flush privileges;"
  fi
}

make_leader() {
  local first=$sockets/first.sql as=()
  [ "$(id -u)" != 0 ] || as=(--user="$owner")
  as_owner rm -rf "$data/$1" "$data/$1.complete"
  as_owner mkdir -m 700 "$data/$1"
  first_statements | write_as_owner "$first"
  if [ "$engine" = mysql ]; then
    (cd / && "${server[@]}" --no-defaults --initialize-insecure "${as[@]}" --init-file="$first" \
      --basedir="$sockets/tree/usr" --datadir="$sockets/data/$1" --mysqlx=OFF \
      --secure-file-priv=NULL --skip-log-bin 9>&-) || return 1
  else
    (cd / && mariadb-install-db --no-defaults "${as[@]}" --datadir="$sockets/data/$1" \
      --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
      --extra-file="$first" 9>&-) || return 1
  fi
  as_owner rm "$first"
  write_as_owner "$data/leader" <<<"$1"
  as_owner touch "$data/$1.complete"
}

start_member() {
  local limit=$((SECONDS + 60)) pid
  configure "$1" || return 1
  as_owner rm -f "$sockets/$1.pid"
  (cd / && exec setsid "${server[@]}" --defaults-file="$sockets/$1.cnf") \
    >"$data/$1.log" 2>&1 </dev/null 9>&- &
  pid=$!
  until ask_member "$1" 'select 1' >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || [ $SECONDS -ge $limit ]; then
      echo "server $1 did not start; its log ($data/$1.log) ends:"
      tail -n 15 "$data/$1.log"
      return 1
    fi
    sleep 0.1
  done
}

# A fresh copy has what the leader had written, and goes on from there.
point_at_leader() { # point_at_leader MEMBER [fresh]
  local words
  words="source_host='127.0.0.1', source_port=$(port_of "$leader"), source_user='replicator',
    source_password='$(cat "$here/replicator.password")', source_connect_retry=1"
  if [ "$engine" = mysql ]; then
    ask_member "$1" "stop replica; change replication source to $words, source_auto_position=1,
      get_source_public_key=1; start replica"
  else
    ask_member "$1" "stop slave; ${2:+set global gtid_slave_pos = @@gtid_binlog_pos;}
      change master to ${words//source_/master_}, master_use_gtid=slave_pos; start slave"
  fi
}

# Makes what is missing and starts all. Who is not known to follow is copied from the leader, whose
# server does not run yet.
start_cluster() {
  local member
  make_folders || return 1
  as_owner ln -sfn "$data" "$sockets/data"
  [ "$engine" = mariadb ] || as_owner ln -sfn "$("$root/scripts/mysql-tree.sh")" "$sockets/tree"
  for member in app skein replicator root; do make_secret "$here/$member.password"; done
  find_leader
  if [ -z "$leader" ] || ! is_made "$leader"; then
    echo "creating the leader"
    leader=${members[0]}
    as_owner sh -c 'rm -f "$1"/*.follower' sh "$data"
    make_leader "$leader" || return 1
  fi
  for_others copy_leader || return 1
  start_member "$leader" || return 1
  for_others start_follower
}

copy_leader() {
  if is_made "$1" && as_owner test -e "$data/$1.follower"; then return 0; fi
  echo "copying the leader to follower $1"
  as_owner rm -rf "${data:?}/$1" "$data/$1.complete" "$data/$1.follower"
  as_owner cp -R --preserve=mode "$data/$leader" "$data/$1" || return 1
  as_owner rm -f "$data/$1/auto.cnf"  # two servers may not have one name
  as_owner touch "$data/$1.complete"
}

start_follower() {
  local fresh=
  as_owner test -e "$data/$1.follower" || fresh=fresh
  start_member "$1" || return 1
  point_at_leader "$1" "$fresh" || return 1
  as_owner touch "$data/$1.follower"
}

stop_cluster() {
  local member
  for member in "${members[@]}"; do stop_member "$member" & done
  wait
}

stop_member() {
  local pid limit=$((SECONDS + 30))
  pid=$(pid_of "$1") || return 0
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    [ $SECONDS -lt $limit ] || { kill -KILL "$pid"; break; }
    sleep 0.05
  done
}

# What a person may paste, and what quickstart.sh asks, through Skein.
write_login() {
  (umask 077 && printf '%s\n' "[client]" "protocol = tcp" "host = 127.0.0.1" \
    "port = $skein_port" "user = app" "password = $(cat "$here/app.password")" >"$here/client.cnf")
  # Under sudo the line is pasted by the person, not by root.
  [ -z "${SUDO_UID:-}" ] || chown "$SUDO_UID:${SUDO_GID:-0}" "$here/client.cnf"
}

ask_through_skein() {
  mariadb --defaults-file="$here/client.cnf" --connect-timeout=2 -NB -e "$1" app
}

paste_clients() {
  printf '  mariadb   mariadb --defaults-file=%q app\n' "$here/client.cnf"
  printf '  console   mariadb --defaults-file=%q skein\n' "$here/client.cnf"
}

member_keys() { :; }
grant_failover() { :; }  # the lead is moved by a person

# Two lines that move the lead: to the first of the followers.
paste_move() {
  local member
  for member in "${members[@]}"; do [ "$member" = "$leader" ] || break; done
  printf '  stop %s    kill %s\n' "$leader" "$(pid_of "$leader")"
  printf '  promote %s %q --engine %s promote %s\n' "$member" "$root/quickstart.sh" "$engine" \
    "$member"
}

# What the line above does, beside the quickstart that runs: the follower applies what it has
# received and becomes the leader, and the other one follows it.
promote_member() {
  local member limit=$((SECONDS + 20))
  find_leader
  ports=()
  for member in "${members[@]}"; do
    ports+=("$(as_owner sed -n 's/^port = //p' "$sockets/$member.cnf")")
  done
  if [ "$1" = "$leader" ] || ! pid_of "$1" >/dev/null; then
    echo "'$1' is no follower that runs here." >&2
    return 1
  fi
  while pid_of "$leader" >/dev/null && [ $SECONDS -lt $limit ]; do sleep 0.2; done
  if pid_of "$leader" >/dev/null; then
    echo "$leader leads, and runs: stop it first, by the line that was printed." >&2
    return 1
  elif [ "$(wait_for_received "$1")" != 0 ]; then
    echo "$1 has not applied within 30 s what it received: see $data/$1.log." >&2
    return 1
  fi
  if [ "$engine" = mysql ]; then
    ask_member "$1" "stop replica; reset replica all; set global read_only = off" || return 1
  else
    ask_member "$1" "stop slave; reset slave all; set global read_only = off" || return 1
  fi
  write_as_owner "$data/leader" <<<"$1"
  as_owner rm -f "$data/$1.follower"
  leader=$1
  for member in "${members[@]}"; do
    if [ "$member" != "$1" ] && pid_of "$member" >/dev/null; then
      point_at_leader "$member" || return 1
    fi
  done
  echo "$1 leads."
}

# Prints 0 when it has all been applied.
wait_for_received() { # wait_for_received MEMBER
  if [ "$engine" = mysql ]; then
    ask_member "$1" "select wait_for_executed_gtid_set(received_transaction_set, 30)
      from performance_schema.replication_connection_status"
  else
    ask_member "$1" "select master_gtid_wait('$(ask_member "$1" "show slave status" -E \
      | sed -n 's/^ *Gtid_IO_Pos: *//p')', 30)"
  fi
}
