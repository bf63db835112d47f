# Where the servers of quickstart.sh's embedded clusters have their data, whose it is, and their
# secrets; embedded_postgres.sh and embedded_mysql.sh source this, and are sourced by quickstart.sh.
# Servers refuse to run as root; then everything of theirs belongs to the user $owner.
# shellcheck shell=bash
# shellcheck disable=SC2016 # what stands in single quotes is for another shell
# shellcheck disable=SC2034 # quickstart.sh reads what is set here
# shellcheck disable=SC2154 # and sets the array `ports`; the file that sources this sets $owner

members=(a b c)

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
    data=$homeland/skein-quickstart-$mark
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

is_made() { as_owner test -e "$data/$1.complete"; }  # not half a copy

# for_others FUNCTION: for each member but the leader, all at once.
for_others() {
  local member begun=()
  for member in "${members[@]}"; do
    [ "$member" != "$leader" ] || continue
    "$1" "$member" &
    begun+=($!)
  done
  for member in "${begun[@]}"; do wait "$member" || return 1; done
}

remove_cluster() {
  [ -z "${data:-}" ] || rm -rf "$data"
  [ -z "${sockets:-}" ] || rm -rf "$sockets"
}
