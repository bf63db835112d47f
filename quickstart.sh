#!/usr/bin/env -S --default-signal=INT bash
# Skein before a leader and two followers, on this machine, by one command.
#
#   ./quickstart.sh                    PostgreSQL: installs what is missing, builds, starts;
#                                      Ctrl-C stops all of it
#   ./quickstart.sh --engine mariadb   the same with MariaDB
#   ./quickstart.sh --engine mysql     the same with MySQL 9, unpacked beside the system
#   ./quickstart.sh clean              removes the data and passwords that it made; those of
#                                      another engine: ./quickstart.sh --engine mariadb clean
#
# Its ports are 5432-5434 (servers) and 6432 (Skein), with the other engines 3306-3308 and 6033, and
# 9187 (status, metrics), or the next free ones. Everything it makes is in .run/quickstart (with
# another engine .run/quickstart-mariadb, -mysql); a second run finds it and is up in seconds.
set -euo pipefail
cd "$(dirname "$0")"
umask 022
root=$PWD
skein=$root/.build/release/skein
skein_pid=
line_pid=
read_shown='select 6 * 7'
servers_started=no
# shellcheck source=scripts/steps.sh
. scripts/steps.sh

usage() { sed -n '2,13s/^# \{0,1\}//p' "$0"; }

# choose_engine NAME: whose servers they are, and where this one's things are.
choose_engine() {
  engine=$1
  here=$root/.run/quickstart-$engine
  case "$engine" in
    postgres)
      here=$root/.run/quickstart
      # shellcheck source=scripts/embedded_postgres.sh
      . scripts/embedded_postgres.sh ;;
    mariadb | mysql)
      # shellcheck source=scripts/embedded_mysql.sh
      . scripts/embedded_mysql.sh ;;
    *) echo "'$engine' is none of postgres, mariadb, mysql." >&2; exit 2 ;;
  esac
}

take_lock() {
  mkdir -p "$here"
  exec 9>>"$here/lock"
  flock -n 9 && return 0
  echo "A quickstart of this folder is running already, so this one does not start." >&2
  [ ! -s "$here/paste" ] || { echo "To use it:" >&2; cat "$here/paste" >&2; }
  echo "To stop it: Ctrl-C in its terminal." >&2
  exit 1
}

choose_ports() {
  local all
  all=$(python3 scripts/free_ports.py "${wanted_ports[@]}" 9187) || return 1
  read -ra all <<<"$all"
  ports=("${all[@]:0:3}")
  skein_port=${all[3]} admin_port=${all[4]}
}

