#!/usr/bin/env bash
# Counts anew what the program does most, for the compiler: where a branch goes, what is worth being
# inlined, which code lies together. Run it when the path of a query or of a login has changed, or
# before a release, on a machine with nothing else to do; then commit cmake/skein.profdata.
#
#   scripts/profile.sh
#
# It builds a program that counts, in .build/profile, and puts it to the work of tests/bench.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/steps.sh
. scripts/steps.sh
trap 'stop_step; exit 130' INT
trap 'stop_step; exit 143' TERM HUP

counts=$PWD/.build/profile/counts
renewed=cmake/skein.profdata

work() { # work WORKLOADS OPTION...
  tests/bench/proxy.sh --skein .build/profile/skein --peers skein --rounds 1 --seconds 2 \
    --workload "$@"
}

install_dependencies build profile
step "Configure" "install what CMake misses: scripts/dependencies.sh build" \
  cmake --preset release -B .build/profile -DSKEIN_TESTS=OFF -DSKEIN_PROFILE="$counts"
step "Build a program that counts" "mend the error above, then run this again" \
  cmake --build .build/profile --target skein
rm -rf "$counts"
step "Queries" "what the bench says is above" work select --modes simple,extended,prepared
step "Transactions, logins, a crowd, large results" "what the bench says is above" \
  work tpcb,connect,crowd,large
step "Reads at followers" "what the bench says is above" work reads --modes simple,prepared
for flavour in mariadb mysql; do
  step "The same on $flavour" "what the bench says is above" work \
    point_select,read_only,read_write,crowd --engine mysql --flavour "$flavour"
done
step "Put the counts together" "llvm-profdata-19 is of the package llvm-19" \
  llvm-profdata-19 merge --sparse -o "$renewed" "$counts"
echo "$renewed is new: build, measure (tests/bench/proxy.sh --before OLD), commit."
