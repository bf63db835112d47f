#!/usr/bin/env bash
# What a hop through each proxy costs, side by side, in interleaved rounds; throughput, CPU, memory,
# latency: PostgreSQL itself, HAProxy, Pgpool-II, Odyssey, two versions of PgBouncer and Skein; or,
# with `--engine mysql`, MariaDB or MySQL itself, HAProxy, MySQL Router and Skein.
# --help says which workloads there are, and how to ask for them.
#
# It starts and stops all that it measures, on loopback, and installs nothing.
set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$(dirname "$0")/compare.py" "$@"
