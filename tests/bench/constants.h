/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the shipped kernels cost on this machine: the constants of the cost
 * model in README.md.  Nanoseconds for each posting, unless it says otherwise;
 * each the median of seven runs.
 */
#ifndef BENCH_CONSTANTS_H
#define BENCH_CONSTANTS_H

#include <bq/buf.h>
#include <bq/index.h>

enum {
	CONSTANTS_WIDTHS = 24,
	CONSTANTS_APART = 5 /* 1, 4, 16, 64 and 256 entries of a list */
};

/* What is asked with a document that is looked up. */
enum constants_ask { CONSTANTS_PLAIN, CONSTANTS_TF, CONSTANTS_SPOT, CONSTANTS_ASKS };

/* A list of the index as queries walk through it. */
struct constants_list {
	double fill;                                    /* its documents marked in windows of bits; by posting */
	double look_up[CONSTANTS_ASKS][CONSTANTS_APART]; /* ns: a document among 256 that lie 1, 4, .. entries apart */
};

struct constants {
	const char *path;                       /* the CPU path the index is read with */
	double decode[CONSTANTS_WIDTHS];        /* sorted documents with 0..23 low bits */
	double decode_scalar[CONSTANTS_WIDTHS]; /* the same on the scalar path */
	double tail;                            /* one of fewer than 256 documents, with its tf */
	double tf;                              /* tf of 2 bits */
	double bitset;                          /* documents from a bitset block, 3 of 4 bits set; checked, with tfs */
	double block;                           /* a sorted block, 6 low bits, 2-bit tf; checked, with tfs */
	double score;                           /* BM25 points, the length of each document looked up; 256 at once */
	double accumulate;                      /* adding points into a window of 4,096 documents */
	double rank;                            /* a hit kept among the best 100 and put in order */
	double scan;                            /* the index's longest list through a cursor */
	struct constants_list bits, sorted;     /* that list, and one that a 16th of the documents hold */
	double verify_hot;                      /* ns: positions of two words in one document, compared; in the cache */
	double verify_random;                   /* ns: the same all over 64 MiB of positions */
	double batch_hot, batch_random;         /* ns: the same by the shipped verifier, 128 documents at once */
	double meet;                            /* a list of a 16th of the documents met with the longest, by posting of the former */
	double find;                            /* ns: a word in the dictionary */
	double find_pair;                       /* ns: two words in the dictionary of pairs */
	double frame;                           /* ns: 4 KiB of stored text, anywhere; 0: the index keeps none */
	double bandwidth;                       /* bytes a ns: reading 64 MiB in order */
	double miss;                            /* ns: a load that waits for another one, all over 64 MiB */
};

/* Measure them all, about a second; `ix` gives the list and the dictionary.
 * BQ_ENOMEM, BQ_EFORMAT for a damaged index. */
int constants_measure(const struct bq_index *ix, struct constants *out, struct bq_error *err);

/* Append them as a JSON object. */
void constants_put_json(struct bq_buf *b, const struct constants *c);

#endif
