# SPDX-License-Identifier: GPL-2.0-or-later
"""What queries match and score, worked out slowly from the documents' words: the
truth for the checks.  A query is a tree of nodes; match() gives the numbers of the
documents, score() the BM25 of one of them.
"""
import array
import bisect
import collections
import itertools
import json
import math
import re
import sys
import unicodedata

import words

K1, B = 0.9, 0.4
STRICT, LOOSE = "all the words", "some of the words"
BREAK = "\0"         # between title and text


class Unfit(Exception):
    """What was drawn makes no query; draw again."""


class Collection:
    """Every document as a string with one character a word, so that a phrase is a substring."""

    def __init__(self, path, splitter):
        self.splitter = splitter
        self.file = open(path, "rb")
        self.offsets, self.number_of = [], {}
        self.codes, self.words = {}, [BREAK]
        self.titles, self.docs, self.length_codes = [], [], []
        self.in_doc, self.in_title = collections.defaultdict(self.numbers), collections.defaultdict(self.numbers)
        n_words = 0
        while True:
            offset = self.file.tell()
            line = self.file.readline()
            if not line:
                break
            if line.strip():
                n_words += self.add(offset, json.loads(line))
        self.average = n_words / len(self.docs)
        self.vocabulary = sorted(key for key in self.codes if not key.endswith(BREAK))

    @staticmethod
    def numbers():
        return array.array("I")

    def code(self, word, joined):
        """The character of a word; a CJK character right behind another one has its own."""
        key = word + BREAK if joined else word
        code = self.codes.get(key)
        if code is None:
            if len(self.words) > sys.maxunicode:
                sys.exit("more than %d different words" % sys.maxunicode)
            code = self.codes[key] = chr(len(self.words))
            self.words.append(word)
        return code

    def add(self, offset, record):
        number = len(self.docs)
        self.offsets.append(offset)
        self.number_of[str(record["id"])] = number
        title, text = ("".join(self.code(unit[0], unit[3]) for unit in self.splitter.split(str(record.get(name) or "")))
                       for name in ("title", "text"))
        self.titles.append(title)
        self.docs.append(title + BREAK + text)
        for where, field in ((self.in_title, title), (self.in_doc, title + text)):
            for code in set(field):
                where[code].append(number)
        length = len(title) + len(text)
        self.length_codes.append(rounded_length(length))
        return length

    def raw(self, number):
        self.file.seek(self.offsets[number])
        record = json.loads(self.file.readline())
        return str(record.get("title") or ""), str(record.get("text") or "")

    def alternatives(self, unit, is_prefix):
        """The characters that a unit of a query stands for."""
        if is_prefix:
            at, found = bisect.bisect_left(self.vocabulary, unit[0]), ""
            while at < len(self.vocabulary) and self.vocabulary[at].startswith(unit[0]):
                found += self.codes[self.vocabulary[at]]
                at += 1
            if len(found) > 1000:
                raise Unfit  # bq takes the most frequent ones
            return found
        keys = [unit[0] + BREAK] if unit[3] else [unit[0], unit[0] + BREAK]
        return "".join(self.codes[key] for key in keys if key in self.codes)


def rounded_length(n):
    """Lengths are kept with four significant bits, rounded down."""
    cut = max(0, n.bit_length() - 4)
    return n >> cut << cut


def starts(text, needle):
    """Where `needle` stands in `text`, overlaps included."""
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


class Leaf:
    """Words in a row."""

    def __init__(self, collection, text, is_title=False, is_prefix=False):
        self.units = collection.splitter.split(text)
        if not self.units:
            raise Unfit
        self.collection, self.is_title = collection, is_title
        last = len(self.units) - 1
        self.classes = [collection.alternatives(u, is_prefix and i == last) for i, u in enumerate(self.units)]
        self.is_simple = all(len(c) == 1 for c in self.classes)
        self.is_scored = self.is_simple and not any(collection.splitter.cjk.search(u[0]) for u in self.units)
        self.texts = collection.titles if is_title else collection.docs
        self.found = None

    def match(self, _):
        if self.found is None:
            self.found = self.search() if all(self.classes) else set()
        return self.found

    def search(self):
        where = self.collection.in_title if self.is_title else self.collection.in_doc
        lists = sorted(([where[c] for c in cls if c in where] for cls in self.classes),
                       key=lambda found: sum(map(len, found)))
        found = set().union(*lists[0])
        for more in lists[1:]:
            found.intersection_update(set().union(*more))
        if len(self.classes) == 1:
            return found
        if self.is_simple:
            needle = "".join(self.classes)
            return {d for d in found if needle in self.texts[d]}
        pattern = re.compile("".join("(?:%s)" % "|".join(map(re.escape, cls)) for cls in self.classes))
        return {d for d in found if pattern.search(self.texts[d])}

    def weight(self):
        """Of leaves that are scored: the sum of the words' idf; CJK words are made of two characters."""
        where = self.collection.in_title if self.is_title else self.collection.in_doc
        n_docs = len(self.collection.docs)
        return sum(math.log(1 + (n_docs - n + 0.5) / (n + 0.5)) for n in (len(where[c]) for c in self.classes))

    def score(self, d, _):
        """BM25; of leaves that are scored."""
        return self.bm25(d, sum(1 for _ in starts(self.texts[d], "".join(self.classes))))

    def bm25(self, d, tf):
        k = K1 * (1 - B + B * self.collection.length_codes[d] / self.collection.average)
        return self.weight() * tf / (tf + k)

    def leaves(self):
        return [self]


