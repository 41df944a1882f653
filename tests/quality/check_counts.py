#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare how many documents queries match with what is expected.

    check_counts.py BIN_DIR INDEX QUERIES.tsv [--socket] [--collection COLLECTION.jsonl]

QUERIES.tsv: query TAB documents, in the forms of `bq bench-serve`: a, a b (any),
+a +b, "a b", +a -b, +"a b" +c.  Asks through `bq bench-serve`, with --socket the
daemon itself.  With --collection (what INDEX was built from) each query that
differs is looked into: which documents, and which of their words.  Exit 0: all
equal; 1: some differ.
"""
import argparse
import json
import os
import re
import subprocess
import sys

import bqp

LOOKED_INTO = 40
WORD = re.compile(r"[^\W_]+")  # the word rule of the expected counts


def read_queries(path):
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").rsplit("\t", 1) for line in f if line.strip()]
    return [(query, int(count)) for query, count in rows]


def ask_bench_serve(args, socket, queries):
    argv = [os.path.join(args.bin_dir, "client/bq"), "bench-serve", "--socket", socket, "-i", os.path.abspath(args.index)]
    asked = "".join("COUNT\t%s\n" % query for query, _ in queries)
    done = subprocess.run(argv, input=asked.encode(), stdout=subprocess.PIPE)
    answers = done.stdout.decode().split("\n")[:-1]
    if done.returncode != 0 or len(answers) != len(queries):
        sys.exit("bench-serve: exit %d, %d answers to %d queries" % (done.returncode, len(answers), len(queries)))
    return answers


def ask_daemon(connection, queries):
    for query, _ in queries:
        kind, body = connection.ask("COUNT @match=any @stopwords=keep @timeout=60000 -- " + query)[-1]
        yield str(body["total"]) if kind == "END" else json.dumps(body)


def clauses(query):
    """[(sign, [word, ..])]: the query as the expected counts understand it."""
    return [(sign, WORD.findall((phrase or word).lower()))
            for sign, phrase, word in re.findall(r'([+-]?)(?:"([^"]*)"|(\S+))', query)]


def holds(fields, wanted):
    return any(words[i:i + len(wanted)] == wanted for words in fields for i in range(len(words) - len(wanted) + 1))


def matches(fields, query):
    parts = clauses(query)
    if any(sign == "-" and holds(fields, words) for sign, words in parts):
        return False
    must = [words for sign, words in parts if sign == "+"]
    may = [words for sign, words in parts if not sign]
    return all(holds(fields, w) for w in must) and (bool(must) or any(holds(fields, w) for w in may))


def found_by(connection, query):
    found, after = set(), ""
    while True:
        replies = connection.ask("SEARCH @match=any @stopwords=keep @timeout=60000 @snippets=none @limit=1000%s -- %s"
                                 % (after, query))
        found |= {body["id"] for kind, body in replies if kind == "HIT"}
        if not replies[-1][1].get("next"):
            return found
        after = " @after=" + json.dumps(replies[-1][1]["next"])


def look_into(connection, collection, queries):
    """Print for each query the documents that only one side has."""
    truth = {query: set() for query in queries}
    with open(collection, encoding="utf-8") as f:
        for line in f:
            record = json.loads(line)
            fields = [WORD.findall(str(record.get(name) or "").lower()) for name in ("title", "text")]
            present = set(fields[0]) | set(fields[1])
            for query in queries:
                # The cheap half first.
                if any(present.issuperset(words) for sign, words in clauses(query) if sign != "-") \
                        and matches(fields, query):
                    truth[query].add(str(record["id"]))
    for query in queries:
        found = found_by(connection, query)
        print("%s: only bq: %s; only expected: %s" % (
            query, sorted(found - truth[query])[:5], sorted(truth[query] - found)[:5]))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("bin_dir")
    parser.add_argument("index")
    parser.add_argument("queries")
    parser.add_argument("--socket", action="store_true")
    parser.add_argument("--collection")
    args = parser.parse_args()
    queries = read_queries(args.queries)
    with bqp.Daemon(args.bin_dir, args.index) as daemon:
        connection = bqp.Connection(daemon.path)
        answers = list(ask_daemon(connection, queries)) if args.socket else ask_bench_serve(args, daemon.path, queries)
        differ = [(q, want, got) for (q, want), got in zip(queries, answers) if got != str(want)]
        for query, want, got in differ:
            print("%s\texpected %d\tgot %s" % (query, want, got))
        print("%d queries, %d differ" % (len(queries), len(differ)))
        if args.collection and differ:
            look_into(connection, args.collection, [q for q, _, _ in differ[:LOOKED_INTO]])
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
