#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make up queries of every form, ask the daemon for all they match, page by page,
and compare with a scan of the collection: the set of documents, the counts, which
of them hold all the words, the order, short pages against long ones; of some
queries every score, worked out again.

    check_queries.py BIN_DIR COLLECTION.jsonl [--lang none|en] [--index DIR] [--n 10000] [--seed 1] [--cjk]

COLLECTION: one {"id", "title", "text"} a line, ids all different, at most 1.1
million different words.  With stems (--lang en) only the forms that use none:
phrases, quoted words, tokens of several words, stop words that are left out.
With --cjk: pieces of 1 to 6 Chinese, Japanese or Korean characters, compared with
a search for those characters in the raw text.  Exit 0: all equal; 1: differences,
the first of each kind shown.
"""
import collections
import json
import math
import random
import sys
import time

import bqp
import words
from naive import LOOSE, STRICT, Collection
from random_queries import cjk_queries, random_queries

SHOWN = 5            # examples of each kind of difference
PAGE = 1000
PAGED_UP_TO = 2000   # documents; of more only the counts and two pages are compared, now and then all
SCORED_QUERIES = 300
SCORED_HITS = 300    # of each


class Report:
    def __init__(self):
        self.counts, self.wrong = collections.Counter(), collections.Counter()

    def wrong_about(self, kind, query, what):
        self.wrong[kind] += 1
        if self.wrong[kind] <= SHOWN:
            print("%s: %s | %s: %s" % (kind, query[1], query[0], what), flush=True)


class Check:
    def __init__(self, collection, connection, rng):
        self.collection, self.connection, self.rng = collection, connection, rng
        self.report = Report()
        self.by_form = collections.defaultdict(collections.Counter)

    def ask(self, verb, query, more=""):
        """HIT objects and END; END is None for an error."""
        replies = self.connection.ask("%s @timeout=60000 @cache=0 %s%s -- %s" % (verb, query[1], more, query[0]))
        kind, end = replies[-1]
        if kind != "END":
            self.report.wrong_about("error", query, end)
            return [], None
        if end.get("partial"):
            self.report.wrong_about("partial", query, end)
        return [body for kind, body in replies if kind == "HIT"], end

    def ask_all(self, query, pages):
        """All hits in order, and the first and last END."""
        hits, first, more = [], None, " @limit=%d @snippets=none" % PAGE
        for _ in range(pages):
            page, end = self.ask("SEARCH", query, more)
            if end is None:
                return None, None, None
            hits += page
            first = first or end
            if not end.get("next") or not page:
                break
            more = " @limit=%d @snippets=none @after=%s" % (PAGE, json.dumps(end["next"]))
        return hits, first, end

    def check_count(self, query, wanted):
        _, end = self.ask("COUNT", query)
        if end is not None and (end["total"], end["exact"]) != (wanted, True):
            self.report.wrong_about("count", query, "%s, wanted %d" % (end, wanted))

    def check_totals(self, query, end, wanted, some):
        total = end["total"]
        if total != wanted and (end["exact"] or total > wanted):
            self.report.wrong_about("total", query, "%s, wanted %d" % (end, wanted))
        if end.get("any", some) != some:
            self.report.wrong_about("any", query, "%s, wanted %d" % (end["any"], some))

    def check_order(self, query, hits):
        for a, b in zip(hits, hits[1:]):
            if query[2] != "any" and a["all"] < b["all"]:
                self.report.wrong_about("order", query, "%s with all the words behind %s" % (b["id"], a["id"]))
            elif (a["all"] == b["all"] or query[2] == "any") and a["score"] < b["score"]:
                self.report.wrong_about("order", query, "%s %s behind %s %s" % (b["id"], b["score"], a["id"], a["score"]))

    def check_short_page(self, query, hits):
        """A page of few hits is the same piece of the whole list."""
        limit, offset = self.rng.choice(((10, 0), (10, 0), (1, 0), (100, 0), (10, 7), (3, 60)))
        page, end = self.ask("SEARCH", query, " @limit=%d @offset=%d @snippets=none" % (limit, offset))
        have, want = ([(h["id"], h["score"], h["all"]) for h in x] for x in (page, hits[offset:offset + limit]))
        if end is not None and have != want:
            self.report.wrong_about("short page", query, "limit %d offset %d: %s, wanted %s" % (
                limit, offset, have[:3], want[:3]))
        return end

    def check_scores(self, query, hits):
        self.report.counts["queries scored"] += 1
        # Points are integers; all weights together are below 2^30 of them.
        step = 2.0 ** (math.frexp(query[3].weight())[1] - 30)
        rounding = 0.5 * step * len(query[3].leaves())
        for hit in self.rng.sample(hits, min(SCORED_HITS, len(hits))):
            mode = STRICT if hit["all"] and query[2] != "any" else LOOSE
            wanted = query[3].score(self.collection.number_of[hit["id"]], mode)
            self.report.counts["scores"] += 1
            if abs(hit["score"] - wanted) > 1e-6 * wanted + rounding:
                self.report.wrong_about("score", query, "%s: %s, wanted %.9g" % (hit["id"], hit["score"], wanted))

    def check_set(self, query, hits, strict, wanted, is_whole):
        got = [self.collection.number_of.get(hit["id"], -1) for hit in hits]
        if len(set(got)) != len(got):
            self.report.wrong_about("twice", query, "%d hits, %d documents" % (len(got), len(set(got))))
        extra, missed = set(got) - wanted, wanted - set(got) if is_whole else ()
        for what, numbers in (("too many", extra), ("missed", missed)):
            if numbers:
                self.report.wrong_about(what, query, "%d of %d, such as %s" % (
                    len(numbers), len(wanted), [i for i, n in self.collection.number_of.items() if n in numbers][:3]))
        for hit, number in zip(hits, got):
            if hit["all"] != (number in strict):
                self.report.wrong_about("all", query, "%s says %s" % (hit["id"], hit["all"]))
                break
        return not extra

    def check(self, name, query):
        strict, loose = query[3].match(STRICT), query[3].match(LOOSE)
        wanted = strict if query[2] == "all" else loose
        n_counted = len(loose if query[2] == "any" else strict)
        is_whole = len(wanted) <= PAGED_UP_TO or self.rng.random() < 0.01
        self.check_count(query, n_counted)
        hits, first, end = self.ask_all(query, 1 << 30 if is_whole else 2)
        if hits is None:
            return
        self.by_form[name].update(queries=1, found=bool(wanted), whole=is_whole, hits=len(hits))
        is_sound = self.check_set(query, hits, strict, wanted, is_whole)
        self.check_order(query, hits)
        for e in (first, end, self.check_short_page(query, hits)):
            if e is not None:
                self.check_totals(query, e, n_counted, len(loose))
        is_scored = all(leaf.is_scored for leaf in query[3].leaves())
        if is_sound and hits and is_scored and not name.startswith("@partial") and \
                self.rng.random() < 0.25 and self.report.counts["queries scored"] < SCORED_QUERIES:
            self.check_scores(query, hits)

    def summary(self):
        for name, c in self.by_form.items():
            print("%-16s %5d queries, %5d find something, %5d compared whole, %9d hits" % (
                name, c["queries"], c["found"], c["whole"], c["hits"]))
        whole = sum(self.by_form.values(), collections.Counter())
        print("%d queries, %d find something, %d compared whole, %d hits; %d scores of %d queries" % (
            whole["queries"], whole["found"], whole["whole"], whole["hits"],
            self.report.counts["scores"], self.report.counts["queries scored"]))
        print("differences: %s" % (dict(self.report.wrong) or "none"))
        return 1 if self.report.wrong or whole["hits"] == 0 else 0


def check_all(args, index):
    began = time.time()
    collection = Collection(args.collection, words.Splitter(args.lang))
    if len(collection.number_of) != len(collection.docs):
        sys.exit("%s: ids that are not different" % args.collection)
    print("%d documents, %d words, read in %.0f s" % (
        len(collection.docs), len(collection.words), time.time() - began), flush=True)
    with bqp.Daemon(args.bin_dir, index) as daemon:
        check = Check(collection, bqp.Connection(daemon.path), random.Random(args.seed))
        rng = random.Random(args.seed)
        queries = cjk_queries(collection, rng, args.n) if args.cjk else random_queries(collection, rng, args.lang, args.n)
        for i, (name, query) in enumerate(queries, 1):
            check.check(name, query)
            if i % 1000 == 0:
                print("%d queries, %.0f s" % (i, time.time() - began), file=sys.stderr, flush=True)
        return check.summary()


if __name__ == "__main__":
    sys.exit(bqp.check_main(__doc__, check_all, 10000, "--cjk"))
