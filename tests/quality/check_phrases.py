#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Cut phrases from a collection at random, ask the daemon for them, and compare
with a scan of the text: every document that holds the phrase and no other,
every place, every highlighted byte.

    check_phrases.py BIN_DIR COLLECTION.jsonl [--lang none|en] [--index DIR] [--n 2000] [--seed 1]

COLLECTION: one {"id", "title", "text"} a line, ids all different.  BIN_DIR:
where the build is.  Without --index the index is built in a temporary
directory.  Exit 0: all equal; 1: differences, the first of each kind shown.
"""
import bisect
import collections
import json
import random
import re
import sys
import time

import bqp
import words

SHOWN = 5            # examples of each kind of difference
LOOKED_AT = 200      # hits of a phrase whose places and marks are compared
PAGE = 1000
PAGED_UP_TO = 20000  # documents; of more only the total and some pages are compared


class Report:
    def __init__(self):
        self.counts = collections.Counter()
        self.wrong = collections.Counter()

    def wrong_about(self, kind, text):
        self.wrong[kind] += 1
        if self.wrong[kind] <= SHOWN:
            print("%s: %s" % (kind, text))


class Document:
    """Text as bytes, and where its characters are."""

    def __init__(self, line):
        record = json.loads(line)
        self.id = str(record["id"])
        self.title = str(record.get("title") or "")
        self.text = str(record.get("text") or "")


class Collection:
    def __init__(self, path):
        self.lines = []
        with open(path, "rb") as f:
            for line in f:
                if line.strip():
                    self.lines.append(line)
        self.by_id = {}

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, i):
        return Document(self.lines[i])


def cut_random(splitter, collection, rng):
    """Query text of 2 to 6 words as they stand in some document, or None."""
    doc = collection[rng.randrange(len(collection))]
    text = doc.title if rng.random() < 0.05 else doc.text
    units = splitter.split(text)
    n = rng.randint(2, 6)
    if len(units) < n:
        return None
    at = rng.randrange(len(units) - n + 1)
    slices = [text[u[1]:u[2]] for u in units[at:at + n]]
    whole = text[units[at][1]:units[at + n - 1][2]]
    # As written where only harmless marks stand between the words, else with blanks.
    between = [text[units[i][2]:units[i + 1][1]] for i in range(at, at + n - 1)]
    if all(b and set(b) <= set(" -,.;'\u2019()\u2013") for b in between) and rng.random() < 0.5:
        return whole
    return "".join(s if i == 0 or units[at + i][3] else " " + s for i, s in enumerate(slices))


def cut_repeated(splitter, collection, rng):
    """A word twice in a row, where some document has one."""
    for _ in range(50):
        doc = collection[rng.randrange(len(collection))]
        units = splitter.split(doc.text)
        twice = [i for i in range(len(units) - 1) if units[i][0] == units[i + 1][0] and not units[i + 1][3]]
        if twice:
            word = units[rng.choice(twice)][0]
            return " ".join([word] * rng.choice((2, 2, 2, 3)))
    return None


COMMON = "the of and in to a was is for on as by with at from it an are be this".split()


def choose_phrases(splitter, collection, rng, n):
    chosen = {}
    for _ in range(4 * n):
        dice = rng.random()
        if dice < 0.90:
            text = cut_random(splitter, collection, rng)
        elif dice < 0.95:
            text = cut_repeated(splitter, collection, rng)
        else:
            text = " ".join(rng.choice(COMMON) for _ in range(rng.randint(2, 4)))
        units = splitter.split(text) if text else []
        if len(units) >= 2 and len(text.encode()) < 1000 and "\n" not in text:
            chosen[text] = units
        if len(chosen) == n:
            break
    return chosen


def scan(splitter, collection, phrases):
    """For each phrase the numbers of the documents that hold it."""
    by_first = collections.defaultdict(list)
    for text, units in phrases.items():
        by_first[units[0][0], units[1][0]].append((text, [u[0] for u in units], units))
    truth = {text: set() for text in phrases}
    for number in range(len(collection)):
        doc = collection[number]
        collection.by_id.setdefault(doc.id, number)
        for field in (doc.title, doc.text):
            units = splitter.split(field)
            flat = [u[0] for u in units]
            for i, pair in enumerate(zip(flat, flat[1:])):
                for text, wanted, query in by_first.get(pair, ()):
                    if flat[i:i + len(wanted)] == wanted and all(
                            units[i + k][3] or not query[k][3] for k in range(1, len(query))):
                        truth[text].add(number)
    return truth


def merged(ranges):
    """The same bytes in ranges that neither overlap nor touch."""
    out = []
    for start, end in sorted(ranges):
        if out and start <= out[-1][1]:
            out[-1][1] = max(end, out[-1][1])
        else:
            out.append([start, end])
    return out


class HitCheck:
    """One hit against the document it names."""

    def __init__(self, splitter, report, text, phrase):
        self.splitter, self.report, self.text, self.phrase = splitter, report, text, phrase

    def wrong_about(self, kind, doc, what):
        self.report.wrong_about(kind, "%r in %s: %s" % (self.text, doc.id, what))

    def places(self, field):
        """Byte ranges of the phrase in `field`."""
        return [(len(field[:a].encode()), len(field[:b].encode()))
                for a, b in words.find_phrase(self.splitter.split(field), self.phrase)]

    def check(self, doc, hit, snips):
        places = self.places(doc.text)
        self.check_title(doc, hit)
        if hit.get("in") == "title":
            if places:
                self.wrong_about("place", doc, "in the title, it says, but the text has it at %d" % places[0][0])
            return
        if not places:
            self.wrong_about("place", doc, "only in the title, but a line is given")
            return
        data = doc.text.encode()
        self.check_place(doc, data, hit, places[0])
        if not snips:
            self.wrong_about("snippet", doc, "there is none")
        for snip in snips:
            self.check_snip(doc, data, snip, places)

    def check_title(self, doc, hit):
        if len(doc.title.encode()) > 1000:
            return
        want = merged(self.places(doc.title))
        have = merged(hit.get("tm", []))
        if have != want:
            self.wrong_about("title marks", doc, "%s, wanted %s in %r" % (have, want, doc.title))

    def check_place(self, doc, data, hit, first):
        self.report.counts["places"] += 1
        off, end = hit["off"], hit["off"] + hit["len"]
        if (off, end) != first:
            self.wrong_about("place", doc, "bytes %d-%d %r, the first is %d-%d" % (off, end, data[off:end], *first))
        line = data.count(b"\n", 0, off) + 1
        col = off - (data.rfind(b"\n", 0, off) + 1) + 1
        if (hit["line"], hit["col"]) != (line, col):
            self.wrong_about("line", doc, "%d:%d, wanted %d:%d" % (hit["line"], hit["col"], line, col))

    def check_snip(self, doc, data, snip, places):
        self.report.counts["snippets"] += 1
        self.report.counts["marks"] += len(snip["m"])
        shown = Shown(data, snip)
        if shown.start is None:
            self.wrong_about("snippet", doc, "no such text at line %d: %r" % (snip["tline"], snip["text"][:80]))
            return
        inside = [p for p in places if p[0] >= shown.start and p[1] <= shown.end]
        across = [p for p in places if p not in inside and p[0] < shown.end and p[1] > shown.start]

        def is_free(mark):  # of places that begin or end outside: part of those may be marked
            return not any(mark[0] < b and a < mark[1] for a, b in across)

        want = [w for w in merged(inside) if is_free(w)]
        have = [m for m in merged(shown.in_document(m) for m in snip["m"]) if is_free(m)]
        if have != want:
            self.wrong_about("marks", doc, "%s, wanted %s in %r" % (have, want, snip["text"][:200]))
        if any(a[1] > b[0] for a, b in zip(snip["m"], snip["m"][1:])):
            self.wrong_about("marks", doc, "%s are not in order" % snip["m"])
        if snip["off"] < shown.start or snip["off"] + snip["len"] > shown.end:
            self.wrong_about("snippet", doc, "the place is outside of what is shown")


class Shown:
    """Where the text of a snippet stands in the document, in bytes.  The CR of a CR LF is not sent."""

    def __init__(self, data, snip):
        text = snip["text"].encode()
        left_out = [m.start() for m in re.finditer(rb"\r(?=\n)", data)]
        self.left_out = [at - i for i, at in enumerate(left_out)]  # in the bytes that are sent
        sent = data.replace(b"\r\n", b"\n")
        lines = sent.split(b"\n", snip["tline"] - 1)
        self.start = self.end = None
        if len(lines) < snip["tline"]:
            return
        at = len(sent) - len(lines[-1])
        if snip.get("cut"):
            at = sent.find(text, max(at, snip["off"] - bisect.bisect(left_out, snip["off"]) - len(text)))
        if at >= 0 and sent.startswith(text, at):
            self.at = at
            self.start, self.end = self.in_document((0, len(text)))

    def origin(self, at):
        return at + bisect.bisect(self.left_out, at)

    def in_document(self, mark):
        return self.origin(self.at + mark[0]), self.origin(self.at + mark[1] - 1) + 1


def ask_all(connection, text, report, pages):
    """Hits of a phrase in rank order, the first LOOKED_AT with their snippets, and the last END."""
    hits, options = [], "@limit=%d @total=exact" % LOOKED_AT
    for _ in range(pages):
        replies = connection.ask('SEARCH @timeout=60000 @cache=0 %s -- "%s"' % (options, text))
        for kind, body in replies:
            if kind == "HIT":
                hits.append((body, []))
            elif kind == "SNIP":
                hits[-1][1].append(body)
            elif kind == "ERR":
                report.wrong_about("error", "%r: %s" % (text, body))
                return hits, {}
        end = replies[-1][1]
        if not end.get("next") or end["hits"] == 0:
            break
        options = "@limit=%d @snippets=none @after=%s" % (PAGE, json.dumps(end["next"]))
    return hits, end


def check_phrase(connection, splitter, collection, report, query, truth):
    text, phrase = query
    is_all = len(truth) <= PAGED_UP_TO
    hits, end = ask_all(connection, text, report, 1 << 30 if is_all else 3)
    got = [collection.by_id.get(hit["id"], -1) for hit, _ in hits]
    report.counts["hits"] += len(hits)
    if len(set(got)) != len(got):
        report.wrong_about("twice", "%r: %d hits, %d documents" % (text, len(got), len(set(got))))
    for what, numbers in (("not in the text", set(got) - truth), ("missed", is_all and truth - set(got) or ())):
        if numbers:
            report.wrong_about(what, "%r: %d of %d, %s" % (
                text, len(numbers), len(truth), [collection[i].id for i in sorted(numbers)[:3]]))
    if end.get("exact") and end.get("total") != len(truth):
        report.wrong_about("total", "%r: %s, wanted %d" % (text, end.get("total"), len(truth)))
    check = HitCheck(splitter, report, text, phrase)
    for (hit, snips), number in list(zip(hits, got))[:LOOKED_AT]:
        if number in truth:
            check.check(collection[number], hit, snips)


def check_all(args, index):
    rng, report = random.Random(args.seed), Report()
    splitter, collection = words.Splitter(args.lang), Collection(args.collection)
    phrases = choose_phrases(splitter, collection, rng, args.n)
    began = time.time()
    truth = scan(splitter, collection, phrases)
    print("%d documents, %d phrases, scanned in %.0f s" % (len(collection), len(phrases), time.time() - began), flush=True)
    if len(collection.by_id) != len(collection):
        sys.exit("%s: ids that are not different" % args.collection)
    with bqp.Daemon(args.bin_dir, index) as daemon:
        connection = bqp.Connection(daemon.path)
        for text, phrase in phrases.items():
            check_phrase(connection, splitter, collection, report, (text, phrase), truth[text])
    found = sum(1 for t in truth.values() if t)
    print("%d phrases occur; %s" % (found, ", ".join("%d %s" % (n, what) for what, n in report.counts.items())))
    print("differences: %s" % (dict(report.wrong) or "none"))
    return 1 if report.wrong or report.counts["hits"] == 0 else 0


if __name__ == "__main__":
    sys.exit(bqp.check_main(__doc__, check_all, 2000))
