/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Occurrences in, postings out: the in-memory half of a build.
 *
 *   inverter_add   (kind, word, document, position), documents ascending,
 *                  positions ascending within a document and word
 *   inverter_sort  the terms in the order of the dictionary
 *   chain_*        one term's documents, with their positions
 *
 *   index: hash, number --> term, 64 bytes        the pool
 *   8 bytes, open           | key | .. | latest | --> [28 bytes | next] --> [60 | next] --> .. --> [2,044 | next] ..
 *   addressing              terms by first sight                                             ^at
 *
 * An event is one varint:
 *
 *     (doc - previous doc) << 1 | 1     a new document; the first counts from -1
 *     (pos - previous pos) << 1         an occurrence in it; after a new document pos itself
 *
 * tf is the number of occurrences between two documents, so nothing is known
 * before it is written.  A term keeps its latest events until they fill it, then
 * they go to the end of its chain: an occurrence touches a line of the index and
 * one of the terms, which are dense, since frequent words are seen first; half of
 * all words have no chain.  A failed malloc is sticky: `oom` is set and later calls
 * do nothing.
 */
#ifndef BUILD_INVERTER_H
#define BUILD_INVERTER_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/format.h>
#include <bq/span.h>
#include <bq/text.h>

#include "segment/postings.h"
#include "text/short.h"

#define INVERTER_INLINE_KEY 16u
#define INVERTER_BATCH      32u
#define INVERTER_LATEST     22u

struct term {
	uint64_t key[2];  /* the word, zeros behind; of a longer one its first 8 bytes, and where it is in `keys` */
	uint8_t *at;      /* where the chain's next byte goes; NULL: there is none yet */
	uint32_t head;    /* the chain's first slice, in units of the pool */
	uint32_t after;   /* the last document's number and 1 */
	uint32_t last_pos;
	uint16_t left;    /* payload bytes free in the last slice */
	uint8_t kind;     /* enum bq_term_kind */
	uint8_t len;      /* of the word */
	uint8_t level;    /* of the chain's last slice */
	uint8_t n_latest;
	uint8_t latest[INVERTER_LATEST];
};

_Static_assert(sizeof(struct term) == 64, "a term is one cache line");
_Static_assert(SHORT_MAX <= INVERTER_INLINE_KEY, "a short word is a key");

/* A word on its way to its term. */
struct occurrence {
	uint64_t key[2]; /* as a term's */
	uint32_t hash;
	uint32_t doc, pos;
	uint8_t kind, len;
};

/* Memory in pieces of 2 MiB. */
struct inverter_pieces {
	uint8_t **at;
	uint32_t n, max;
};

struct inverter {
	struct inverter_ref *index; /* 1 << bits of them; NULL while empty */
	unsigned bits;
	uint32_t n_terms;
	struct inverter_pieces terms; /* by number */
	struct inverter_pieces pool;
	uint32_t pool_used;  /* units taken of its last piece */
	struct bq_arena keys;
	uint64_t seed;
	bool oom;
	unsigned n_batch;
	struct occurrence batch[INVERTER_BATCH];
	char words[INVERTER_BATCH][BQ_WORD_MAX]; /* the long ones among them */
};

/* Start empty, without allocating.  `seed` perturbs the hash, so that nobody
 * can prepare words that collide; it does not show in the result. */
void inverter_init(struct inverter *v, uint64_t seed);

/* Give all memory back; the inverter is empty again and usable. */
void inverter_release(struct inverter *v);

/* Record an occurrence, now or at the flush at the latest: many at a time, because
 * each waits for memory twice, for its place in the index and for its term.  Words
 * have 1 .. BQ_WORD_MAX bytes and are copied; 16 bytes from `word.ptr` on must be
 * readable. */
void inverter_add(struct inverter *v, enum bq_term_kind kind, struct bq_span word, uint32_t doc, uint32_t pos);
/* The same of `n` WORDs at positions from `pos` on. */
void inverter_add_short(struct inverter *v, const struct short_word *words, unsigned n, uint32_t doc, uint32_t pos);

/* Record all that is held back: before anything is read of it. */
void inverter_flush(struct inverter *v);

/* Bytes held, and what sorting will want. */
uint64_t inverter_bytes(const struct inverter *v);

/* What it may hold after a few more words: the index doubles. */
uint64_t inverter_next_bytes(const struct inverter *v);

static inline struct bq_span term_word(const struct term *t)
{
	return bq_span_make(t->len <= INVERTER_INLINE_KEY ? (const char *)t->key : (const char *)(uintptr_t)t->key[1],
		t->len);
}

/* A term with the first 8 bytes of its key, which decide most comparisons. */
struct sorted_term {
	uint64_t prefix;
	const struct term *term;
};

/* Of which kind it is, without a look at the term. */
static inline enum bq_term_kind inverter_kind(const struct sorted_term *s)
{
	uint8_t first = (uint8_t)(s->prefix >> 56);

	return first < 0x20 ? (enum bq_term_kind)first : BQ_TERM_WORD;
}

/* <0, 0, >0 as the keys' order. */
int inverter_compare(const struct sorted_term *a, const struct sorted_term *b);

/* All terms in dictionary order, except for the stems that are not there:
 * TITLE words, MARKED forms, then WORDs.  An array of v->n_terms entries,
 * **owned**: free() it; NULL when malloc fails.  The inverter must be flushed and
 * must not grow while it is used. */
struct sorted_term *inverter_sort(const struct inverter *v);

/* ---- reading a chain --------------------------------------------------- */

struct chain {
	const struct inverter *inverter;
	const struct term *term;
	const uint8_t *p, *end; /* of the slice at hand, or of the term's latest events */
	unsigned level;
	uint32_t doc;        /* of the last next(); before the first UINT32_MAX */
	uint32_t tf;
	uint32_t *positions; /* [tf] */
	uint32_t max_positions;
	uint64_t ahead;      /* the next document's event if it is read already, else 0 */
	bool oom;
};

/* Start before the first document of `t`.  Then the caller may hand in an array
 * of positions that chain_release() would free. */
void chain_init(struct chain *c, const struct inverter *v, const struct term *t);

/* The document that chain_next() comes to; BQ_DOC_END at the end. */
uint32_t chain_peek(struct chain *c);

/* The next document; false at the end, and when malloc fails (`oom`). */
bool chain_next(struct chain *c);

/* Add the documents that come, below `limit` and as many as fit, with their positions, which
 * are wanted: what chain_next() gives one by one, at a third of its price.  False when
 * malloc fails (`oom`). */
bool chain_take(struct chain *c, uint32_t limit, struct postings_room *out);

/* Free the positions. */
void chain_release(struct chain *c);

#endif
