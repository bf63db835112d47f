# Programs of Debian sid beside the system, which stays as it is: packages are unpacked, with sid's
# own C library, into a folder, and run out of it under their own loader. mysql-tree.sh and
# peers-tree.sh source this; it calls their `die`.
# shellcheck shell=bash

# unpack_sid TREE PROGRAM PACKAGE...: unless TREE is there already. PROGRAM (a path in the tree)
# must have come with the packages. Safe to run any number of times at once; needs the network.
unpack_sid() {
  local tree=$1 program=$2
  shift 2
  [ ! -e "$tree" ] || return 0
  command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: run scripts/dependencies.sh test"
  mkdir -p "$(dirname "$tree")"
  exec 9>"$tree.lock"
  flock 9
  # Another run may have made it while this one waited.
  [ ! -e "$tree" ] || return 0
  rm -rf "$tree.tmp"
  # Left to choose, mmdebstrap would want a namespace of its own: containers refuse it to all but
  # root. To unpack takes none, but root is not let in that way.
  local mode=auto packages
  [ "$(id -u)" = 0 ] || mode=chrootless
  packages=$(IFS=,; echo "$*")
  # Sid moves on while mirrors lag behind: an old Release file will do, a wrong signature will not.
  mmdebstrap --quiet --mode=$mode --aptopt='Acquire::Check-Valid-Until "false"' --variant=extract \
    --include="$packages" sid "$tree.tmp" >&2 9>&- \
    || die "could not unpack $packages from Debian sid; mmdebstrap's own words are above"
  rm -rf "$tree.tmp"/usr/share/{doc,man,locale,info} "$tree.tmp"/var/{cache,lib}/apt
  [ -x "$tree.tmp/$program" ] || die "Debian sid's packages hold no $program: $packages"
  mv "$tree.tmp" "$tree"
}

# run_sid TREE LIBRARIES PROGRAM ARG...: in place of this shell. LIBRARIES (colons between) are
# folders of the tree's /usr/lib that its loader would not look into by itself.
run_sid() {
  local tree=$1 more=$2 program=$3 found libraries folder path
  shift 3
  found=$(command -v "$tree/usr/sbin/$program" || command -v "$tree/usr/bin/$program") \
    || die "no program '$program' in $tree"
  libraries=$tree/usr/lib/x86_64-linux-gnu
  path=$libraries
  local IFS=:
  for folder in $more; do path+=:$tree/usr/lib/$folder; done
  exec "$libraries/ld-linux-x86-64.so.2" --library-path "$path" --argv0 "$found" "$found" "$@"
}
