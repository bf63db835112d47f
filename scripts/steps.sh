# Steps with progress, timing and a log; quickstart.sh, test.sh and docker/test.sh source it.
# A step that fails says which it was, why (its last lines) and what to do, and ends the script.
# shellcheck shell=bash

steps_log=${steps_log:-.run/log}
steps_count=0
steps_start=$SECONDS
steps_group=  # the process group of the step under way; see stop_step

elapsed() { echo $((SECONDS - steps_start)); }

# step TITLE ADVICE command...
# On a terminal the command's newest line stands behind the title; elsewhere one every ten seconds.
# The command has a process group of its own, so that a signal ends the script at once and with it
# all of the step.
step() {
  local title=$1 advice=$2 began=$SECONDS status=0 job
  shift 2
  steps_count=$((steps_count + 1))
  mkdir -p "$steps_log"
  step_log="$steps_log/$(printf '%02d-%s' "$steps_count" "${title//[^A-Za-z0-9]/-}").log"
  [ -t 1 ] || printf '%s ...\n' "$title"
  set -m
  ("$@" </dev/null 2>&1 | tee "$step_log" | show_progress "$title"
   exit "${PIPESTATUS[0]}") &
  job=$!
  set +m
  steps_group=$job
  wait "$job" || status=$?
  steps_group=
  [ -t 1 ] && printf '\r\033[K'
  if [ "$status" = 0 ]; then
    printf '%-44s done (%d s)\n' "$title" $((SECONDS - began))
    return 0
  fi
  {
    printf '\nFAILED after %d s: %s\n' $((SECONDS - began)) "$title"
    printf 'It ran: %s\nIts last lines (all of them are in %s):\n' "$*" "$step_log"
    tail -n "${steps_tail:-30}" "$step_log" | sed 's/^/  | /'
    printf 'What to do: %s\n' "$advice"
  } >&2
  exit 1
}

# For the traps of a script: ends the step under way.
stop_step() {
  [ -z "$steps_group" ] || kill -TERM -- "-$steps_group" 2>/dev/null || true
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

# install_dependencies SET...: a step; sudo's question for a password comes before it.
install_dependencies() {
  if [ "$(id -u)" != 0 ] && ! scripts/dependencies.sh --offline "$@" >/dev/null 2>&1; then
    printf 'Some packages are missing (%s); installing them takes sudo.\n' "$*"
    { command -v sudo >/dev/null && sudo -v; } || {
      echo "Run this as root, or install sudo." >&2
      exit 1
    }
  fi
  step "Install what is missing" \
    "it needs root or sudo, and a way to Debian's packages (apt-get update must work)" \
    scripts/dependencies.sh "$@"
}
