# Steps with progress, timing and a log; quickstart.sh, test.sh and docker/test.sh source it.
# A step that fails says which it was, why (its last lines) and what to do, and ends the script.
# shellcheck shell=bash

steps_log=${steps_log:-.run/log}
steps_count=0
steps_start=$SECONDS

elapsed() { echo $((SECONDS - steps_start)); }

# step TITLE ADVICE command...
# On a terminal the command's newest line stands behind the title; elsewhere one every ten seconds.
step() {
  local title=$1 advice=$2 began=$SECONDS log status
  shift 2
  steps_count=$((steps_count + 1))
  mkdir -p "$steps_log"
  log="$steps_log/$(printf '%02d-%s' "$steps_count" "${title//[^A-Za-z0-9]/-}").log"
  [ -t 1 ] || printf '%s ...\n' "$title"
  set +e
  "$@" </dev/null 2>&1 | tee "$log" | show_progress "$title"
  status=${PIPESTATUS[0]}
  set -e
  [ -t 1 ] && printf '\r\033[K'
  if [ "$status" = 0 ]; then
    printf '%-44s done (%d s)\n' "$title" $((SECONDS - began))
    return 0
  fi
  {
    printf '\nFAILED after %d s: %s\n' $((SECONDS - began)) "$title"
    printf 'It ran: %s\nIts last lines (all of them are in %s):\n' "$*" "$log"
    tail -n "${steps_tail:-30}" "$log" | sed 's/^/  | /'
    printf 'What to do: %s\n' "$advice"
  } >&2
  exit 1
}

show_progress() {
  local title=$1 line shown=$SECONDS width
  width=$(tput cols 2>/dev/null || echo 100)
  while IFS= read -r line; do
    if [ -t 1 ]; then
      line="$title: $line"
      printf '\r\033[K%s' "${line:0:width-1}"
    elif [ $((SECONDS - shown)) -ge 10 ]; then
      printf '  %s\n' "${line:0:width-1}"
      shown=$SECONDS
    fi
  done
}
