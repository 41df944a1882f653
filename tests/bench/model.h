/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The floor of a query: what its answer must cost with the shipped kernels,
 * were everything around them free.  The formulas stand in README.md.
 */
#ifndef BENCH_MODEL_H
#define BENCH_MODEL_H

#include "bench/constants.h"
#include "bench/phrases.h"
#include "bench/queries.h"

enum { MODEL_MAX_LISTS = 64 };

/* A query as the model sees it. */
struct model_query {
	enum bench_class class;
	uint32_t k;          /* hits wanted; 0: COUNT */
	bool wants_total;    /* an exact count beside the hits */
	uint64_t n_docs;
	struct model_list {
		char sign;   /* as bench_atom; words of a phrase have their phrase's */
		uint64_t df;
		bool only_restricts; /* a pair of a longer phrase: it has no score of its own */
	} lists[MODEL_MAX_LISTS];
	uint32_t n_lists;
	uint32_t n_words, n_pairs; /* found in the dictionaries */
	uint32_t n_joints;   /* neighbours in phrases that no pair list stands for: words of each phrase - 1 */
	uint64_t candidates; /* documents with all the words that phrases need, or in all the pairs */
	bool is_absent;      /* pairs say that a required phrase is nowhere */
	enum phrases_kind phrase; /* of a PHRASE */
	uint64_t pair_df;    /* a phrase of two words that is one list: its documents; else 0 */
	uint64_t matches;
	uint64_t places;     /* documents whose positions were read, each word's counted, where the k-th score was known */
	double share;        /* TOP_k: of the documents in the lists, those that must be decoded */
};

/* Microseconds. */
double model_floor(const struct constants *c, const struct model_query *q);

/* The same for showing `hits` places by snippets of `bytes` in all: the frames
 * that so many bytes lie in, wherever they begin. */
double model_show_floor(const struct constants *c, uint64_t hits, uint64_t bytes);

#endif
