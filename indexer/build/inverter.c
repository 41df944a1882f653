/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/inverter.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

#include "base/pages.h"
#include "build/radix.h"
#include "build/slices.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
	PIECE_TERMS = PIECE / sizeof(struct term),
	EVENT_MAX = 5,              /* bytes: 34 bits */
	FIRST_BITS = 12,
	SORT_BYTES = 48,            /* a term, while sorted and stemmed: see inverted.c, dictionary.c */
};

/* Where a term is.  All of the hash, so that another word's term is hardly ever
 * looked at, and the index grows without looking at any. */
struct inverter_ref {
	uint32_t hash;
	uint32_t number; /* of the term, and 1; 0: free */
};

void inverter_init(struct inverter *v, uint64_t seed)
{
	memset(v, 0, offsetof(struct inverter, batch));
	v->seed = seed;
	bq_arena_init(&v->keys, SIZE_MAX);
}

static void release_pieces(struct inverter_pieces *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		free(p->at[i]);
	free(p->at);
}

void inverter_release(struct inverter *v)
{
	release_pieces(&v->terms);
	release_pieces(&v->pool);
	free(v->index);
	bq_arena_release(&v->keys);
	inverter_init(v, v->seed);
}

static uint64_t index_bytes(const struct inverter *v)
{
	return v->index == NULL ? 0 : sizeof(struct inverter_ref) << v->bits;
}

uint64_t inverter_bytes(const struct inverter *v)
{
	return index_bytes(v) + ((uint64_t)v->terms.n + v->pool.n) * PIECE + v->keys.bytes +
		(uint64_t)SORT_BYTES * v->n_terms;
}

uint64_t inverter_next_bytes(const struct inverter *v)
{
	uint64_t slots = v->index == NULL ? 0 : UINT64_C(1) << v->bits;
	bool grows_soon = v->n_terms > slots / 8 * 5; /* it does at two thirds */

	/* for a moment there are two, one twice as large */
	return inverter_bytes(v) + (grows_soon ? 2 * index_bytes(v) : 0);
}

/* ---- memory ------------------------------------------------------------ */

static uint8_t *add_piece(struct inverter_pieces *p)
{
	uint8_t *piece;

	if (p->n == p->max) {
		uint32_t max = p->max == 0 ? 64 : p->max * 2;
		uint8_t **grown = realloc(p->at, max * sizeof *grown);
		if (grown == NULL)
			return NULL;
		p->at = grown;
		p->max = max;
	}
	piece = pages_take(PIECE);
	if (piece == NULL)
		return NULL;
	p->at[p->n++] = piece;
	return piece;
}

static struct term *term_at(const struct inverter *v, uint32_t number)
{
	return (struct term *)(void *)v->terms.at[number / PIECE_TERMS] + number % PIECE_TERMS;
}

/* A slice of `level`: its address, or UINT32_MAX. */
static uint32_t take_slice(struct inverter *v, unsigned level)
{
	uint32_t units = 1u << level, unit;

	if (v->pool.n == 0 || v->pool_used + units > PIECE_UNITS) {
		if (v->pool.n == UINT32_MAX / PIECE_UNITS || add_piece(&v->pool) == NULL) {
			v->oom = true;
			return UINT32_MAX;
		}
		v->pool_used = 0;
	}
	unit = (v->pool.n - 1) * PIECE_UNITS + v->pool_used;
	v->pool_used += units;
	return unit;
}

/* ---- events ------------------------------------------------------------ */

/* The chain's last slice is full, or there is none: hang the next one on. */
static bool grow_chain(struct inverter *v, struct term *t)
{
	unsigned level = t->at == NULL ? FIRST_LEVEL : t->level < MAX_LEVEL ? t->level + 1u : MAX_LEVEL;
	uint32_t unit = take_slice(v, level);

	if (unit == UINT32_MAX)
		return false;
	if (t->at == NULL)
		t->head = unit;
	else
		bq_put_u32(t->at, unit);
	t->at = unit_ptr(v, unit);
	t->left = (uint16_t)slice_payload(level);
	t->level = (uint8_t)level;
	return true;
}

/* The latest events go to the chain. */
static void move_latest(struct inverter *v, struct term *t)
{
	const uint8_t *from = t->latest;
	uint32_t n = t->n_latest, part;

	if (t->left >= INVERTER_LATEST) { /* mostly; so many that no length is looked at */
		memcpy(t->at, from, INVERTER_LATEST);
		t->at += n;
		t->left = (uint16_t)(t->left - n);
		t->n_latest = 0;
		return;
	}
	for (; n != 0; n -= part, from += part) {
		if (t->left == 0 && !grow_chain(v, t))
			return;
		part = n < t->left ? n : t->left;
		memcpy(t->at, from, part);
		t->at += part;
		t->left = (uint16_t)(t->left - part);
	}
	t->n_latest = 0;
}

