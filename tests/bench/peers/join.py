#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One table from what peers.sh measured.

    join.py ENGINE ENGINE..

In the working directory: ENGINE.times (`command TAB query TAB count TAB us` a
line, or what `bqbench engine --json` prints), ENGINE.cost (CPU seconds of the
user and the system, KiB at most) and the index ENGINE, a file or a directory.  The first engine is what the others are
divided by.  First the counts: where two engines differ on a query, it is named
and left out for all.
"""
import json
import os
import statistics
import sys

CLASSES = ("word", "and", "or", "phrase", "negation", "must-should", "mixed")
COMMANDS = ("TOP_10", "COUNT")
SHOWN = 12  # differences that are named


def class_of(query):
    signs = [atom[0] for atom in atoms(query)]
    phrases = [atom for atom in atoms(query) if '"' in atom]
    if len(signs) == 1:
        return "phrase" if phrases else "word"
    if "-" in signs:
        return "negation"
    if phrases:
        return "mixed"
    if all(s == "+" for s in signs):
        return "and"
    return "must-should" if "+" in signs else "or"


def atoms(query):
    out, rest = [], query.strip()
    while rest:
        sign = rest[0] if rest[0] in "+-" else ""
        body = rest[len(sign):]
        end = body.index('"', 1) + 1 if body[0] == '"' else (body + " ").index(" ")
        out.append((sign or " ") + body[:end])
        rest = body[end:].strip()
    return out


def read_times(engine):
    """{(command, query): (count, us)}; count None where the engine has no such query."""
    with open(engine + ".times", encoding="utf-8") as lines:
        text = lines.read()
    if text.startswith("{"):
        rows = [(r["command"], r["query"], r["count"], r["us"]) for r in json.loads(text)["queries"]]
    else:
        rows = [line.split("\t") for line in text.splitlines()]
    return {(c, q): (None if int(n) < 0 else int(n), float(us)) for c, q, n, us in rows}


def size_of(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(path) for f in files)


def compare_counts(engines, times, queries):
    """The queries on which those that answer do not agree."""
    differing = set()
    for command in COMMANDS:
        for q in queries:
            counts = [times[e].get((command, q), (None, 0))[0] for e in engines]
            if len(set(counts) - {None}) > 1:
                if len(differing) < SHOWN:
                    print("differs: %s %s: %s" % (command, q, ", ".join(
                        "%s %s" % (e, n) for e, n in zip(engines, counts) if n is not None)))
                differing.add(q)
    agreed = sum(times[engines[0]].get(("COUNT", q), (None, 0))[0] is not None for q in queries) - len(differing)
    print("counts: %d queries, the same in all engines that have them for %d; %d differ and are left out\n" % (
        len(queries), agreed, len(differing)))
    return differing


def p99(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * .99))]


def answers(engine, times, command, query):
    return times[engine].get((command, query), (None, 0))[0] is not None


def figures(engine, times, command, chosen):
    us = [times[engine][command, q][1] for q in chosen]
    return statistics.median(us), statistics.fmean(us), p99(us)


def ratios(engine, base, times, command, chosen):
    both = [q for q in chosen if answers(engine, times, command, q)]
    if not both:
        return "no such query"
    mine, theirs = figures(base, times, command, both), figures(engine, times, command, both)
    return " / ".join("%.2f" % (t / max(m, .01)) for m, t in zip(mine, theirs))


def print_times(engines, times, queries):
    base, others = engines[0], engines[1:]
    print("Median, mean and p99 of %s in us of CPU time; of the others as multiples of it" % base +
          " (above 1: %s is faster).\n" % base)
    print("| command | class | n | %s, us | %s |" % (base, " | ".join(others)))
    print("|---|---|---|%s" % ("---|" * len(engines)))
    for command in COMMANDS:
        for name in CLASSES:
            chosen = [q for q in queries if class_of(q) == name and answers(base, times, command, q)]
            if chosen:
                own = " / ".join("%.1f" % v for v in figures(base, times, command, chosen))
                print("| %s | %s | %d | %s | %s |" % (command, name, len(chosen), own, " | ".join(
                    ratios(e, base, times, command, chosen) for e in others)))


def print_costs(engines):
    base = None
    print("\n| engine | index bytes | | index CPU s | | peak MiB |\n|---|---|---|---|---|---|")
    for engine in engines:
        with open(engine + ".cost", encoding="utf-8") as f:
            user, system, peak = (float(x) for x in f.read().split()[-3:])
        size, seconds = size_of(engine), user + system
        base = base or (size, seconds)
        print("| %s | %d | %.2f | %.1f | %.2f | %.0f |" % (
            engine, size, size / base[0], seconds, seconds / base[1], peak / 1024))


def main():
    engines = sys.argv[1:]
    if len(engines) < 2:
        sys.exit(__doc__)
    times = {e: read_times(e) for e in engines}
    with open("queries", encoding="utf-8") as lines:
        queries = [line.rstrip("\n") for line in lines]
    differing = compare_counts(engines, times, queries)
    print_times(engines, times, [q for q in queries if q not in differing])
    print_costs(engines)


if __name__ == "__main__":
    main()