write_settings() {
  local n
  {
    echo "# Written by quickstart.sh at each start."
    echo "listeners: [{name: main, bind: '127.0.0.1:$skein_port'}]"
    echo "clusters:"
    echo "  demo:"
    [ ${#settings[@]} = 0 ] || printf '    %s\n' "${settings[@]}"
    echo "    members:"
    for n in "${!members[@]}"; do
      echo "      - {name: ${members[n]}, address: '127.0.0.1:${ports[n]}'$(member_keys \
        "${members[n]}")}"
    done
    echo "    users: [{name: app, password: file:app.password}]"
    echo "    health: {user: skein, password: file:skein.password}"
    echo "console: {users: [app]}"
    echo "admin: {bind: '127.0.0.1:$admin_port'}"
  } >"$here/skein.yaml"
  write_login
  {
    paste_clients
    printf '  route     %q explain --admin 127.0.0.1:%s --database app "%s"\n' "$skein" \
      "$admin_port" "$read_shown"
    printf '  status    %q status --admin 127.0.0.1:%s\n' "$skein" "$admin_port"
    printf '  metrics   curl http://127.0.0.1:%s/metrics\n' "$admin_port"
    paste_move
  } >"$here/paste"
}

# Skein ends when this script does, however it ends; a terminal's Ctrl-C reaches only the script,
# which stops things in their order.
start_skein() {
  local limit=$((SECONDS + 15))
  setsid setpriv --pdeathsig TERM -- "$skein" run "$here/skein.yaml" \
    >"$here/skein.log" 2>&1 </dev/null 9>&- &
  skein_pid=$!
  until ask_through_skein 'select 1' >/dev/null 2>"$here/client.log"; do
    if ! kill -0 "$skein_pid" 2>/dev/null; then
      fail_skein "it ended by itself"
    elif [ $SECONDS -ge $limit ]; then
      fail_skein "no query came through it within 15 s: $(cat "$here/client.log")"
    fi
    sleep 0.05
  done
}

fail_skein() {
  {
    printf 'FAILED: start Skein: %s\nThe end of %s:\n' "$1" "$here/skein.log"
    tail -n 20 "$here/skein.log" | sed 's/^/  | /'
    printf 'What to do: %q check %q says what it makes of the settings.\n' "$skein" \
      "$here/skein.yaml"
  } >&2
  exit 1
}

stop_all() {
  trap '' INT TERM HUP
  stop_step
  local limit=$((SECONDS + 40))
  if [ -n "$line_pid" ]; then
    kill "$line_pid" 2>/dev/null || true
    wait "$line_pid" 2>/dev/null || true
    printf '\n'
  fi
  if [ -n "$skein_pid" ]; then
    echo "Stopping Skein and its servers."
    kill -TERM "$skein_pid" 2>/dev/null || true
    while kill -0 "$skein_pid" 2>/dev/null && [ $SECONDS -lt $limit ]; do sleep 0.05; done
    kill -KILL "$skein_pid" 2>/dev/null || true
    wait "$skein_pid" 2>/dev/null || true
  fi
  if [ "$servers_started" = yes ]; then
    [ -n "$skein_pid" ] || sleep 0.5  # a server that is just starting has no pid file yet
    stop_cluster
  fi
  rm -f "$here/paste"
}

print_summary() {
  local n followers=
  for n in "${!members[@]}"; do
    [ "${members[n]}" = "$leader" ] || followers+=", ${members[n]} (${ports[n]})"
  done
  printf '\nSkein is up after %d s, before leader %s (%s) and followers %s.\n' "$(elapsed)" \
    "$leader" "$(port_of "$leader")" "${followers#, }"
  [ -z "$moved" ] || printf 'Note: %s.\n' "$moved"
  show_read
  printf 'Paste into another terminal:\n\n'
  cat "$here/paste"
  printf '\nLogs: %s, %s. Ctrl-C stops everything.\n\n' "$here/skein.log" "$data/*.log"
}

# Where a read would go, as Skein tells it. It learns first what the database in use defines; a
# follower that has just come may take longer than anybody wants to wait here.
show_read() {
  local limit=$((SECONDS + 3)) told=
  until [[ $told == 'to follower '* ]] || [ $SECONDS -ge $limit ]; do
    ask_through_skein 'select 1' >/dev/null 2>&1 || true
    told=$("$skein" explain --admin "127.0.0.1:$admin_port" --database app "$read_shown" 2>&1 \
      | head -n 1) || true
    sleep 0.1
  done
  printf 'A read (%s) goes %s.\n' "$read_shown" "$told"
}

run() {
  take_lock
  trap 'stop_all' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  install_dependencies build "$needs"
  if [ ! -e .build/release/build.ninja ]; then
    step "Configure" "delete .build/release and try again" cmake --preset release
  fi
  steps_tail=60 step "Build Skein (the first time takes a while)" \
    "the lines above say what the compiler missed; a clean try: rm -r .build/release" \
    cmake --build --preset release --target skein
  prepare_programs
  choose_places "$here"
  stop_cluster  # what a killed run has left; its ports become free again
  choose_ports
  servers_started=yes
  step "Start $title: a leader, two followers" \
    "the log above says why; './quickstart.sh${engine_words} clean' starts afresh" start_cluster
  find_leader  # the step found it in a process of its own
  write_settings
  step "Grant what moving the lead needs" "the server's log is $data/$leader.log" grant_failover
  start_skein
  trap 'exit 0' INT TERM HUP  # what a person sees from here on is there to be ended
  print_summary
  watch_over
}

# Until a signal, or the end of Skein, which is nobody's wish.
watch_over() {
  local ended=0
  if [ -t 1 ]; then
    setsid setpriv --pdeathsig TERM -- python3 scripts/status_line.py \
      "$skein" status --json --admin "127.0.0.1:$admin_port" </dev/null 9>&- &
    line_pid=$!
  fi
  wait "$skein_pid" || ended=$?
  fail_skein "it ended by itself with exit code $ended"
}

clean() {
  [ -d "$here" ] || { echo "Nothing to remove: there is no $here."; return 0; }
  take_lock
  choose_places "$here"
  stop_cluster
  remove_cluster
  rm -rf "$here"
  echo "Removed $here${moved:+ and $data}."
}

engine=postgres engine_words=
if [ "${1:-}" = --engine ]; then
  [ $# -ge 2 ] || { usage >&2; exit 2; }
  engine=$2 engine_words=" --engine $2"
  shift 2
fi
choose_engine "$engine"
case "${1:-}" in
  "") run ;;
  clean) clean ;;
  promote) choose_places "$here" && promote_member "${2:-}" ;;  # the line that was printed
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
