# The live line of quickstart.sh: asks `skein status --json` each second and rewrites one line, such
# as "leader a (5432) · followers b 0 ms, c 0 ms · 3 sessions · 120 queries/s". Whatever the answer
# lacks is left out. Arguments: the command that prints the status.
import json
import shutil
import subprocess
import sys
import time


def total_of(clusters, name):
    values = [c[name] for c in clusters if isinstance(c.get(name), (int, float))]
    return sum(values) if values else None


def lag_of(member):
    if member.get("reachable") is False:
        return "out"
    if isinstance(member.get("lag_seconds"), (int, float)):
        return f"{member['lag_seconds'] * 1000:.0f} ms"
    if isinstance(member.get("lag_bytes"), (int, float)):
        return f"{member['lag_bytes']} B behind"
    return ""


def describe_cluster(cluster):
    members = cluster.get("members", [])
    leader = next((m for m in members if m.get("name") == cluster.get("leader")), None)
    if leader is None:
        return ["NO LEADER: " + cluster.get("reason", "unknown why")]
    port = str(leader.get("address", "")).rpartition(":")[2]
    parts = [f"leader {leader['name']} ({port})"]
    others = [f"{m.get('name', '?')} {lag_of(m)}".strip() for m in members if m is not leader]
    if others:
        parts.append("followers " + ", ".join(others))
    return parts


def describe(clusters, rate):
    parts = [part for cluster in clusters for part in describe_cluster(cluster)]
    sessions = total_of(clusters, "sessions")
    if sessions is not None:
        parts.append(f"{sessions} session" + ("" if sessions == 1 else "s"))
    if rate is not None:
        parts.append(f"{rate:.0f} queries/s")
    return " · ".join(parts)


def show(line):
    width = shutil.get_terminal_size().columns
    sys.stdout.write("\r\033[K" + line[:width - 1])
    sys.stdout.flush()


def main():
    before = None
    while True:
        asked = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=False)
        now = time.monotonic()
        try:
            clusters = json.loads(asked.stdout)["clusters"]
            queries = total_of(clusters, "queries")
            rate = None
            if queries is not None and before is not None and now > before[1]:
                rate = max(0.0, (queries - before[0]) / (now - before[1]))
            before = (queries, now) if queries is not None else None
            show(describe(clusters, rate))
        except (ValueError, KeyError, AttributeError, TypeError):
            show("no status: " + (asked.stderr.strip() or "the answer is no JSON").split("\n")[0])
        time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