static inline void put_event(struct inverter *v, struct term *t, uint64_t event)
{
	bool has_two = event >= 0x80;
	uint8_t *to = t->latest + t->n_latest;

	if (event < 1 << 14 && t->n_latest + 2u <= INVERTER_LATEST) { /* nearly always */
		to[0] = (uint8_t)(has_two ? event | 0x80 : event);
		to[1] = (uint8_t)(event >> 7); /* written over if it is not meant */
		t->n_latest = (uint8_t)(t->n_latest + 1u + has_two);
		return;
	}
	if (t->n_latest + (unsigned)EVENT_MAX > INVERTER_LATEST)
		move_latest(v, t);
	if (!v->oom)
		t->n_latest = (uint8_t)(t->n_latest + bq_put_varint(t->latest + t->n_latest, event));
}

static inline void append(struct inverter *v, struct term *t, uint32_t doc, uint32_t pos)
{
	if (t->after != doc + 1) {
		assert(t->after <= doc);
		put_event(v, t, (uint64_t)(doc + 1 - t->after) << 1 | 1);
		t->after = doc + 1;
		t->last_pos = 0;
	}
	put_event(v, t, (uint64_t)(pos - t->last_pos) << 1);
	t->last_pos = pos;
}

/* ---- the index --------------------------------------------------------- */

static uint64_t first_bytes(const void *p, size_t n)
{
	return n >= 8 ? bq_get_u64(p) : bq_get_u64(p) & ((UINT64_C(1) << 8 * n) - 1);
}

/* Of a word of at most 16 bytes. */
static uint32_t hash_short(const struct inverter *v, const struct occurrence *o)
{
	uint64_t a = o->key[0] ^ v->seed ^ UINT64_C(0x9e3779b97f4a7c15);
	uint64_t b = o->key[1] ^ (v->seed * 3) ^ (UINT64_C(0xd6e8feb86659fd93) + ((uint64_t)o->kind << 8 | o->len));
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint32_t)((uint64_t)product >> 32) ^ (uint32_t)(product >> 64);
}

static size_t first_slot(const struct inverter *v, uint32_t hash)
{
	return hash >> (32 - v->bits);
}

/* Twice the index, or the first one. */
static bool grow_index(struct inverter *v)
{
	unsigned bits = v->index == NULL ? FIRST_BITS : v->bits + 1;
	struct inverter_ref *old = v->index;
	size_t n_old = old == NULL ? 0 : (size_t)1 << v->bits, mask = ((size_t)1 << bits) - 1;
	struct inverter_ref *grown = bits > 31 ? NULL : pages_take((mask + 1) * sizeof *grown);

	if (grown == NULL)
		return false;
	memset(grown, 0, (mask + 1) * sizeof *grown);
	v->index = grown;
	v->bits = bits;
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].number == 0)
			continue;
		size_t to = first_slot(v, old[i].hash);
		while (grown[to].number != 0)
			to = (to + 1) & mask;
		grown[to] = old[i];
	}
	free(old);
	return true;
}

/* Room for a batch of more terms with the index at most two thirds full. */
static bool reserve_terms(struct inverter *v)
{
	while (v->index == NULL || v->n_terms + (uint64_t)INVERTER_BATCH > ((size_t)1 << v->bits) / 3 * 2)
		if (!grow_index(v)) {
			v->oom = true;
			return false;
		}
	return true;
}

/* The number of a term with the occurrence's hash, and 1; 0: there is none. */
static uint32_t guess_number(const struct inverter *v, const struct occurrence *o)
{
	size_t mask = ((size_t)1 << v->bits) - 1, i = first_slot(v, o->hash);

	while (v->index[i].number != 0 && v->index[i].hash != o->hash)
		i = (i + 1) & mask;
	return v->index[i].number;
}

static inline bool is_term_of(const struct term *t, const struct occurrence *o)
{
	if (t->key[0] != o->key[0] || t->len != o->len || t->kind != o->kind)
		return false;
	if (o->len <= INVERTER_INLINE_KEY)
		return t->key[1] == o->key[1];
	return memcmp((const char *)(uintptr_t)t->key[1], (const char *)(uintptr_t)o->key[1], o->len) == 0;
}

/* A new term, number v->n_terms. */
static struct term *add_term(struct inverter *v, const struct occurrence *o)
{
	uint64_t last = o->key[1];
	struct term *t;

	if (v->n_terms % PIECE_TERMS == 0 && add_piece(&v->terms) == NULL)
		v->oom = true;
	if (o->len > INVERTER_INLINE_KEY) {
		struct bq_span kept = bq_arena_dup(&v->keys, bq_span_make((const char *)(uintptr_t)last, o->len));
		last = (uint64_t)(uintptr_t)kept.ptr;
		v->oom |= kept.ptr == NULL;
	}
	if (v->oom)
		return NULL;
	t = term_at(v, v->n_terms++);
	memset(t, 0, sizeof *t);
	t->key[0] = o->key[0];
	t->key[1] = last;
	t->kind = o->kind;
	t->len = o->len;
	return t;
}

