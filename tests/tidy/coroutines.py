# Expressions that GCC 12 gets wrong in a coroutine: behind `&&`, `||` or `?` it may await what it
# should not, and a braced temporary among what is awaited it destroys twice. An `if` of its own and
# a name say the same.
import re

from sources import Finding, line_of

CHOICE = re.compile(r"&&|\|\||\?")
AWAIT = re.compile(r"\bco_await\b")
BRACED = re.compile(r"\bco_await\b[^;{}]*[(,]\s*\{")
ENDS = ";{}"


def check(sources):
    return [finding for source in sources if source.is_cpp for finding in check_file(source)]


def check_file(source):
    code = source.code
    for choice in CHOICE.finditer(code):
        end = end_of_expression(code, choice.end())
        if AWAIT.search(code, choice.end(), end):
            yield Finding("await", source.path, line_of(code, choice.start()),
                          f"no co_await behind {choice.group(0)} in one expression: GCC 12 "
                          "evaluates it wrongly")
    for braced in BRACED.finditer(code):
        yield Finding("await", source.path, line_of(code, braced.end()),
                      "name what is in braces before it is awaited: GCC 12 destroys it twice")


def end_of_expression(code, at):
    """Where the brackets around `at` close, or its statement ends."""
    depth = 0
    while at < len(code) and code[at] not in ENDS:
        depth += (code[at] in "([") - (code[at] in ")]")
        if depth < 0:
            break
        at += 1
    return at
