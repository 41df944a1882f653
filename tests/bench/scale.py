#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What scale.sh measured, as a table and as a picture.

    scale.py DOCUMENTS.. > scale.svg

Reads N.build (the report of `bqindex build --json`, then what spent.py says) and
N.times (of `bqbench engine --json`) for each N; writes scale.tsv.  The picture
has four plots, both axes logarithmic: where a line is as steep as the grey one,
the cost grows with the number of documents.
"""
import json
import math
import sys

COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#7b5ea7", "#b8860b", "#008b8b", "#555555")
WIDTH, HEIGHT, LEFT, TOP, ROOM = 330, 230, 62, 34, 150


def read(n):
    with open("%d.build" % n, encoding="utf-8") as f:
        report, spent = (json.loads(line) for line in f.read().splitlines()[-2:])
    with open("%d.times" % n, encoding="utf-8") as f:
        classes = json.load(f)["classes"]
    row = {"documents": n, "words": report["tokens"], "cpu_s": spent["cpu_seconds"],
           "peak_mib": report["peak_rss_bytes"] / 2**20, "index_mib": report["index_bytes"] / 2**20}
    for c in classes:
        row["%s %s" % (c["command"], c["class"])] = c["mean_us"]
    return row


def write_table(rows, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write("\t".join(rows[0]) + "\n")
        for row in rows:
            out.write("\t".join("%.10g" % v for v in row.values()) + "\n")


def spread(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def label(power):
    if power > 5:
        return '10<tspan dy="-4" font-size="8">%d</tspan>' % power
    return "{:,}".format(10**power) if power >= 0 else "%g" % 10**power


def plot(rows, title, lines, x0, y0):
    """One plot, `lines`: (name, key); its SVG."""
    xs = [r["documents"] for r in rows]
    xl, xh = math.floor(math.log10(min(xs))), math.log10(max(xs)) + .05
    yl, yh = spread([max(r[k], 1e-3) for r in rows for _, k in lines])
    px = lambda v: x0 + (math.log10(v) - xl) / (xh - xl) * WIDTH
    py = lambda v: y0 + HEIGHT - (math.log10(max(v, 1e-3)) - yl) / (yh - yl) * HEIGHT
    out = ['<text x="%d" y="%d" font-weight="bold">%s</text>' % (x0, y0 - 12, title),
           '<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#999"/>' % (x0, y0, WIDTH, HEIGHT)]
    for p in range(yl, yh + 1):
        out.append('<path d="M%d %.1fh%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>' % (
            x0, py(10**p), WIDTH, x0 - 5, py(10**p) + 4, label(p)))
    for p in range(math.ceil(xl), math.floor(xh) + 1):
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % (px(10**p), y0 + HEIGHT + 15, label(p)))
    decades = min(xh - xl, yh - yl)
    out.append('<path d="M%.1f %.1fL%.1f %.1f" stroke="#bbb" stroke-dasharray="4 3"/>' % (
        px(10**xl), py(10**yl), px(10**(xl + decades)), py(10**(yl + decades))))
    ends = sorted((py(rows[-1][k]), i) for i, (_, k) in enumerate(lines))
    at = y0 - 14.0
    for y, i in ends:  # names beside the last points, none over another
        at = max(at + 14, y + 4)
        out.append('<text x="%d" y="%.1f" fill="%s">%s</text>' % (x0 + WIDTH + 6, at, COLOURS[i], lines[i][0]))
    for i, (_, key) in enumerate(lines):
        points = " ".join("%.1f,%.1f" % (px(r["documents"]), py(r[key])) for r in rows)
        out.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (points, COLOURS[i]))
        out += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (px(r["documents"]), py(r[key]), COLOURS[i])
                for r in rows]
    return out


def main():
    sizes = sorted(int(a) for a in sys.argv[1:])
    if not sizes:
        sys.exit(__doc__)
    rows = [read(n) for n in sizes]
    write_table(rows, "scale.tsv")
    of = lambda command: [(k.split(" ", 1)[1], k) for k in rows[0] if k.startswith(command + " ")]
    plots = [("build: CPU seconds", [("bqindex build", "cpu_s")]),
             ("build: MiB", [("index", "index_mib"), ("memory at most", "peak_mib")]),
             ("TOP_10: mean CPU us", of("TOP_10")), ("COUNT: mean CPU us", of("COUNT"))]
    wide, high = LEFT + WIDTH + ROOM, TOP + HEIGHT + 40
    print('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">' % (
        2 * wide, 2 * high))
    print('<rect width="100%" height="100%" fill="white"/>')
    for i, (title, lines) in enumerate(plots):
        print("\n".join(plot(rows, title + " by documents", lines, i % 2 * wide + LEFT, i // 2 * high + TOP)))
    print("</svg>")


if __name__ == "__main__":
    main()
