#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Queries for a collection of one's own, in the benchmark's forms.

    make_queries.py [--phrases] COLLECTION.jsonl [N] [SEED]

Takes N places of two or three neighbouring words from documents drawn at random,
so that frequent words come often, as people's queries have them, and every phrase
is somewhere; writes each place as phrase, AND, OR, and every tenth one also as
must-should, negation and a phrase beside a word.  With --phrases: N phrases of 2 to 5
words, stop words included, and nothing else.
"""
import json
import random
import re
import sys

WORD = re.compile(r"[^\W\d_]+")


def places(path, n, rng, sizes):
    with open(path, encoding="utf-8") as lines:
        texts = [json.loads(line).get("text", "") for line in lines]
    while n > 0:
        words = WORD.findall(rng.choice(texts))
        size = rng.choice(sizes)
        if len(words) >= size:
            at = rng.randrange(len(words) - size + 1)
            yield [w.lower() for w in words[at:at + size]]
            n -= 1


def main():
    args = [a for a in sys.argv[1:] if a != "--phrases"]
    only_phrases = len(args) + 1 != len(sys.argv)
    if not 1 <= len(args) <= 3:
        sys.exit(__doc__)
    path = args[0]
    n, seed = args[1:] + ["300", "1"][len(args) - 1:]
    rng = random.Random(int(seed))
    for i, words in enumerate(places(path, int(n), rng, (2, 3, 4, 5) if only_phrases else (2, 2, 2, 3))):
        print('"%s"' % " ".join(words))
        if only_phrases:
            continue
        print(" ".join("+" + w for w in words))
        print(" ".join(words))
        if i % 10 == 0:
            print("+%s %s" % (words[0], " ".join(words[1:])))
            print("+%s -%s" % (words[0], words[-1]))
            print('+"%s %s" +%s' % (words[0], words[1], words[-1]))
            print(words[0])


if __name__ == "__main__":
    main()
