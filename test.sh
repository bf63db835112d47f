#!/usr/bin/env bash
# Tests Skein. On a bare Debian 12 this one command installs what is missing, builds and runs.
#
#   ./test.sh unit   offline, seconds once built: what needs no server
#   ./test.sh        all that a change must pass, real servers included
#   ./test.sh long   sanitizers, GCC, clang-tidy, fuzzing, chaos, Docker: an hour or two
#
# Settings: SKEIN_PRESET=dev tests a debug build; SKEIN_FUZZ_SECONDS=60 shortens fuzzing (600),
# SKEIN_CHAOS_SECONDS=60 chaos (300), which SKEIN_CHAOS_SEED repeats; SKEIN_TEST_JOBS=1 runs one
# test at a time. What ships is what is tested: the preset `release`.
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C.UTF-8
unset LANGUAGE  # it would win, and tests read what servers say
# shellcheck source=scripts/steps.sh
. scripts/steps.sh
trap 'stop_step; exit 130' INT
trap 'stop_step; exit 143' TERM HUP

preset=${SKEIN_PRESET:-release}
jobs=${SKEIN_TEST_JOBS:-$(($(nproc) + 1))}  # tests wait more than they work
fuzz_seconds=${SKEIN_FUZZ_SECONDS:-600}
export SKEIN_CHAOS_SECONDS=${SKEIN_CHAOS_SECONDS:-300}
slow='long|bench|docker'  # labels of what only `long`, or a person, starts

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0"; }

build() { # build PRESET [TARGET]
  step "Configure ($1)" "install what CMake misses: scripts/dependencies.sh build" \
    cmake --preset "$1"
  steps_tail=60 step "Build ($1${2:+, $2})" "mend the error above, then run this again" \
    cmake --build --preset "$1" ${2:+--target "$2"}
}

check_habits() {
  step "Tidy" "each line above names a place and a rule; CONTRIBUTING.md has the rules" \
    python3 tests/tidy/tidy.py
  tail -n 1 "$step_log"
}

# The MySQL servers under test do not come from Debian 12; what fetches them once is slow.
prepare_servers() {
  [[ ",${SKEIN_TEST_ENGINES:-mysql}," == *,mysql,* ]] || return 0
  step "Prepare MySQL servers" \
    "without them: SKEIN_TEST_ENGINES=postgres,mariadb ./test.sh" scripts/mysql-tree.sh
}

run_ctest() { # run_ctest PRESET ctest-arguments...
  local where=.build/$1
  shift
  ctest --test-dir "$where" --output-on-failure --no-tests=error --no-label-summary \
    --parallel "$jobs" "$@" </dev/null
}

# ctest hides what tests say that pass: how many sessions of real drivers were pinned is told here.
run_all() {
  local failed=0
  run_ctest "$preset" -LE "$slow" || failed=$?
  sed -n 's/^.* MESSAGE: \(.* sessions were pinned, .*\)$/\1/p' \
    ".build/$preset/Testing/Temporary/LastTest.log"
  return "$failed"
}

# As a step, so that its output is kept and its time is told.
ctest_step() { # ctest_step PRESET LABELS
  steps_tail=200 step "Test ($1: $2)" "run what failed alone: ctest --test-dir .build/$1 -R NAME" \
    run_ctest "$1" -L "$2" -LE "$slow"
}

fuzz_one() { # fuzz_one EXECUTABLE
  local name
  name=$(basename "$1")
  local corpus=.cache/fuzz/$name seeds=tests/fuzz/seeds/${name#fuzz_}
  mkdir -p "$corpus"
  local folders=("$corpus")
  [ ! -d "$seeds" ] || folders+=("$seeds")
  "$1" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$corpus-crash-" "${folders[@]}"
}

# Its output goes to a log of its own; a failure is told with the end of it.
fuzz_apart() { # fuzz_apart EXECUTABLE
  local name
  name=$(basename "$1")
  local log=$steps_log/$name.log
  if fuzz_one "$1" >"$log" 2>&1; then
    echo "$name: done"
    return 0
  fi
  printf '%s FAILED; all of it is in %s, which ends:\n' "$name" "$log"
  tail -n 20 "$log" | sed 's/^/  | /'
  return 1
}

# $jobs side by side; when one fails the others go on, since what they find is wanted too.
fuzz_together() { # fuzz_together EXECUTABLE...
  export -f fuzz_apart fuzz_one
  export fuzz_seconds steps_log
  # shellcheck disable=SC2016 # for the inner shell
  printf '%s\0' "$@" | xargs -0 -n 1 -P "$jobs" bash -c 'fuzz_apart "$1"' bash
}

fuzz_all() {
  build fuzz
  local targets
  mapfile -t targets < <(find .build/fuzz/tests/fuzz -maxdepth 1 -type f -executable | sort)
  [ ${#targets[@]} -gt 0 ] || { echo "no fuzz targets were built" >&2; exit 1; }
  steps_tail=200 step "Fuzz ${#targets[@]} targets, $fuzz_seconds s each" \
    "the input that broke it stands in .cache/fuzz: run the target with that file" \
    fuzz_together "${targets[@]}"
}

chaos() {
  steps_tail=100 step "Chaos, $SKEIN_CHAOS_SECONDS s" \
    "its seed (SKEIN_CHAOS_SEED) strikes so again: ctest --test-dir .build/$preset -L long -V" \
    run_ctest "$preset" -L long --verbose --timeout $((SKEIN_CHAOS_SECONDS + 300))
  sed -n 's/^.*\(acknowledged [0-9]*, failed .*\)/\1/p' "$step_log" | tail -n 1
}

run_clang_tidy() {
  local said=$steps_log/clang-tidy.log
  run-clang-tidy-19 -quiet -p ".build/$preset" -j "$(nproc)" \
    "^$PWD/(backends|cli|cluster|conf|console|handover|metrics|net|proxy|routing)/.*\.cpp$" |
    tee "$said" && return
  grep -E ': (error|warning): ' "$said"  # once more, where a person looks: last
  return 1
}

unit() {
  scripts/dependencies.sh --offline build || {
    echo "./test.sh unit fetches nothing; ./test.sh (or scripts/dependencies.sh build) does" >&2
    exit 1
  }
  build "$preset"
  run_ctest "$preset" -L unit
}

normal() {
  install_dependencies build test demo demo-mariadb
  check_habits
  build "$preset"
  prepare_servers
  printf 'Prepared in %d s; now the tests.\n' "$(elapsed)"
  run_all
}

long() {
  install_dependencies build test demo demo-mariadb docker
  check_habits
  prepare_servers
  build "$preset"
  step "clang-tidy" "mend what it names; .clang-tidy lists the checks" run_clang_tidy
  local sanitizer
  for sanitizer in asan tsan; do
    build "$sanitizer"
    ctest_step "$sanitizer" unit
    ctest_step "$sanitizer" 'servers|clients'
  done
  build gcc
  ctest_step gcc unit
  fuzz_all
  chaos
  step "Docker" "docker/test.sh run alone shows more" docker/test.sh
  printf 'All of it took %d min.\n' $(($(elapsed) / 60))
  run_all
}

case "${1:-}" in
  "") normal ;;
  unit) unit ;;
  long) long ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
