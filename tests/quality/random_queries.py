# SPDX-License-Identifier: GPL-2.0-or-later
"""Random queries of every form: text and what it means, made together, so that
nothing here has to parse.
"""
import collections
import re
import sys

from naive import BREAK, Any, Group, Leaf, Near, Raw, Unfit

STOP_WORDS = """a an and are as at be but by for if in into is it no not of on or such that the their then there
    these they this to was will with""".split()


class Piece:
    """Part of a query: how it is spelled, its sign, what it means (None: nothing)."""

    def __init__(self, text, node, sign="", is_dropped=False):
        self.text, self.node, self.sign, self.is_dropped = text, node, sign, is_dropped


def meant(pieces):
    return [p for p in pieces if p.node is not None]


def beside(*pieces):
    kept = [p for p in meant(pieces) if not p.is_dropped]
    if not any(p.sign != "-" for p in kept):
        raise Unfit
    return Piece(" ".join(p.text for p in pieces), Group([(p.sign, p.node) for p in kept]))


def both(*pieces):
    clauses = [(p.sign or "+", p.node) for p in meant(pieces)]
    return Piece(" AND ".join(p.text for p in pieces), Group(clauses))


def either(*pieces):
    return Piece(" OR ".join(p.text for p in pieces), Any([p.node for p in meant(pieces)]))


def inside(piece):
    return Piece("(%s)" % piece.text, piece.node)


def must(piece):
    return Piece("+" + piece.text, piece.node, "+")


def without(rng, piece):
    return Piece(rng.choice(("-", "NOT ")) + piece.text, piece.node, "-")