class Near(Leaf):
    """Words near one another, by every choice of places: form `~`, `NEAR` or `ADJ`.

    Two CJK characters side by side are a word that stands where the first one does,
    so of a run of them each but the last begins one; one by itself stands wherever
    it does.  No place serves two words.
    """

    def __init__(self, collection, text, form, distance, is_title=False):
        super().__init__(collection, text, is_title)
        self.form, self.distance = form, distance
        units = self.units + [("", 0, 0, False)]
        self.ats = [i for i, u in enumerate(self.units) if units[i + 1][3] or not u[3]]
        self.needles = [self.spellings(*units[i:i + 2]) for i in self.ats]

    def spellings(self, unit, behind):
        codes = self.collection.alternatives((unit[0], 0, 0, False), False)
        return [c + n for c in codes for n in self.collection.alternatives(behind, False)] if behind[3] else list(codes)

    def fits(self, places):
        if len(set(places)) != len(places) or self.form == "ADJ" and places[1] < places[0]:
            return False
        off = [place - at if self.form == "~" else place for at, place in zip(self.ats, places)]
        return max(off) - min(off) <= self.distance

    def matches(self, text):
        """Where each match ends: as early as it can, and the next one lies behind it."""
        found = [sorted(at for n in needles for at in starts(text, n)) for needles in self.needles]
        behind = 0
        for end in sorted(set().union(*found)):
            first = max(behind, end - self.distance - len(self.units))
            near = [f[bisect.bisect_left(f, first):bisect.bisect_right(f, end)] for f in found]
            if any(map(self.fits, itertools.product(*near))):
                yield end
                behind = end + 1

    def parts(self, d):
        """Title and text: too far apart for any distance."""
        return self.texts[d].split(BREAK)

    def search(self):
        where = self.collection.in_title if self.is_title else self.collection.in_doc
        holding = [set().union(*(where[n[0]] for n in needles if n[0] in where)) for needles in self.needles]
        return {d for d in set.intersection(*holding)
                if any(True for part in self.parts(d) for _ in self.matches(part))}

    def score(self, d, _):
        return self.bm25(d, sum(1 for part in self.parts(d) for _ in self.matches(part)))


class Any:
    def __init__(self, kids):
        self.kids, self.found = kids, {}

    def match(self, mode):
        if mode not in self.found:
            self.found[mode] = set().union(*(kid.match(mode) for kid in self.kids))
        return self.found[mode]

    def weight(self):
        return sum(kid.weight() for kid in self.kids)

    def score(self, d, mode):
        return sum(kid.score(d, mode) for kid in self.kids if d in kid.match(mode))

    def leaves(self):
        return [leaf for kid in self.kids for leaf in kid.leaves()]


class Group(Any):
    """Clauses side by side: (sign, node)."""

    def __init__(self, clauses):
        super().__init__([node for sign, node in clauses if sign != "-"])
        self.must = [node for sign, node in clauses if sign == "+"]
        self.bare = [node for sign, node in clauses if sign == ""]
        self.nots = [node for sign, node in clauses if sign == "-"]
        if not self.kids:
            raise Unfit

    def match(self, mode):
        if mode not in self.found:
            found = [kid.match(mode) for kid in self.must or self.bare]
            both = set.intersection(*found) if self.must or mode == STRICT else set().union(*found)
            self.found[mode] = both.difference(*(kid.match(STRICT) for kid in self.nots))
        return self.found[mode]


class Raw:
    """Documents that hold a piece of text, character for character."""

    is_scored = False

    def __init__(self, texts, piece):
        # A mark behind the last character makes it another one.
        self.found = {d for d, text in enumerate(texts) if piece in text and any(
            not self.goes_on(text[at + len(piece):][:1]) for at in starts(text, piece))}

    @staticmethod
    def goes_on(c):
        return c != "" and (unicodedata.category(c)[0] == "M" or c in words.VOICED)

    def match(self, _):
        return self.found

    def leaves(self):
        return [self]
