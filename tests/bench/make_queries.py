#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Queries for a collection of one's own, in the benchmark's forms.

    make_queries.py COLLECTION.jsonl [N] [SEED]

Takes N places of two or three neighbouring words from documents drawn at random,
so that frequent words come often, as people's queries have them, and every phrase
is somewhere; writes each place as phrase, AND, OR, and every tenth one also as
must-should, negation and a phrase beside a word.
"""
import json
import random
import re
import sys

WORD = re.compile(r"[^\W\d_]+")


def places(path, n, rng):
    with open(path, encoding="utf-8") as lines:
        texts = [json.loads(line).get("text", "") for line in lines]
    while n > 0:
        words = WORD.findall(rng.choice(texts))
        size = rng.choice((2, 2, 2, 3))
        if len(words) >= size:
            at = rng.randrange(len(words) - size + 1)
            yield [w.lower() for w in words[at:at + size]]
            n -= 1


def main():
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    path = sys.argv[1]
    n, seed = (sys.argv[2:] + ["300", "1"][len(sys.argv) - 2:])
    rng = random.Random(int(seed))
    for i, words in enumerate(places(path, int(n), rng)):
        print('"%s"' % " ".join(words))
        print(" ".join("+" + w for w in words))
        print(" ".join(words))
        if i % 10 == 0:
            print("+%s %s" % (words[0], " ".join(words[1:])))
            print("+%s -%s" % (words[0], words[-1]))
            print('+"%s %s" +%s' % (words[0], words[1], words[-1]))
            print(words[0])


if __name__ == "__main__":
    main()
