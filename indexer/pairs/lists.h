/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of a pair: its bytes, and whether the budget has room for it.
 *
 *   documents, tfs --> lists --> waiting | bytes | waiting | bytes ..  --> kept, until T is known
 */
#ifndef PAIRS_LISTS_H
#define PAIRS_LISTS_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/buf.h>

#include "segment/postings.h"
#include "segment/spool.h"

struct segment;

enum { LISTS_TFS = 4 };

/* A list as it waits for T: this, then its bytes. */
struct waiting {
	uint64_t ttf, bytes;
	uint32_t df;
	uint16_t a, b;
	uint8_t impact, spare[7];
};

/* What one thread makes lists with. */
struct lists {
	const struct segment *s;
	struct postings_writer list;
	uint8_t impacts[LISTS_TFS][256];
	float k[256];
};

/* Lists over the documents of `s`.  False when malloc fails; lists_release() whatever the outcome. */
bool lists_init(struct lists *l, const struct segment *s);

/* Free what lists_init() made, also where it failed. */
void lists_release(struct lists *l);

/* Append the list of the pair `e`, whose words, df and ttf are set, to `out`. */
void lists_put(struct lists *l, struct waiting *e, const uint32_t *docs, const uint32_t *tfs, struct bq_buf *out);

/* The lists so far, of words that fit the budget.  A pair counts where its lighter
 * word is; what does not fit now never will, since sums only grow: which words are left at the end
 * does not depend on the order of the lists, nor on whether those of others were put. */
struct kept {
	uint32_t *rank;         /* of each word, the heaviest first */
	uint64_t *cost;         /* of each rank */
	uint32_t n_keep;        /* ranks that fit so far; others need not be put */
	uint64_t used, budget;  /* `used` by ranks below n_keep */
	struct spool lists;
};

/* The rank that decides about the pair. */
static inline uint32_t kept_rank(const struct kept *k, const struct waiting *e)
{
	uint32_t a = k->rank[e->a], b = k->rank[e->b];

	return a > b ? a : b;
}

/* Take what lists_put() has put into `from`, but pairs whose words do not fit.  Where a
 * malloc has failed for it nothing is taken, and k->lists.buf has failed, too. */
void kept_take(struct kept *k, const struct bq_buf *from);

/* Let the lightest words go until the others fit. */
void kept_fit(struct kept *k);

#endif
