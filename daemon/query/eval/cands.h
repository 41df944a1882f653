/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Candidates for the best k: a few documents at a time that other words add
 * points to, that drop out when they cannot rank any more, and are offered.
 *
 *   docs     17   40   88  512         of a block, a window's sums
 *   points  310  920  150  700         so far
 *            |    |    x    |          150 + what is to come < need: dropped
 *   + city        +80       -          looked up at once; `city` is required:
 *           x   1000       x           who lacks it is dropped
 */
#ifndef QUERY_CANDS_H
#define QUERY_CANDS_H

#include "query/eval/flat.h"
#include "query/eval/kernel.h"
#include "query/eval/pass.h"

enum { CANDS_UNKNOWN = 128 };

struct cands {
	struct pass *pass; /* pass->top is not NULL */
	struct eval *ev;
	const struct flat *flat;
	struct node *strict;  /* left out if not NULL */
	const struct kernel_ops *kernels;
	uint32_t index;
	uint32_t floor;       /* fewer points never rank */
	struct flat_clause **done; /* words whose documents have all been offered */
	uint32_t n_done;
	uint32_t n_words;     /* a document with so many words has all; 0: nobody asks */
	uint64_t n_seen;      /* live documents offered */
	bool is_cut;          /* some that match were not looked at */
	uint64_t n_asked, n_left_out; /* looked up in the words that leave out; those who had one */

	uint32_t n;
	uint32_t docs[KERNEL_BLOCK + 8], points[KERNEL_BLOCK + 8]; /* ascending */
	uint8_t held[KERNEL_BLOCK]; /* how many words each has, CANDS_UNKNOWN or more if that is not known */
	/* scratch of a lookup */
	uint32_t tfs[KERNEL_BLOCK + 8], met[KERNEL_BLOCK + 8], more[KERNEL_BLOCK + 8];
	uint16_t at[KERNEL_BLOCK];
};

/* Fewer points do not rank.  Nor do those of the k-th best while documents come
 * in order. */
static inline uint32_t cands_need(const struct cands *c)
{
	uint32_t need = topk_need(c->pass->top, c->n_done == 0);

	return need > c->floor ? need : c->floor;
}

/* Take the documents of a block from docs[0 .. n) on, with the points that
 * `clause`, whose list it is, gives them; at most KERNEL_BLOCK. */
void cands_take(struct cands *c, const struct flat_clause *clause, const uint32_t *docs, const uint32_t *tfs,
	uint32_t n);

/* Take those documents of the block of `lead`'s cursor that word `other` has,
 * with the points of both. */
void cands_meet(struct cands *c, const struct flat_clause *lead, const struct flat_clause *other);

/* Drop who would not rank with `rest` points more. */
void cands_drop(struct cands *c, uint32_t rest);

/* Look the word `clause` up and add its points; with `is_must`, drop who lacks
 * it. */
void cands_add(struct cands *c, const struct flat_clause *clause, bool is_must);

/* Give them to the best k, unless they are dead, excluded or done. */
void cands_offer(struct cands *c);

/* The same with candidates that no word of flat->not leaves out. */
void cands_offer_free(struct cands *c);

/* Put all cursors back before their first document. */
void cands_rewind(struct cands *c);

/* conjunct.c: the best of the documents in all of flat->must, which are words.
 * Takes the rarest block by block. */
void conjunct_best(struct cands *c);

/* remainder.c: so many documents looked up in words that leave out say how it goes on,
 * and one of so many left is few.  For tests to change. */
extern uint32_t remainder_enough, remainder_few;

/* remainder.c: whether hardly any document is left of those that were looked up in the
 * words that leave out: then remainder_best() is the faster way on. */
bool remainder_is_small(const struct cands *c);

/* remainder.c: the best of the documents from `from` on that have the one required word
 * and none of flat->not, all of them: nothing is passed over.  false when the arena is
 * full, or the list damaged. */
bool remainder_best(struct cands *c, uint32_t from);

/* conjunct.c: the same, first those that also have a rare one of flat->should.
 * false when the arena is full. */
bool conjunct_best_rare(struct cands *c);

/* maxscore.c: the best of the documents in some of flat->should, which are
 * words.  false when the arena is full. */
bool maxscore_best(struct cands *c);

#endif
