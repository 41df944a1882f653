/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/inverter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bq/bytes.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
	UNIT = 16,                  /* the pool's address unit: 2^32 of them are 64 GiB */
	CHUNK_BYTES = 2 << 20,      /* and the size of a huge page */
	CHUNK_UNITS = CHUNK_BYTES / UNIT,
	LINK = 4,                   /* a slice ends in the next one's address */
	MAX_LEVEL = 7,              /* 16 << 7 = 2,048 bytes */
	FIRST_BITS = 12,
	SORT_BYTES = 48,            /* a term, while sorted and stemmed: see inverted.c, dictionary.c */
};

void inverter_init(struct inverter *v, uint64_t seed)
{
	memset(v, 0, sizeof *v);
	v->seed = seed;
	bq_arena_init(&v->keys, SIZE_MAX);
}

void inverter_release(struct inverter *v)
{
	for (uint32_t i = 0; i < v->n_chunks; i++)
		free(v->chunks[i]);
	free(v->chunks);
	free(v->slots);
	bq_arena_release(&v->keys);
	inverter_init(v, v->seed);
}

uint64_t inverter_bytes(const struct inverter *v)
{
	uint64_t table = v->slots == NULL ? 0 : sizeof(struct slot) << v->bits;

	return table + (uint64_t)v->n_chunks * CHUNK_BYTES + v->keys.bytes + (uint64_t)SORT_BYTES * v->n_terms;
}

uint64_t inverter_next_bytes(const struct inverter *v)
{
	uint64_t slots = v->slots == NULL ? 0 : UINT64_C(1) << v->bits;
	bool grows_soon = v->n_terms > slots / 8 * 5; /* it does at two thirds */

	/* for a moment there are two tables, one twice as large */
	return inverter_bytes(v) + (grows_soon ? 2 * slots * sizeof(struct slot) : 0);
}

/* ---- the pool ---------------------------------------------------------- */

static uint8_t *unit_ptr(const struct inverter *v, uint32_t unit)
{
	return v->chunks[unit / CHUNK_UNITS] + (size_t)(unit % CHUNK_UNITS) * UNIT;
}

/* Memory that is touched all over: in pages of 2 MiB if there are any to be had,
 * else each touch would cost a walk of the page table, too. */
static void *take_pages(size_t n)
{
	void *p = aligned_alloc(n < CHUNK_BYTES ? sizeof(struct slot) : CHUNK_BYTES, n);

	if (p != NULL && n >= CHUNK_BYTES)
		(void)madvise(p, n, MADV_HUGEPAGE);
	return p;
}

static bool add_chunk(struct inverter *v)
{
	uint8_t *chunk;

	if (v->n_chunks == v->max_chunks) {
		uint32_t max = v->max_chunks == 0 ? 64 : v->max_chunks * 2;
		uint8_t **grown = realloc(v->chunks, max * sizeof *grown);
		if (grown == NULL)
			return false;
		v->chunks = grown;
		v->max_chunks = max;
	}
	if (v->n_chunks == UINT32_MAX / CHUNK_UNITS)
		return false;
	chunk = take_pages(CHUNK_BYTES);
	if (chunk == NULL)
		return false;
	v->chunks[v->n_chunks++] = chunk;
	v->chunk_used = 0;
	return true;
}

/* A slice of `level`: its address, or UINT32_MAX. */
static uint32_t take_slice(struct inverter *v, unsigned level)
{
	uint32_t units = 1u << level, unit;

	if ((v->n_chunks == 0 || v->chunk_used + units > CHUNK_UNITS) && !add_chunk(v)) {
		v->oom = true;
		return UINT32_MAX;
	}
	unit = (v->n_chunks - 1) * CHUNK_UNITS + v->chunk_used;
	v->chunk_used += units;
	return unit;
}

static uint32_t slice_payload(unsigned level)
{
	return ((uint32_t)UNIT << level) - LINK;
}

/* The chain's last slice is full: hang the next one on. */
static bool grow_chain(struct inverter *v, struct slot *s)
{
	unsigned level = s->level < MAX_LEVEL ? s->level + 1u : MAX_LEVEL;
	uint32_t unit = take_slice(v, level);

	if (unit == UINT32_MAX)
		return false;
	bq_put_u32(s->at, unit);
	s->at = unit_ptr(v, unit);
	s->left = slice_payload(level);
	s->level = (uint8_t)level;
	return true;
}

