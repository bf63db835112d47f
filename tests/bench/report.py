# The table: medians, and bounds that hold for the true median with 95 % or more, whatever the
# distribution, since they are order statistics. Ratios are made round by round first, so that what
# slows a whole round falls out of them.
import math
import os
import platform
from statistics import median

CERTAINTY = 0.95


def rank(count):
    """The largest k such that the k-th value from either end bounds the median; 0: too few."""
    best = 0
    for k in range(1, count // 2 + 1):
        outside = sum(math.comb(count, i) for i in range(k)) / 2**count
        if 1 - 2 * outside >= CERTAINTY:
            best = k
    return best


def bounds(values):
    """(low, high); the extremes where the values are too few for the certainty."""
    ordered = sorted(values)
    k = max(rank(len(ordered)), 1)
    return ordered[k - 1], ordered[-k]


def show(values, digits):
    if not values:
        return "-"
    low, high = bounds(values)
    text = f"{median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({low:.{digits}f}-{high:.{digits}f})"


def ratios(ours, theirs):
    return [a.cpu_us / b.cpu_us for a, b in zip(ours, theirs) if a.cpu_us and b.cpu_us]


def table(samples, workloads, names):
    """`samples[workload][peer name]` holds one Sample a round, in order."""
    rivals = [name for name in names if name.startswith(("pgbouncer", "skein-before"))]
    heads = ["workload", "mode", "peer", "tps", "CPU us a query"] + [f"x {r}" for r in rivals]
    rows = [heads, ["---", "---", "---"] + ["---:"] * (len(heads) - 3)]
    for workload in workloads:
        for name in names:
            rounds = samples[workload].get(name, [])
            costs = [sample.cpu_us for sample in rounds if sample.cpu_us is not None]
            row = [workload.title, workload.mode, name, show([s.tps for s in rounds], 0),
                   show(costs, 1)]
            rows.append(row + [show(ratios(rounds, samples[workload].get(rival, [])), 2)
                               for rival in rivals])
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return "\n".join("| " + " | ".join(map(align, row, widths)) + " |" for row in rows)


def align(cell, width):
    if set(cell) <= set("-:") and len(cell) > 1:
        return cell.replace("---", "-" * (width - cell.count(":")))
    return cell.ljust(width)


def legend(rounds, missing):
    if rounds == 1:
        lines = ["One round: no bounds."]
    elif rank(rounds):
        lines = ["Median (95 % bounds of it, by order statistics)."]
    else:
        lines = [f"Median (extremes: {rounds} rounds are too few for 95 % bounds, 6 are enough)."]
    if missing:
        lines.append("-: this PgBouncer loses named prepared statements in transaction pooling.")
    return " ".join(lines)


def machine(versions, cpu):
    """What the figures belong to, on one line."""
    model = "unknown CPU"
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    where = f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}"
    return f"Machine: {where}; proxies on CPU {cpu}; " + "; ".join(versions)
