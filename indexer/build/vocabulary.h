/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The written words of a segment in the making, in the order of its
 * dictionary, and where each is: what dictionary_write() reads.
 *
 *   inverted   from memory: an inverter's chains
 *   merged     from files: segments that become one
 *   ordered    from another vocabulary, its documents in another order
 *
 *   word   0 ..                    n - 1
 *          | TITLE | MARKED | WORD |
 */
#ifndef BUILD_VOCABULARY_H
#define BUILD_VOCABULARY_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <bq/format.h>
#include <bq/index.h>
#include <bq/span.h>
#include <bq/status.h>

#include "build/inverter.h"
#include "segment/postings.h"

struct vocabulary;
struct sorted;

/* A walk over the documents of one word. */
struct walk {
	uint32_t doc, tf;         /* of the last next(); what vocabulary_take() comes to */
	bool is_ahead;            /* the latter's: `doc` has not been taken */
	struct vocabulary *v;
	struct chain chain;       /* inverted: the only one, or */
	struct chain *chains;     /* several, **owned** */
	uint32_t n_chains;
	const uint32_t *positions; /* inverted */
	struct bq_cursor *cursor; /* merged: in the input at hand, or NULL */
	uint32_t word;            /* merged, ordered */
	uint32_t input, inputs;   /* merged: the one at hand; those yet to come, a bit each */
	struct sorted *sorted;    /* ordered */
};

struct vocabulary_ops {
	/* The bytes of word `i`, **borrowed** for the vocabulary's life. */
	struct bq_span (*word)(const struct vocabulary *v, uint32_t i);
	/* Start before the first document of word `i`. */
	void (*start)(struct vocabulary *v, uint32_t i, struct walk *w);
	/* The next document, ascending; false at the end and after a failure. */
	bool (*next)(struct walk *w);
	/* The `tf` positions of a WORD in that document, **borrowed** until the next
	 * call; NULL after a failure. */
	const uint32_t *(*positions)(struct walk *w);
	/* As vocabulary_take(), if there is a faster way than one by one; may be NULL. */
	void (*take)(struct walk *w, uint32_t limit, struct postings_room *out);
	void (*stop)(struct walk *w);
	/* All walks have stopped: give their memory back.  May be NULL. */
	void (*rest)(struct vocabulary *v);
	/* BQ_OK, or the first failure of any walk. */
	int (*check)(const struct vocabulary *v, struct bq_error *err);
	/* The same words for one of `n` threads, with walks and failures of their own,
	 * **owned**: join() before `v` goes.  NULL when malloc fails. */
	struct vocabulary *(*fork)(const struct vocabulary *v, unsigned n);
	void (*join)(struct vocabulary *fork);
};

struct vocabulary {
	const struct vocabulary_ops *ops;
	uint32_t n, n_title, n_marked;
	const volatile sig_atomic_t *stop; /* not 0: end with BQ_ECANCELLED; may be NULL */
};

/* Add the documents that come, below `limit` and as many as fit.  Then w->doc is the one that is
 * next, BQ_DOC_END at the end and after a failure.  A walk is walked this way or by next(). */
void vocabulary_take(struct walk *w, uint32_t limit, struct postings_room *out);

static inline enum bq_term_kind vocabulary_kind(const struct vocabulary *v, uint32_t i)
{
	if (i < v->n_title)
		return BQ_TERM_TITLE;
	return i - v->n_title < v->n_marked ? BQ_TERM_MARKED : BQ_TERM_WORD;
}

#endif
