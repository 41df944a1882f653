/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Occurrences in, postings out: the in-memory half of a build.
 *
 *   inverter_add   (kind, word, document, position), documents ascending,
 *                  positions ascending within a document and word
 *   inverter_sort  the terms in the order of the dictionary
 *   chain_*        one term's documents, with their positions
 *
 * A term is a 64-byte slot of an open-addressing table and a chain of growing
 * slices in a pool, which hold one varint an event:
 *
 *     (doc - previous doc) << 1 | 1     a new document
 *     (pos - previous pos) << 1         an occurrence in it; after a new document pos itself
 *
 *     slot --> [16 bytes | next] --> [32 | next] --> .. --> [2,048 | next] --> ..
 *              head                                          ^at: where the next byte goes
 *
 * tf is the number of occurrences between two documents, so nothing is known
 * before it is written, and an occurrence touches two cache lines: the slot
 * and the chain's end.  A failed malloc is sticky: `oom` is set and later
 * calls do nothing.
 */
#ifndef BUILD_INVERTER_H
#define BUILD_INVERTER_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/format.h>
#include <bq/span.h>

#define INVERTER_INLINE_KEY 24u
#define INVERTER_BATCH      32u

struct slot {
	uint32_t hash;
	uint8_t kind;     /* enum bq_term_kind */
	uint8_t len;      /* of the word; 0: the slot is free */
	uint8_t level;    /* of the chain's last slice */
	uint8_t spare;
	uint32_t left;    /* payload bytes free in the last slice */
	uint32_t n_docs;
	uint32_t last_doc;
	uint32_t last_pos;
	uint32_t head;    /* the chain's first slice, in units of the pool */
	uint32_t spare2;
	uint8_t *at;      /* where the next byte goes */
	union {
		char bytes[INVERTER_INLINE_KEY];
		const char *ptr; /* a longer word, in `keys` */
	} word;
};

_Static_assert(sizeof(struct slot) == 64, "a slot is one cache line");

struct inverter {
	struct slot *slots; /* 1 << bits of them, aligned to 64; NULL while empty */
	unsigned bits;
	uint32_t n_terms;
	struct bq_arena keys;
	uint8_t **chunks; /* the pool: 2 MiB each */
	uint32_t n_chunks, max_chunks;
	uint32_t chunk_used; /* units taken of the last one */
	uint64_t seed;
	bool oom;
};

/* Start empty, without allocating.  `seed` perturbs the hash, so that nobody
 * can prepare words that collide; it does not show in the result. */
void inverter_init(struct inverter *v, uint64_t seed);

/* Give all memory back; the inverter is empty again and usable. */
void inverter_release(struct inverter *v);

/* The hash that inverter_add() wants: separate, so that a caller with many
 * words at hand can prefetch the slots. */
uint32_t inverter_hash(const struct inverter *v, enum bq_term_kind kind, struct bq_span word);
void inverter_prefetch(const struct inverter *v, uint32_t hash);

/* Record `n` <= INVERTER_BATCH occurrences.  Words have 1 .. BQ_WORD_MAX bytes
 * and are copied.  Several at a time, because each waits for memory twice: for
 * its slot, which the caller has prefetched, and for the end of its chain. */
struct occurrence {
	uint32_t hash;
	enum bq_term_kind kind;
	struct bq_span word;
	uint32_t doc, pos;
};
void inverter_add(struct inverter *v, const struct occurrence *o, unsigned n);

/* Bytes held, and what sorting will want. */
uint64_t inverter_bytes(const struct inverter *v);

/* What it may hold after a few more words: the table doubles. */
uint64_t inverter_next_bytes(const struct inverter *v);

static inline struct bq_span slot_word(const struct slot *s)
{
	return bq_span_make(s->len <= INVERTER_INLINE_KEY ? s->word.bytes : s->word.ptr, s->len);
}

/* A term with the first 8 bytes of its key, which decide most comparisons. */
struct sorted_slot {
	uint64_t prefix;
	const struct slot *slot;
};

/* <0, 0, >0 as the keys' order. */
int inverter_compare(const struct sorted_slot *a, const struct sorted_slot *b);

/* All terms in dictionary order, except for the stems that are not there:
 * TITLE words, MARKED forms, then WORDs.  An array of v->n_terms entries,
 * **owned**: free() it; NULL when malloc fails.  The inverter must not grow
 * while it is used. */
struct sorted_slot *inverter_sort(const struct inverter *v);

/* ---- reading a chain --------------------------------------------------- */

struct chain {
	const struct inverter *inverter;
	const uint8_t *p, *slice_end, *end;
	unsigned level;
	uint32_t doc;        /* of the last next() */
	uint32_t tf;
	uint32_t *positions; /* [tf] */
	uint32_t max_positions;
	uint64_t ahead;      /* the next document's event if it is read already, else 0 */
	bool oom;
};

/* Start before the first document of `s`. */
void chain_init(struct chain *c, const struct inverter *v, const struct slot *s);

/* The document that chain_next() comes to; BQ_DOC_END at the end. */
uint32_t chain_peek(struct chain *c);

/* The next document; false at the end, and when malloc fails (`oom`). */
bool chain_next(struct chain *c);

/* Free the positions. */
void chain_release(struct chain *c);

#endif