/* The term of an occurrence, a new one if there is none. */
static struct term *find_term(struct inverter *v, const struct occurrence *o)
{
	size_t mask = ((size_t)1 << v->bits) - 1, i;
	struct term *t;

	for (i = first_slot(v, o->hash); v->index[i].number != 0; i = (i + 1) & mask) {
		t = term_at(v, v->index[i].number - 1);
		if (v->index[i].hash == o->hash && is_term_of(t, o))
			return t;
	}
	t = add_term(v, o);
	if (t != NULL)
		v->index[i] = (struct inverter_ref){ o->hash, v->n_terms };
	return t;
}

void inverter_flush(struct inverter *v)
{
	struct term *found[INVERTER_BATCH];
	unsigned n = v->n_batch;

	v->n_batch = 0;
	if (v->oom || n == 0 || !reserve_terms(v))
		return;
	for (unsigned i = 0; i < n; i++) {
		uint32_t number = guess_number(v, &v->batch[i]);
		found[i] = number == 0 ? NULL : term_at(v, number - 1);
		__builtin_prefetch(found[i], 1);
	}
	for (unsigned i = 0; i < n && !v->oom; i++) {
		const struct occurrence *o = &v->batch[i];
		if (found[i] == NULL || !is_term_of(found[i], o))
			found[i] = find_term(v, o);
		if (found[i] != NULL)
			append(v, found[i], o->doc, o->pos);
	}
}

void inverter_add(struct inverter *v, enum bq_term_kind kind, struct bq_span word, uint32_t doc, uint32_t pos)
{
	struct occurrence *o = &v->batch[v->n_batch];

	assert(word.len != 0 && word.len <= BQ_WORD_MAX);
	o->key[0] = first_bytes(word.ptr, word.len);
	o->doc = doc;
	o->pos = pos;
	o->kind = (uint8_t)kind;
	o->len = (uint8_t)word.len;
	if (word.len <= INVERTER_INLINE_KEY) {
		o->key[1] = word.len <= 8 ? 0 : first_bytes(word.ptr + 8, word.len - 8);
		o->hash = hash_short(v, o);
	} else {
		memcpy(v->words[v->n_batch], word.ptr, word.len);
		o->key[1] = (uint64_t)(uintptr_t)v->words[v->n_batch];
		o->hash = (uint32_t)(XXH3_64bits_withSeed(word.ptr, word.len, v->seed + (uint64_t)kind) >> 32);
	}
	if (v->index != NULL)
		__builtin_prefetch(&v->index[first_slot(v, o->hash)]);
	if (++v->n_batch == INVERTER_BATCH)
		inverter_flush(v);
}

void inverter_add_short(struct inverter *v, const struct short_word *words, unsigned n, uint32_t doc, uint32_t pos)
{
	for (unsigned i = 0; i < n; i++) {
		struct occurrence *o = &v->batch[v->n_batch];
		*o = (struct occurrence){ .key = { words[i].key[0], words[i].key[1] }, .doc = doc, .pos = pos + i,
			.kind = BQ_TERM_WORD, .len = words[i].len };
		o->hash = hash_short(v, o);
		if (v->index != NULL)
			__builtin_prefetch(&v->index[first_slot(v, o->hash)]);
		if (++v->n_batch == INVERTER_BATCH)
			inverter_flush(v);
	}
}

/* ---- sorting ----------------------------------------------------------- */

/* The first 8 bytes of the term's key as a number that orders like them: a WORD
 * has no kind byte and starts at 0x20 or above, so WORDs come last. */
static uint64_t term_prefix(const struct term *t)
{
	uint64_t word = __builtin_bswap64(t->key[0]);

	return t->kind == BQ_TERM_WORD ? word : word >> 8 | (uint64_t)t->kind << 56;
}

int inverter_compare(const struct sorted_term *a, const struct sorted_term *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return bq_span_cmp(term_word(a->term), term_word(b->term)); /* equal prefixes: equal kinds */
}

static int compare_sorted(const void *a, const void *b)
{
	return inverter_compare(a, b);
}

struct sorted_term *inverter_sort(const struct inverter *v)
{
	struct sorted_term *sorted = malloc((v->n_terms + UINT64_C(1)) * sizeof *sorted);

	assert(v->n_batch == 0);
	if (sorted == NULL)
		return NULL;
	for (uint32_t i = 0; i < v->n_terms; i++)
		sorted[i] = (struct sorted_term){ term_prefix(term_at(v, i)), term_at(v, i) };
	if (radix_sort(sorted, v->n_terms, sizeof *sorted, compare_sorted))
		return sorted;
	free(sorted);
	return NULL;
}
