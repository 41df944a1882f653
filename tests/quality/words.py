# SPDX-License-Identifier: GPL-2.0-or-later
"""What a word is: bq's rules a second time, slowly, from Python's own Unicode
tables and nothing of bq's code.

A unit is (word, start, end, joined): the folded word, where it stands in the
text (characters), and whether it is a CJK character that stands right behind
another one.  CJK characters are units of their own here.
"""
import re
import sys
import unicodedata

CJK_NAMES = ("CJK UNIFIED", "CJK COMPAT", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC ITER",
             "IDEOGRAPHIC NUM", "IDEOGRAPHIC CLOS", "IDEOGRAPHIC ANN", "HANGZHOU", "VERTICAL KANA",
             "VERTICAL IDEOGRAPHIC", "HENTAIGANA", "HALFWIDTH KATAKANA", "HALFWIDTH HANGUL", "KATAKANA-HIRAGANA",
             "MASU", "OLD CHINESE")
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt) without the zero-width space.
IGNORABLE = [(0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
             (0x200C, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F),
             (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
             (0xE0000, 0xE0FFF)]
VOICED = "\uff9e\uff9f"  # half-width sound marks: letters by category, marks by what they do
HEBREW_ARABIC_POINTS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u0652\u0656-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff\ufb1e]")

IGNORABLE_SET = {chr(cp) for first, last in IGNORABLE for cp in range(first, last + 1)}


def is_ignorable(c):
    return c in IGNORABLE_SET


def in_word(c):
    return unicodedata.category(c)[0] in "LMN"


def is_cjk(c):
    return ord(c) > 0x10FF and c not in VOICED and not is_ignorable(c) and unicodedata.category(c)[0] in "LN" and \
        unicodedata.name(c, "").startswith(CJK_NAMES)


def char_class(test):
    """A regular-expression class of all code points that pass `test`."""
    ranges, start = [], None
    for cp in range(sys.maxunicode + 2):
        ok = cp <= sys.maxunicode and not 0xD800 <= cp < 0xE000 and test(chr(cp))
        if ok and start is None:
            start = cp
        elif not ok and start is not None:
            ranges.append("\\U%08x-\\U%08x" % (start, cp - 1))
            start = None
    return "".join(ranges)


class Splitter:
    """lang "none": lower case and nothing else; any other: the full rules."""

    def __init__(self, lang):
        self.plain = lang == "none"
        self.cache = {}
        word = char_class(in_word if self.plain else lambda c: in_word(c) and not is_ignorable(c))
        ignored = "" if self.plain else char_class(is_ignorable)
        self.runs = re.compile("[%s]+" % word if self.plain else "[%s](?:[%s]*[%s])*" % (word, ignored, word))
        self.cjk = re.compile("[%s]" % char_class(is_cjk))
        self.ascii_runs = re.compile("[a-z0-9]+")

    def fold(self, run):
        word = self.cache.get(run)
        if word is None:
            word = self.cache[run] = self.fold_plain(run) if self.plain else self.fold_full(run)
        return word

    @staticmethod
    def fold_plain(run):
        return "".join(c.lower()[0] for c in run)  # one character each: \u0130 is the only one with two

    @staticmethod
    def fold_full(run):
        run = "".join(c for c in run if not is_ignorable(c))
        run = unicodedata.normalize("NFD", run)
        for _ in range(2):
            run = "".join(unicodedata.normalize("NFKD", c.casefold()) for c in run)
        run = unicodedata.normalize("NFD", run)
        out, sheds = [], False
        for c in run:
            if not in_word(c):
                continue
            if unicodedata.category(c)[0] != "M":
                sheds = c in "\u1d2f\u1d3b\u1d4e" or unicodedata.name(c, "").startswith(("LATIN", "GREEK"))
            elif sheds or HEBREW_ARABIC_POINTS.match(c):
                continue
            out.append(c)
        return unicodedata.normalize("NFC", "".join(out))

    def split(self, text):
        if text.isascii():
            return [(m[0], m.start(), m.end(), False) for m in self.ascii_runs.finditer(text.lower())]
        units = []
        for m in self.runs.finditer(text):
            if m[0].isascii() or not self.cjk.search(m[0]):
                word = self.fold(m[0])
                if word:
                    units.append((word, m.start(), m.end(), False))
            else:
                self.split_mixed(m[0], m.start(), units)
        return units

    def split_mixed(self, run, base, units):
        """A run with CJK in it: each CJK character with the marks behind it, and what is between them."""
        at, behind = 0, False
        while at < len(run):
            end = at + 1
            cjk = is_cjk(run[at])
            while end < len(run) and (self.goes_on(run[end - 1], run[end]) if cjk else not is_cjk(run[end])):
                end += 1
            stop = end
            while not self.plain and is_ignorable(run[stop - 1]):
                stop -= 1
            word = self.fold(run[at:stop])
            if word:
                units.append((word, base + at, base + stop, cjk and behind))
            at, behind = end, cjk

    def goes_on(self, before, c):
        if is_cjk(c):  # a jamo that makes one syllable with the one before
            return is_cjk(before) and len(unicodedata.normalize("NFC", before + c)) == 1
        return unicodedata.category(c)[0] == "M" or c in VOICED or (not self.plain and is_ignorable(c))


def find_phrase(units, phrase):
    """Where `phrase` (units of a query) stands in `units`: (start, end) in characters, overlaps included."""
    n, found = len(phrase), []
    words = [p[0] for p in phrase]
    for i in range(len(units) - n + 1):
        if units[i][0] == words[0] and all(
                units[i + k][0] == words[k] and (units[i + k][3] or not phrase[k][3]) for k in range(1, n)):
            found.append((units[i][1], units[i + n - 1][2]))
    return found
