"""What a PromQL expression names: metrics with the labels that are asked of them, and functions.

Not a parser: strings, durations and numbers are skipped, and what is left are names whose place
tells what they are. Enough to find a name that is not exported; the expressions are our own.
"""
import re

TOKEN = re.compile(r"""
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<range>\[[^\]]*\])
  | (?P<number>\d[\w.]*)
  | (?P<name>[A-Za-z_:][\w:]*)
  | (?P<variable>\$\w+|\$\{\w+\})
  | (?P<matcher>=~|!~|!=|==|=)
  | (?P<other>[-+*/%^(){},<>]+?)
  | (?P<space>\s+)
""", re.X)

FUNCTIONS = {"abs", "avg", "avg_over_time", "bottomk", "ceil", "changes", "clamp_max", "clamp_min",
             "count", "delta", "deriv", "floor", "histogram_quantile", "increase", "irate",
             "label_replace", "max", "max_over_time", "min", "min_over_time", "quantile", "rate",
             "round", "sum", "sum_over_time", "time", "topk", "vector"}
COUNTER_FUNCTIONS = {"rate", "irate", "increase"}
GROUPINGS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
OPERATORS = {"and", "or", "unless", "bool", "offset"}


class Malformed(Exception):
    pass


def tokens(expression):
    at, found = 0, []
    while at < len(expression):
        match = TOKEN.match(expression, at)
        if not match:
            raise Malformed(f"{expression!r}: what is this: {expression[at:at + 20]!r}")
        at = match.end()
        if match.lastgroup != "space":
            found.append((match.lastgroup, match.group()))
    depth = 0
    for kind, text in found:
        depth += (text in "({") - (text in ")}") if kind == "other" else 0
        if depth < 0:
            break
    if depth != 0:
        raise Malformed(f"{expression!r}: its brackets do not match")
    return found


class Use:
    """A metric in an expression, the labels it is matched by, and the function right around it."""

    def __init__(self, metric, function):
        self.metric, self.function, self.labels, self.ranged = metric, function, set(), False


def read(expression):
    """(uses of metrics, labels grouped by)."""
    uses, grouped = [], set()
    words = tokens(expression)
    at = 0
    while at < len(words):
        kind, text = words[at]
        after = words[at + 1][1] if at + 1 < len(words) else ""
        if kind == "name" and text in GROUPINGS:
            if after == "(":
                at, names = read_until(words, at + 2, ")")
                grouped |= names
        elif kind == "name" and text not in OPERATORS:
            if after == "(" or (text in FUNCTIONS and after in GROUPINGS):
                if text not in FUNCTIONS:
                    raise Malformed(f"{expression!r}: there is no function {text}")
            else:
                at = read_metric(words, at, uses)
        at += 1
    return uses, grouped


def read_metric(words, at, uses):
    around = words[at - 2][1] if at >= 2 and words[at - 1][1] == "(" else ""
    use = Use(words[at][1], around)
    uses.append(use)
    if at + 1 < len(words) and words[at + 1][1] == "{":
        at, use.labels = read_until(words, at + 2, "}")
    use.ranged = at + 1 < len(words) and words[at + 1][0] == "range"
    return at


def read_until(words, at, closing):
    names = set()
    while words[at][1] != closing:
        if words[at][0] == "name":
            names.add(words[at][1])
        at += 1
    return at, names
