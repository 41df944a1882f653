#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How well are documents ranked?  Judged collections in, a table of means out.

    quality.py BIN_DIR COLLECTION.. [--source DIR] [--lang en] [--match auto] [--per-query] [--run FILE]

A collection is a directory:

    docs.jsonl    {"id":..,"title":..,"text":..}, a document a line; or name the documents by --source
    queries.tsv   qid TAB query
    qrels.txt     qid 0 document relevance, as trec_eval reads it
    floor.txt     optional: "measure number" lines; a mean below its number fails the run

Where documents have no id, a judgement names them by their path below --source.

The measures are trec_eval's, over every query with a relevant document:

    ndcg@10       gain = relevance, discount log2(rank + 1)   (ndcg_cut_10)
    map           over the first 1,000                        (map)
    p@10          of ten, also where fewer came               (P_10)
    recall@1000                                               (recall_1000)

in the order the daemon answers.  trec_eval itself sorts a run by score and then
by document name downwards, which undoes tiers and ties.
"""
import argparse
import math
import os
import sys
import tempfile

import bqp

MEASURES = ("ndcg@10", "map", "p@10", "recall@1000")
DEPTH = 1000


def read_queries(path):
    queries = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            qid, tab, text = line.rstrip("\n").partition("\t")
            if tab:
                queries.append((qid, text))
    return queries


def read_judgements(path):
    """qid -> {document: relevance}."""
    judged = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                qid, _, name, relevance = line.split()
                judged.setdefault(qid, {})[name] = int(relevance)
    return judged


def gain_sum(relevances):
    return sum(max(r, 0) / math.log2(i + 2) for i, r in enumerate(relevances))


def measure(ranked, judged):
    """The four measures of one query: document names in rank order, their judgements."""
    relevances = [judged.get(name, 0) for name in ranked[:DEPTH]]
    n_relevant = sum(r > 0 for r in judged.values())
    found, precisions = 0, 0.0
    for i, relevance in enumerate(relevances):
        if relevance > 0:
            found += 1
            precisions += found / (i + 1)
    best = gain_sum(sorted(judged.values(), reverse=True)[:10])
    return (gain_sum(relevances[:10]) / best, precisions / n_relevant,
            sum(r > 0 for r in relevances[:10]) / 10, found / n_relevant)


def name_of(hit, root):
    if hit.get("id"):
        return hit["id"]
    return os.path.relpath(hit["path"], root)


def ask(connection, text, match, root):
    """The documents found, best first, as (name, score)."""
    replies = connection.ask("SEARCH @limit=%d @snippets=none @total=none @timeout=60000 @syntax=words @match=%s -- %s"
                             % (DEPTH, match, text))
    kind, last = replies[-1]
    if kind != "END" or last.get("partial"):
        sys.exit("%s: %s" % (text, last))
    return [(name_of(body, root), body["score"]) for kind, body in replies if kind == "HIT"]


def write_run(out, qid, hits):
    """Lines for trec_eval.  Its order is by score, so ours is the rank upside down."""
    for i, (name, _) in enumerate(hits):
        out.write("%s Q0 %s %d %d bq\n" % (qid, name.replace(" ", "%20"), i + 1, DEPTH - i))


def evaluate(args, collection):
    """[(qid, measures)] of one collection."""
    source = os.path.realpath(args.source or os.path.join(collection, "docs.jsonl"))
    judged = read_judgements(os.path.join(collection, "qrels.txt"))
    results = []
    with tempfile.TemporaryDirectory(prefix="bq-quality.") as tmp:
        bqp.build_index(args.bin_dir, os.path.join(tmp, "index"), source, args.lang)
        with bqp.Daemon(args.bin_dir, os.path.join(tmp, "index")) as daemon:
            connection = bqp.Connection(daemon.path)
            for qid, text in read_queries(os.path.join(collection, "queries.tsv")):
                if not any(r > 0 for r in judged.get(qid, {}).values()):
                    continue
                hits = ask(connection, text, args.match, source)
                results.append((qid, measure([name for name, _ in hits], judged[qid])))
                if args.run:
                    write_run(args.run, qid, hits)
    return results


def check_floor(collection, means):
    """What is below the numbers of floor.txt, as text; "" if nothing is."""
    path = os.path.join(collection, "floor.txt")
    below = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    name, floor = line.split()
                    if means[MEASURES.index(name)] < float(floor):
                        below.append("%s is %.4f, not %s" % (name, means[MEASURES.index(name)], floor))
    return "; ".join(below)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir")
    parser.add_argument("collection", nargs="+")
    parser.add_argument("--lang", default="en")
    parser.add_argument("--match", default="auto", choices=("auto", "any", "all"))
    parser.add_argument("--source", help="documents to judge, instead of docs.jsonl or docs/")
    parser.add_argument("--per-query", action="store_true", help="a line for every query, too")
    parser.add_argument("--run", type=argparse.FileType("w"), help="write what was found for trec_eval")
    args = parser.parse_args()

    failed = False
    print("%-12s %7s  %s" % ("collection", "queries", "  ".join("%11s" % m for m in MEASURES)))
    for collection in args.collection:
        results = evaluate(args, collection)
        if not results:
            sys.exit("%s: no query has a relevant document" % collection)
        for qid, values in results if args.per_query else ():
            print("  %-18s  %s" % (qid, "  ".join("%11.4f" % v for v in values)))
        means = [sum(values[i] for _, values in results) / len(results) for i in range(len(MEASURES))]
        label = os.path.basename(os.path.normpath(collection))
        print("%-12s %7d  %s" % (label, len(results), "  ".join("%11.4f" % m for m in means)))
        below = check_floor(collection, means)
        if below:
            print("%s: below the floor: %s" % (label, below), file=sys.stderr)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
