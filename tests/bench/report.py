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


def ratios(ours, theirs, key):
    """Of the samples of the same rounds."""
    return [a[key] / b[key] for a, b in zip(ours, theirs) if a.get(key) and b.get(key)]


def scaling(samples, tasks, two):
    """By calculation, since proxy, server and clients share this machine's CPUs."""
    for task in tasks:
        found = samples[task]
        if gains := [2 * r for r in ratios(found.get("skein", []), found.get(two, []), "cpu_us")]:
            yield (f"Two threads over one, {task.title}, {task.mode}: {show(gains, 2)} times the "
                   "throughput where CPUs are left, by CPU a query.")


def table(samples, tasks, titles):
    """`samples[task][peer name]` holds one sample a round, in order; `titles` names the peers."""
    kind = tasks[0].kind
    compared = kind.price and "skein" in titles and len(titles) > 1
    heads = ["workload", "mode", "through", *(figure.head for figure in kind.figures)]
    heads += ["Skein / it"] * bool(compared)
    rows = [heads, ["---", "---", "---"] + ["---:"] * (len(heads) - 3)]
    for task in tasks:
        found = samples[task]
        for name, title in titles.items():
            if not any(found.get(name, [])):
                continue
            row = [task.title, task.mode, title]
            row += [show([s[figure.key] for s in found.get(name, []) if figure.key in s],
                         figure.digits) for figure in kind.figures]
            if compared:
                theirs = [] if name == "skein" else found.get(name, [])
                row.append(show(ratios(found.get("skein", []), theirs, kind.price), 2))
            rows.append(row)
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return "\n".join("| " + " | ".join(map(align, row, widths)) + " |" for row in rows)


def line(found, figures):
    """One round, as it is told meanwhile."""
    told = []
    for name, sample in found.items():
        if not sample:
            continue
        parts = [f"{sample[figure.key]:.{figure.digits}f} {figure.head}" for figure in figures
                 if figure.key in sample]
        told.append(f"{name} {', '.join(parts)}")
    return "; ".join(told)


def align(cell, width):
    if set(cell) <= set("-:") and len(cell) > 1:
        return cell.replace("---", "-" * (width - cell.count(":")))
    return cell.ljust(width)


def legend(kind, rounds, obstacles):
    """`obstacles` holds (peer's title, why it is not in the table, or not in all of it)."""
    if rounds == 1:
        lines = ["One round: no bounds."]
    elif rank(rounds):
        lines = ["Median (95 % bounds of it, by order statistics)."]
    else:
        lines = [f"Median (extremes: {rounds} rounds are too few for 95 % bounds, 6 are enough)."]
    if kind.price:
        lines.append("Ratios are made within rounds; below 1 Skein is the cheaper.")
    if kind.note:
        lines.append(kind.note)
    if obstacles:
        lines.append("Missing: " + "; ".join(f"{title} {why}" for title, why in obstacles) + ".")
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