static void put_event(struct inverter *v, struct slot *s, uint64_t event)
{
	if (event < 1 << 14 && s->left >= 2) { /* nearly always */
		bool has_two = event >= 0x80;
		s->at[0] = (uint8_t)(has_two ? event | 0x80 : event);
		s->at[1] = (uint8_t)(event >> 7); /* in the slice, and written over if it is not meant */
		s->at += 1 + has_two;
		s->left -= 1u + has_two;
		return;
	}
	do {
		uint8_t byte = (uint8_t)(event & 0x7f);
		event >>= 7;
		if (s->left == 0 && !grow_chain(v, s))
			return;
		*s->at++ = event == 0 ? byte : (uint8_t)(byte | 0x80);
		s->left--;
	} while (event != 0);
}

/* ---- the table --------------------------------------------------------- */

uint32_t inverter_hash(const struct inverter *v, enum bq_term_kind kind, struct bq_span word)
{
	return (uint32_t)(XXH3_64bits_withSeed(word.ptr, word.len, v->seed + (uint64_t)kind) >> 32);
}

/* The table is indexed by the hash's high bits. */
static uint32_t first_slot(const struct inverter *v, uint32_t hash)
{
	return hash >> (32 - v->bits);
}

void inverter_prefetch(const struct inverter *v, uint32_t hash)
{
	if (v->slots != NULL)
		__builtin_prefetch(&v->slots[first_slot(v, hash)], 1);
}

/* Twice the slots, or the first ones. */
static bool grow_table(struct inverter *v)
{
	unsigned bits = v->slots == NULL ? FIRST_BITS : v->bits + 1;
	struct slot *old = v->slots, *grown;
	size_t n_old = old == NULL ? 0 : (size_t)1 << v->bits, n = (size_t)1 << bits;

	grown = bits > 31 ? NULL : take_pages(n * sizeof(struct slot));
	if (grown == NULL)
		return false;
	memset(grown, 0, n * sizeof *grown);
	v->slots = grown;
	v->bits = bits;
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].len == 0)
			continue;
		size_t to = first_slot(v, old[i].hash);
		while (grown[to].len != 0)
			to = (to + 1) & (n - 1);
		grown[to] = old[i];
	}
	free(old);
	return true;
}

static bool is_same_word(const char *a, const char *b, size_t len)
{
	if (len > 16 || len < 8)
		return memcmp(a, b, len) == 0;
	return ((bq_get_u64(a) ^ bq_get_u64(b)) | (bq_get_u64(a + len - 8) ^ bq_get_u64(b + len - 8))) == 0;
}

static bool is_slot_of(const struct slot *s, const struct occurrence *o)
{
	return s->hash == o->hash && s->len == o->word.len && s->kind == (uint8_t)o->kind &&
		is_same_word(slot_word(s).ptr, o->word.ptr, o->word.len);
}

/* Make the free slot `s` that of a new term. */
static struct slot *fill_slot(struct inverter *v, struct slot *s, const struct occurrence *o)
{
	uint32_t unit = take_slice(v, 0);
	struct bq_span kept = o->word;

	if (o->word.len > INVERTER_INLINE_KEY)
		kept = bq_arena_dup(&v->keys, o->word);
	if (unit == UINT32_MAX || kept.ptr == NULL) {
		v->oom = true;
		return NULL;
	}
	if (o->word.len > INVERTER_INLINE_KEY)
		s->word.ptr = kept.ptr;
	else
		memcpy(s->word.bytes, kept.ptr, kept.len);
	s->hash = o->hash;
	s->kind = (uint8_t)o->kind;
	s->len = (uint8_t)o->word.len;
	s->head = unit;
	s->at = unit_ptr(v, unit);
	s->left = slice_payload(0);
	v->n_terms++;
	return s;
}

/* Room for `n` more terms with the table at most two thirds full. */
static bool reserve_terms(struct inverter *v, unsigned n)
{
	while (v->slots == NULL || v->n_terms + (uint64_t)n > ((size_t)1 << v->bits) / 3 * 2)
		if (!grow_table(v)) {
			v->oom = true;
			return false;
		}
	return true;
}

static struct slot *find_slot(struct inverter *v, const struct occurrence *o)
{
	size_t mask = ((size_t)1 << v->bits) - 1, i;

	for (i = first_slot(v, o->hash); v->slots[i].len != 0; i = (i + 1) & mask)
		if (is_slot_of(&v->slots[i], o))
			return &v->slots[i];
	return fill_slot(v, &v->slots[i], o);
}

static void append(struct inverter *v, struct slot *s, const struct occurrence *o)
{
	if (s->n_docs == 0 || s->last_doc != o->doc) {
		assert(s->n_docs == 0 || s->last_doc < o->doc);
		put_event(v, s, (uint64_t)(o->doc - s->last_doc) << 1 | 1);
		s->n_docs++;
		s->last_doc = o->doc;
		s->last_pos = 0;
	}
	put_event(v, s, (uint64_t)(o->pos - s->last_pos) << 1);
	s->last_pos = o->pos;
}

