# The live line of quickstart.sh: asks `skein status --json` each second and rewrites one line, such
# as "leader a (5432) · followers b 0 ms, c 0 ms · 3 sessions · 120 queries/s". Whatever the answer
# lacks is left out. Arguments: the command that prints the status.
import json
import shutil
import subprocess
import sys
import time


def members_of(status):
    """Of every cluster in the answer, in its order."""
    clusters = status.get("clusters", [status])
    if isinstance(clusters, dict):
        clusters = list(clusters.values())
    return [member for cluster in clusters for member in cluster.get("members", [])]


def number_of(status, *names):
    """The sum of the first of these names that the answer, or each of its clusters, has."""
    clusters = status.get("clusters", [])
    if isinstance(clusters, dict):
        clusters = list(clusters.values())
    for name in names:
        places = [p for p in (status, status.get("totals", {})) if name in p] or clusters
        values = [p[name] for p in places if isinstance(p.get(name), (int, float))]
        if values:
            return sum(values)
    return None


def lag_of(member):
    if member.get("up") is False:
        return "down"
    for name, factor in (("lag_ms", 1), ("lag_seconds", 1000)):
        if isinstance(member.get(name), (int, float)):
            return f"{member[name] * factor:.0f} ms"
    return member.get("state", "")


def describe(status, rate):
    leaders, followers, others = [], [], []
    for member in members_of(status):
        name = member.get("name", "?")
        if member.get("role") == "leader" and member.get("up") is not False:
            port = str(member.get("address", "")).rpartition(":")[2]
            leaders.append(f"{name} ({port})" if port else name)
        elif member.get("role") == "follower":
            followers.append(f"{name} {lag_of(member)}".strip())
        else:
            others.append(name)
    parts = ["leader " + " and ".join(leaders) if leaders else "NO LEADER"]
    if followers:
        parts.append("followers " + ", ".join(followers))
    if others:
        parts.append("not answering: " + ", ".join(others))
    sessions = number_of(status, "sessions", "clients")
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
            status = json.loads(asked.stdout)
            queries = number_of(status, "queries", "queries_finished", "queries_total")
            rate = None
            if queries is not None and before is not None and now > before[1]:
                rate = max(0.0, (queries - before[0]) / (now - before[1]))
            before = (queries, now) if queries is not None else None
            show(describe(status, rate))
        except (ValueError, AttributeError, TypeError):
            show("no status: " + (asked.stderr.strip() or "the answer is no JSON").split("\n")[0])
        time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
