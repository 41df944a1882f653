#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make up queries of one or two clauses of every form, ask the daemon for them, and
compare what it shows with a scan of the text: places, lines, snippets, every
marked byte of titles and text.

    check_marks.py BIN_DIR COLLECTION.jsonl [--lang none|en] [--index DIR] [--n 1000] [--seed 1]

COLLECTION, the other options and the exit code: as check_queries.py.  With stems
only the forms that use none.
"""
import bisect
import collections
import functools
import itertools
import random
import sys

import bqp
import words
from check_phrases import HitCheck, Report
from naive import BREAK, Collection, Near, Unfit, starts
from random_queries import Maker

HITS = 20  # of a query, whose places and marks are compared

Document = collections.namedtuple("Document", "id title text")


class Reader:
    """Fields of documents as words: bytes where they stand, and one character for each."""

    def __init__(self, collection):
        self.collection = collection
        self.read = functools.lru_cache(64)(self.read_slowly)

    def read_slowly(self, field):
        units = self.collection.splitter.split(field)
        at = [0] + list(itertools.accumulate(len(c.encode()) for c in field))
        codes = "".join(self.collection.codes.get(u[0] + BREAK if u[3] else u[0], BREAK) for u in units)
        return units, [(at[u[1]], at[u[2]]) for u in units], codes

    def places(self, leaf, field):
        """Byte ranges of the leaf's matches."""
        units, at, codes = self.read(field)
        if isinstance(leaf, Near):
            return [(at[first][0], at[self.end_of_word(units, last)][1]) for first, last in near_places(leaf, codes)]
        n = len(leaf.classes)
        return [(at[i][0], at[i + n - 1][1]) for i in range(len(units) - n + 1)
                if all(codes[i + k] in cls for k, cls in enumerate(leaf.classes))]

    @staticmethod
    def end_of_word(units, i):
        """A CJK character and the one behind it are a word."""
        return i + (i + 1 < len(units) and units[i + 1][3])


def near_places(leaf, codes):
    """First and last word of each match: the earliest of those that end first."""
    found = [sorted(at for n in needles for at in starts(codes, n)) for needles in leaf.needles]
    behind = 0
    for end in sorted(set().union(*found)):
        least = max(behind, end - leaf.distance - len(leaf.units))
        near = [f[bisect.bisect_left(f, least):bisect.bisect_right(f, end)] for f in found]
        first = min((min(places) for places in itertools.product(*near) if leaf.fits(places)), default=None)
        if first is not None:
            yield first, end
            behind = end + 1


class MarksCheck(HitCheck):
    """One hit of a query of some leaves."""

    def __init__(self, reader, report, text, leaves):
        super().__init__(None, report, text, None)
        self.reader, self.leaves, self.is_title = reader, leaves, False

    def places(self, field):
        return sorted(set(place for leaf in self.leaves if self.is_title or not leaf.is_title
                          for place in self.reader.places(leaf, field)))

    def check_title(self, doc, hit):
        self.is_title = True
        super().check_title(doc, hit)
        self.is_title = False

    def check_place(self, doc, data, hit, first):
        """Of several clauses any place may be the best."""
        here = (hit["off"], hit["off"] + hit["len"])
        is_there = len(self.leaves) > 1 and here in self.places(doc.text)
        super().check_place(doc, data, hit, here if is_there else first)


def forms(maker):
    def cjk():
        text = "".join(maker.cut(6)).strip()
        if not maker.collection.splitter.cjk.search(text) or not text.isprintable() or '"' in text:
            raise Unfit
        return maker.leaf('"%s"', text)

    return {"word": maker.quoted_word, "phrase": maker.phrase, "permuted": maker.permuted, "token": maker.token,
            "repeated": maker.repeated_phrase, "shar*": lambda: maker.prefix("%s*"),
            '"data shar"*': lambda: maker.prefix('"%s"*'), "~": lambda: maker.near("~"),
            "NEAR": lambda: maker.near("NEAR"), "ADJ": lambda: maker.near("ADJ"), "title:": maker.title_word,
            'title:"': lambda: maker.phrase(is_title=True), "cjk": cjk}


def draw(maker, rng, form):
    for _ in range(100):
        maker.doc = rng.randrange(len(maker.collection.docs)) if rng.random() < 0.6 else None
        try:
            return form()
        except Unfit:
            pass
    return None


def check_query(connection, reader, report, text, leaves):
    hits = []
    replies = connection.ask("SEARCH @timeout=60000 @cache=0 @match=any @limit=%d -- %s" % (HITS, text))
    for kind, body in replies:
        if kind == "HIT":
            hits.append((body, []))
        elif kind == "SNIP":
            hits[-1][1].append(body)
        elif kind == "ERR":
            report.wrong_about("error", "%r: %s" % (text, body))
    report.counts["hits"] += len(hits)
    check = MarksCheck(reader, report, text, leaves)
    for hit, snips in hits:
        title, body = reader.collection.raw(reader.collection.number_of[hit["id"]])
        check.check(Document(hit["id"], title, body), hit, snips)


def check_all(args, index):
    rng, report = random.Random(args.seed), Report()
    collection = Collection(args.collection, words.Splitter(args.lang))
    maker, reader = Maker(collection, rng, args.lang), Reader(collection)
    drawn = collections.Counter()
    with bqp.Daemon(args.bin_dir, index) as daemon:
        connection = bqp.Connection(daemon.path)
        for _ in range(args.n):
            names = rng.sample(sorted(forms(maker)), rng.choice((1, 1, 1, 2)))
            pieces = [draw(maker, rng, forms(maker)[name]) for name in names]
            if None in pieces:
                continue
            drawn.update(names)
            check_query(connection, reader, report, " OR ".join(p.text for p in pieces), [p.node for p in pieces])
    print(", ".join("%d %s" % (n, name) for name, n in sorted(drawn.items())))
    print(", ".join("%d %s" % (n, what) for what, n in report.counts.items()))
    print("differences: %s" % (dict(report.wrong) or "none"))
    return 1 if report.wrong or report.counts["hits"] == 0 else 0


if __name__ == "__main__":
    sys.exit(bqp.check_main(__doc__, check_all, 1000))