void inverter_add(struct inverter *v, const struct occurrence *o, unsigned n)
{
	struct slot *found[INVERTER_BATCH];

	assert(n <= INVERTER_BATCH);
	if (v->oom || !reserve_terms(v, n))
		return;
	for (unsigned i = 0; i < n; i++) {
		assert(o[i].word.len != 0 && o[i].word.len <= UINT8_MAX);
		found[i] = find_slot(v, &o[i]);
		if (found[i] == NULL)
			return;
		__builtin_prefetch(found[i]->at, 1);
	}
	for (unsigned i = 0; i < n; i++)
		append(v, found[i], &o[i]);
}

/* ---- sorting ----------------------------------------------------------- */

/* The first 8 bytes of the term's key as a number that orders like them: a WORD
 * has no kind byte and starts at 0x20 or above, so WORDs come last. */
static uint64_t slot_prefix(const struct slot *s)
{
	struct bq_span word = slot_word(s);
	uint8_t key[8] = { 0 };
	bool has_kind = s->kind != BQ_TERM_WORD;
	size_t room = sizeof key - has_kind;

	key[0] = s->kind;
	memcpy(key + has_kind, word.ptr, word.len < room ? word.len : room);
	return __builtin_bswap64(bq_get_u64(key));
}

int inverter_compare(const struct sorted_slot *a, const struct sorted_slot *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return bq_span_cmp(slot_word(a->slot), slot_word(b->slot)); /* equal prefixes: equal kinds */
}

static int compare_sorted(const void *a, const void *b)
{
	return inverter_compare(a, b);
}

struct sorted_slot *inverter_sort(const struct inverter *v)
{
	struct sorted_slot *sorted = malloc((v->n_terms + UINT64_C(1)) * sizeof *sorted);
	size_t n_slots = v->slots == NULL ? 0 : (size_t)1 << v->bits, n = 0;

	if (sorted == NULL)
		return NULL;
	for (size_t i = 0; i < n_slots; i++)
		if (v->slots[i].len != 0)
			sorted[n++] = (struct sorted_slot){ slot_prefix(&v->slots[i]), &v->slots[i] };
	qsort(sorted, n, sizeof *sorted, compare_sorted);
	return sorted;
}

/* ---- reading a chain --------------------------------------------------- */

void chain_init(struct chain *c, const struct inverter *v, const struct slot *s)
{
	memset(c, 0, sizeof *c);
	c->inverter = v;
	c->p = unit_ptr(v, s->head);
	c->slice_end = c->p + slice_payload(0);
	c->end = s->at;
}

void chain_release(struct chain *c)
{
	free(c->positions);
	memset(c, 0, sizeof *c);
}

static uint8_t chain_byte(struct chain *c)
{
	if (c->p == c->slice_end) {
		c->level += c->level < MAX_LEVEL;
		c->p = unit_ptr(c->inverter, bq_get_u32(c->p));
		c->slice_end = c->p + slice_payload(c->level);
	}
	return *c->p++;
}

/* The next event; false at the end. */
static bool chain_event(struct chain *c, uint64_t *event)
{
	unsigned shift = 0;
	uint8_t byte;

	if (c->p == c->end)
		return false;
	*event = 0;
	do {
		byte = chain_byte(c);
		*event |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte >= 0x80);
	return true;
}

static bool grow_positions(struct chain *c)
{
	uint32_t max = c->max_positions == 0 ? 64 : c->max_positions * 2;
	uint32_t *grown = realloc(c->positions, max * sizeof *grown);

	if (grown == NULL) {
		c->oom = true;
		return false;
	}
	c->positions = grown;
	c->max_positions = max;
	return true;
}

uint32_t chain_peek(struct chain *c)
{
	if (c->ahead == 0 && !chain_event(c, &c->ahead))
		return BQ_DOC_END;
	return c->doc + (uint32_t)(c->ahead >> 1);
}

bool chain_next(struct chain *c)
{
	uint64_t event = c->ahead;
	uint32_t pos = 0;

	if (event == 0 && !chain_event(c, &event))
		return false;
	c->doc += (uint32_t)(event >> 1);
	c->ahead = 0;
	for (c->tf = 0; chain_event(c, &event); c->tf++) {
		if ((event & 1) != 0) {
			c->ahead = event;
			break;
		}
		if (c->tf == c->max_positions && !grow_positions(c))
			return false;
		pos += (uint32_t)(event >> 1);
		c->positions[c->tf] = pos;
	}
	return true;
}
