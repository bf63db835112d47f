#!/usr/bin/env bash
# What a hop through each proxy costs, side by side: pgbench's throughput and the proxy's CPU
# microseconds a query, direct, through HAProxy, PgBouncer and Skein, in interleaved rounds.
#
#   tests/bench/proxy.sh                       9 rounds of 5 s a peer and mode
#   tests/bench/proxy.sh --rounds 15 --c1      more rounds; a single client
#   tests/bench/proxy.sh --peers skein --before FILE   two builds of Skein, side by side
#   tests/bench/proxy.sh --syscalls skein      system calls a query, by strace
#   tests/bench/proxy.sh --perf skein          where its time goes, by perf
#   tests/bench/proxy.sh --help                all options
#
# It starts and stops all that it measures, on loopback, and installs nothing.
set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$(dirname "$0")/compare.py" "$@"