class Maker:
    """Draws words, phrases and forms."""

    def __init__(self, collection, rng, lang):
        self.collection, self.rng, self.has_stems = collection, rng, lang != "none"
        by_class = collections.defaultdict(list)
        for key in collection.vocabulary:
            by_class[len(collection.in_doc[collection.codes[key]]).bit_length()].append(key)
        self.classes = [by_class[c] for c in sorted(by_class)]
        self.doc = None

    def draw(self):
        """A word: of the document at hand, or of a random class of frequency."""
        rng, collection = self.rng, self.collection
        if rng.random() < 0.02:
            return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(1, 9)))
        if self.doc is None:
            return rng.choice(rng.choice(self.classes))
        codes = [rng.choice(collection.docs[self.doc]) for _ in range(rng.choice((1, 4)))]
        code = min(codes, key=lambda c: len(collection.in_doc[c]) if c != BREAK else 1 << 30)
        if code == BREAK:
            raise Unfit
        return collection.words[ord(code)]

    def spelled(self, word):
        """In small letters, capitals or mixed ones, where that is the same word."""
        other = self.rng.choice((word, word, word.upper(), word.title(), word.swapcase()))
        units = self.collection.splitter.split(other)
        return other if [u[0] for u in units] == [word] and other not in ("AND", "OR", "NOT") else word

    def leaf(self, written, text, **how):
        return Piece(written % text, Leaf(self.collection, text, **how))

    def quoted_word(self):
        return self.leaf('"%s"', self.spelled(self.draw()))

    def word(self):
        return self.quoted_word() if self.has_stems else self.leaf("%s", self.spelled(self.draw()))

    def stop_word(self, is_dropped):
        word = self.rng.choice(STOP_WORDS)
        piece = self.leaf("%s", word)
        piece.is_dropped = is_dropped
        return piece

    def token(self):
        """Characters without a blank that are several words, such as data-sharing."""
        for _ in range(20):
            text = self.rng.choice(self.collection.raw(self.rng.randrange(len(self.collection.docs)))).split()
            fits = [t.strip("+-.,;") for t in text if re.fullmatch(r"[^\s\"()*?~^:=\x00-\x20\xa0\u3000]{3,60}", t) and
                    re.search(r"\w[-'\u2019._/&]+\w", t)]
            fits = [t for t in fits if len(self.collection.splitter.split(t)) > 1]
            if fits:
                return self.leaf("%s", self.rng.choice(fits))
        raise Unfit

    def cut(self, most=6, is_title=False):
        """Text of 1 to `most` words that stand in a row somewhere."""
        rng = self.rng
        number = rng.randrange(len(self.collection.docs)) if self.doc is None else self.doc
        text = self.collection.raw(number)[0 if is_title or rng.random() < 0.05 else 1]
        units = self.collection.splitter.split(text)
        n = rng.randint(1, most)
        if len(units) < n:
            raise Unfit
        at = rng.randrange(len(units) - n + 1)
        whole = text[units[at][1]:units[at + n - 1][2]].replace("\n", " ")
        if rng.random() < 0.5 and '"' not in whole and whole.isprintable():
            return [whole]
        return [("" if u[3] and i else " ") + text[u[1]:u[2]] for i, u in enumerate(units[at:at + n])]

    def phrase(self, is_title=False):
        parts = self.cut(is_title=is_title)
        text = "".join(parts).strip()
        if len(text.encode()) > 1000:
            raise Unfit
        return self.leaf('title:"%s"' if is_title else '"%s"', text, is_title=is_title)

    def permuted(self):
        words_of = [u[0] for u in self.collection.splitter.split("".join(self.cut()))]
        self.rng.shuffle(words_of)
        return self.leaf('"%s"', " ".join(words_of))

    def repeated_phrase(self):
        """A word twice in a row, where some document has one."""
        for _ in range(50):
            doc = self.rng.choice(self.collection.docs)
            twice = re.findall(r"([^\0])\1", doc, re.DOTALL)
            if twice:
                word = self.collection.words[ord(self.rng.choice(twice))]
                return self.leaf('"%s"', " ".join([word] * self.rng.choice((2, 2, 2, 3))))
        raise Unfit

    def title_word(self):
        title = self.collection.titles[self.rng.randrange(len(self.collection.docs)) if self.doc is None else self.doc]
        word = self.collection.words[ord(self.rng.choice(title))] if title and self.rng.random() < 0.8 else self.draw()
        return self.leaf('title:"%s"' if self.has_stems else "title:%s", self.spelled(word), is_title=True)

    def title_group(self):
        texts = [self.title_word() for _ in range(2)]
        inner = beside(*texts)
        return Piece("title:(%s)" % inner.text.replace("title:", ""), inner.node)

    def leaf_of_any_kind(self):
        draw = self.rng.choices((self.word, self.quoted_word, self.phrase, self.permuted, self.token, self.title_word),
                                (50, 8, 15, 5, 10, 12))[0]
        return draw()

    def several(self, draw, least, most):
        return [draw() for _ in range(self.rng.randint(least, most))]

    def operand(self, depth):
        if depth == 0 or self.rng.random() < 0.55:
            return self.leaf_of_any_kind()
        return inside(self.tree(depth - 1))

    def clause(self, depth):
        dice = self.rng.random()
        if dice < 0.15:
            return must(self.operand(depth))
        if dice < 0.27:
            return without(self.rng, self.operand(depth))
        if dice < 0.40:
            last = self.operand(depth)
            return both(self.operand(depth), without(self.rng, last) if self.rng.random() < 0.3 else last)
        if dice < 0.43:
            return Piece(self.rng.choice(("&", "-", "/", "...", "--", "+")), None)
        return self.operand(depth)

    def tree(self, depth):
        sides = [beside(*self.several(lambda: self.clause(depth), 1, 3)) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        return either(*sides) if len(sides) > 1 else sides[0]

    def plain_text(self):
        """Any text, for @syntax=words."""
        number = self.rng.randrange(len(self.collection.docs))
        text = self.collection.raw(number)[1]
        at = self.rng.randrange(len(text) + 1)
        text = re.sub(r"[\s\x00-\x20]+", " ", text[at:at + self.rng.randint(5, 50)]).strip()
        if self.collection.splitter.cjk.search(text):
            raise Unfit
        units = self.collection.splitter.split(text)
        return Piece(text, Group([("", Leaf(self.collection, u[0])) for u in units]))

    def typed(self, written):
        """The last word is not complete yet."""
        text = self.spelled(self.draw()) if written == "%s" else "".join(self.cut(3)).strip()
        units = self.collection.splitter.split(text)
        if self.collection.splitter.cjk.search(text) or not units:
            raise Unfit
        text = text[:units[-1][2]]
        text = text[:max(units[-1][1] + 1, len(text) - self.rng.randint(0, 3))]
        if len(text.encode()) > 60 or text in ("AND", "OR", "NOT"):
            raise Unfit
        return self.leaf(written, text, is_prefix=True)

    def prefix(self, written):
        """`shar*`; in quotes a phrase with its last word so."""
        piece = self.typed(written)
        text = piece.text.rstrip("*").strip('"')
        if not text[-1].isalnum() or not text.isprintable() or (written == "%s*" and not text.isalnum()):
            raise Unfit
        return piece

    def near(self, form):
        """Words that stand near one another somewhere, in any order, or do not."""
        rng, splitter = self.rng, self.collection.splitter
        is_title = rng.random() < 0.2
        text = "".join(self.cut(8, is_title=is_title))
        units = splitter.split(text)
        n = 2 if form != "~" else rng.choice((2, 2, 3, 4))
        chosen = [self.grown(text, units, u, form) for u in rng.sample(range(len(units)), n)] if (
            len(units) >= n and rng.random() < 0.8) else [self.draw() for _ in range(n)]
        if any(not self.is_one_word(w) for w in chosen) and form != "~":
            raise Unfit
        distance = rng.choice((2, 3, 5, 8, 20, 100))  # ADJ/1 is the phrase
        text = " ".join(chosen)
        if not splitter.split(text) or not text.isprintable():
            raise Unfit
        written = '"%s"~' + str(distance) if form == "~" else "%s"
        piece = Piece(written % text, Near(self.collection, text, form, distance, is_title))
        if form != "~":
            piece.text = "%s %s/%d %s" % (chosen[0], form, distance, chosen[1])
        if is_title:
            piece.text = "title:" + piece.text
        return piece

    def grown(self, text, units, at, form):
        """A word, or some CJK characters in a row from there on; two are one word."""
        most = at + (2 if form != "~" else self.rng.choice((1, 1, 2, 2, 3)))
        end = at + 1
        while end < min(most, len(units)) and units[end][3]:
            end += 1
        if end == at + 1:
            return units[at][0]
        return text[units[at][1]:units[end - 1][2]]

    def is_one_word(self, text):
        """NEAR and ADJ take nothing else: no single CJK character, which is a prefix."""
        units = self.collection.splitter.split(text)
        return len(units) == 2 and units[1][3] if self.collection.splitter.cjk.search(text) else len(units) == 1

    def forms(self):
        """{name: (weight, draw)}; `draw` gives a Piece and what options it needs."""
        rng, word = self.rng, self.word
        some = self.leaf_of_any_kind
        forms = {
            "a": (6, word),
            "a b ..": (12, lambda: beside(*self.several(word, 2, 5))),
            "+a b": (4, lambda: beside(must(word()), *self.several(word, 1, 2))),
            "+a +b": (5, lambda: beside(must(word()), *[must(w) for w in self.several(word, 1, 2)])),
            "a OR b": (5, lambda: either(*self.several(word, 2, 4))),
            "a b OR c": (3, lambda: either(beside(*self.several(word, 2, 2)), word())),
            "(a OR b) c": (4, lambda: beside(inside(either(*self.several(word, 2, 3))), word())),
            "a -b": (5, lambda: beside(*self.several(word, 1, 2), without(rng, word()))),
            "a -(b c)": (3, lambda: beside(word(), without(rng, inside(beside(*self.several(word, 2, 2)))))),
            "a AND b c": (3, lambda: beside(both(*self.several(word, 2, 3)), *self.several(word, 0, 1))),
            "a AND NOT b": (2, lambda: both(word(), without(rng, word()))),
            '"a b .."': (12, self.phrase),
            '"b a .."': (4, self.permuted),
            '"a a"': (2, self.repeated_phrase),
            '"a"': (3, self.quoted_word),
            '"a b" c': (5, lambda: beside(self.phrase(), *self.several(some, 1, 2))),
            '+"a b" -"c d"': (4, lambda: beside(must(self.phrase()), without(rng, rng.choice(
                (self.phrase, self.permuted, word))()), *self.several(some, 0, 1))),
            '"a b" OR "c d"': (3, lambda: either(self.phrase(), *self.several(some, 1, 2))),
            "title:a": (3, self.title_word),
            'title:"a b"': (3, lambda: self.phrase(is_title=True)),
            "title:(a b)": (2, self.title_group),
            "title:a b": (2, lambda: beside(self.title_word(), some())),
            "a a b": (2, self.repeated_words),
            "a-b": (4, self.token),
            "trees": (12, lambda: self.tree(2)),
            "@partial": (2, lambda: self.typed("%s")),
            '@partial "a b': (2, lambda: self.typed('"%s')),
            "the a": (5, self.with_stop_words),
            "shar*": (4, lambda: self.prefix("%s*")),
            '"data shar"*': (4, lambda: self.prefix('"%s"*')),
            '"a b"~n': (6, lambda: self.near("~")),
            "a NEAR/n b": (4, lambda: self.near("NEAR")),
            "a ADJ/n b": (4, lambda: self.near("ADJ")),
            '"a b"~n c': (4, lambda: beside(self.near(rng.choice(("~", "NEAR", "ADJ"))), some(),
                                            without(rng, self.near("~")))),
        }
        if not self.has_stems:
            forms["@syntax=words"] = (4, self.plain_text)
        return forms

    def repeated_words(self):
        first, more = self.word(), self.several(self.word, 0, 2)
        pieces = [first, first] + more + ([must(first)] if self.rng.random() < 0.2 else [])
        self.rng.shuffle(pieces)
        return beside(*pieces)

    def with_stop_words(self):
        pieces = self.several(self.leaf_of_any_kind, 1, 2) + [self.stop_word(self.has_stems)
                                                             for _ in range(self.rng.randint(1, 3))]
        self.rng.shuffle(pieces)
        return beside(*pieces)

    def query(self, name, draw):
        """A query of a form, as (text, options, match, node)."""
        for _ in range(2000):
            self.doc = self.rng.randrange(len(self.collection.docs)) if self.rng.random() < 0.6 else None
            try:
                piece = draw()
            except Unfit:
                continue
            if piece.node is None or len(piece.text.encode()) > 8000:
                continue
            if piece.sign:
                piece = beside(piece)
            drops = self.has_stems and name == "the a"
            match = self.rng.choice(("auto", "auto", "any") if drops else ("auto", "auto", "all", "any"))
            options = "@match=" + match
            if name.startswith("@"):
                options += " " + name.split(" ")[0]
            if not drops and self.rng.random() < 0.3:
                options += " @stopwords=keep"
            return piece.text, options, match, piece.node
        sys.exit("%s: nothing to be found for this form" % name)


def cjk_queries(collection, rng, n):
    texts = ["\n".join(collection.raw(d)) for d in range(len(collection.docs))]
    letter = collection.splitter.cjk.pattern
    jamo = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
    for _ in range(n):
        while True:
            runs = re.findall("%s+" % letter, rng.choice(texts))
            run = rng.choice(runs) if runs else ""
            size = rng.randint(1, 6)
            at = rng.randrange(max(1, len(run) - size + 1))
            piece = run[at:at + size]
            if piece and not jamo.search(piece):
                break
        name = "%d characters" % len(piece)
        if len(piece) > 1 and rng.random() < 0.2:
            piece, name = "".join(rng.sample(piece, len(piece))), "permuted"
        written, match = rng.choice(('"%s"', "%s")), rng.choice(("auto", "all", "any"))
        yield name, (written % piece, "@match=" + match, match, Raw(texts, piece))


def random_queries(collection, rng, lang, n):
    maker = Maker(collection, rng, lang)
    forms = maker.forms()
    names, weights = list(forms), [weight for weight, _ in forms.values()]
    for name in rng.choices(names, weights, k=n):
        yield name, maker.query(name, forms[name][1])
