/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/starts.h"

#include <stdlib.h>

#include "query/phrase/cover.h"
#include "query/phrase/expand.h"
#include "query/phrase/lookup.h"

enum { HEAD = 4, PAD = 1 }; /* bytes before and behind a document's bits */

uint32_t starts_room = 4u << 20;

/* What is to be done with documents whose positions are there. */
struct visit {
	bool (*block)(struct starts *s, const struct visit *v, const uint32_t *docs, const uint16_t *at, uint32_t n);
	uint32_t shift;  /* from positions to bits */
	uint32_t *sums;
	bool any;
};

static inline bool has_doc(const struct starts *s, uint32_t doc)
{
	return (s->docs[doc / 64] >> (doc & 63) & 1) != 0;
}

static inline void drop_doc(struct starts *s, uint32_t doc)
{
	s->docs[doc / 64] &= ~(UINT64_C(1) << (doc & 63));
	s->n_docs--;
}

/* ---- visiting ---------------------------------------------------------- */

/* Those of the block at hand that are asked for: their places there. */
static uint32_t pick_docs(const struct starts *s, const struct bq_cursor *c, uint32_t *docs, uint16_t *at)
{
	uint32_t n = 0, i = 0, end = c->n;

	while (i < end && c->docs[i] < s->from)
		i++;
	while (end > i && c->docs[end - 1] >= s->to)
		end--;
	for (; i < end; i++) {
		docs[n] = c->docs[i];
		at[n] = (uint16_t)i;
		n += has_doc(s, c->docs[i]);
	}
	return n;
}

/* Read the list from one end of the range to the other. */
static void visit_blocks(struct starts *s, struct bq_cursor *c, const struct visit *v)
{
	uint32_t *docs = s->picked;
	uint16_t *at = s->at;

	for (uint32_t next = s->from; next < s->to && c->ops->seek_block(c, next); next = c->last + 1) {
		if (watch_check(s->ev->watch))
			return;
		uint32_t n = pick_docs(s, c, docs, at);
		if (n != 0 && (!bq_cursor_spots(c, s->spots) || !v->block(s, v, docs, at, n)))
			return;
	}
}

/* Look up docs[0 .. n). */
static bool visit_some(struct starts *s, struct bq_cursor *c, const struct visit *v, uint32_t *docs, uint32_t n)
{
	uint16_t kept[LOOKUP_DOCS];

	if (n == 0)
		return true;
	n = bq_cursor_meet(c, docs, n, kept, s->spots);
	if (n == 0)
		return true;
	if (watch_check(s->ev->watch) || !bq_leaf_ready(s->ev->leaf, s->spots, n, c->read))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		docs[i] = docs[kept[i]];
		kept[i] = (uint16_t)i;
	}
	return v->block(s, v, docs, kept, n);
}

/* Look up all documents that are left. */
static void visit_docs(struct starts *s, struct bq_cursor *c, const struct visit *v)
{
	uint32_t docs[LOOKUP_DOCS], n = 0;

	for (uint32_t w = s->from / 64; w <= (s->to - 1) / 64; w++) {
		for (uint64_t bits = s->docs[w]; bits != 0; bits &= bits - 1) {
			uint32_t doc = 64 * w + (uint32_t)__builtin_ctzll(bits);
			if (doc < s->from || doc >= s->to)
				continue;
			docs[n++] = doc;
			if (n < LOOKUP_DOCS)
				continue;
			if (!visit_some(s, c, v, docs, n))
				return;
			n = 0;
		}
	}
	(void)visit_some(s, c, v, docs, n);
}

/* Look up those that `among` has, too. */
static void visit_among(struct starts *s, struct bq_cursor *c, struct bq_cursor *among, const struct visit *v)
{
	uint32_t docs[BQ_BLOCK_DOCS], n;
	uint16_t at[BQ_BLOCK_DOCS];

	for (uint32_t next = s->from; next < s->to && among->ops->seek_block(among, next); next = among->last + 1) {
		n = pick_docs(s, among, docs, at);
		for (uint32_t i = 0; i < n; i += LOOKUP_DOCS)
			if (!visit_some(s, c, v, docs + i, n - i < LOOKUP_DOCS ? n - i : LOOKUP_DOCS))
				return;
	}
}

/* A document looked up costs as much as so many whose turn it is. */
enum { LOOKUP_COST = 8 };

static void visit_list(struct starts *s, struct bq_cursor *c, struct bq_cursor *among, const struct visit *v)
{
	if (among != NULL && (uint64_t)among->term.df * LOOKUP_COST < c->term.df)
		visit_among(s, c, among, v);
	else if ((uint64_t)s->n_docs * LOOKUP_COST < c->term.df)
		visit_docs(s, c, v);
	else
		visit_blocks(s, c, v);
}

/* Visit a list with memory of its own, given back at once: what engines make ready
 * of all its positions may be much. */
static void visit_once(struct starts *s, const struct starts_list *list, const struct bq_term *among,
	const struct visit *v)
{
	struct eval *ev = s->ev;
	struct bq_read rd = { .mem = &ev->q->searcher->list_mem };
	struct bq_cursor *c = bq_cursor_open(ev->leaf, &list->term, &rd);
	struct bq_cursor *other = among == NULL ? NULL : bq_cursor_open(ev->leaf, among, &rd);

	if (c != NULL && (other != NULL || among == NULL))
		visit_list(s, c, other, v);
	(void)expand_take(ev, &rd);
}

/* ---- bits -------------------------------------------------------------- */

static bool check_end(struct starts *s, uint64_t end)
{
	if (end < BQ_MAX_POS)
		return true;
	lookup_damaged(s->ev);
	return false;
}

/* The bits of document `doc`; false if there is no room for them. */
static bool put_bits(struct starts *s, uint32_t doc, const struct bq_spot *spot, uint32_t shift)
{
	uint8_t *head = s->of->bits[0] + s->of->used, *bits = head + HEAD;
	uint64_t room = s->of->room - s->of->used, byte;

	if (room <= HEAD + PAD)
		return false;
	room -= HEAD + PAD;
	struct bq_spot_walk w = bq_spot_walk_from(spot, bq_spot_first(spot) + shift);
	do {
		byte = w.pos >> 3;
		if (byte >= room) {
			memset(bits, 0, (size_t)room);
			return false;
		}
		bits[byte] |= (uint8_t)(1u << (w.pos & 7));
	} while (bq_spot_next(&w));
	bq_put_u32(head, (uint32_t)byte + 1);
	s->places[doc] = s->of->used;
	s->n_put++;
	s->of->used += HEAD + (uint32_t)byte + 1 + PAD;
	return check_end(s, w.pos - shift);
}

static void clear_bits(struct searcher_bits *of)
{
	memset(of->bits[0], 0, of->used);
	memset(of->bits[1], 0, of->used);
	of->used = 0;
}

/* Room for so many bytes of bits, all zero; what there were are gone. */
static bool make_room(struct starts *s, uint64_t room)
{
	struct searcher_bits *of = s->of;

	if (room > UINT32_MAX)
		return false;
	free(of->bits[0]);
	free(of->bits[1]);
	of->room = (uint32_t)room;
	of->used = 0;
	of->bits[0] = calloc(of->room, 1);
	of->bits[1] = calloc(of->room, 1);
	if (of->bits[0] != NULL && of->bits[1] != NULL)
		return true;
	of->room = 0;
	s->ev->read.mem->oom = true;
	return false;
}

/* Room for one document that is larger than all there is. */
static bool make_room_for(struct starts *s, const struct bq_spot *spot, uint32_t shift)
{
	struct bq_spot_walk w = bq_spot_start(spot);

	while (bq_spot_next(&w))
		;
	return check_end(s, w.pos) && make_room(s, (w.pos + shift) / 8 + 1 + HEAD + PAD);
}

/* The searcher's, as large as they shall be. */
static bool borrow_room(struct starts *s)
{
	struct searcher_bits *of = s->of = &s->ev->q->searcher->starts;
	const struct bq_leaf *leaf = s->ev->leaf;
	uint64_t all = leaf->n_tokens / 8 + (uint64_t)leaf->n_docs * 40 + 64;

	all = all < starts_room ? all : starts_room;
	if (of->room < all || of->room > starts_room ? !make_room(s, all) : false)
		return false;
	clear_bits(of);
	if (of->n_places < leaf->n_docs) {
		free(of->places);
		of->places = malloc(leaf->n_docs * sizeof *of->places);
		of->n_places = of->places == NULL ? 0 : leaf->n_docs;
		s->ev->read.mem->oom |= of->places == NULL;
	}
	s->places = of->places;
	return of->places != NULL;
}

static bool put_block(struct starts *s, const struct visit *v, const uint32_t *docs, const uint16_t *at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct bq_spot *spot = &s->spots[at[i]];
		if (put_bits(s, docs[i], spot, v->shift))
			continue;
		if (s->of->used == 0 && s->ev->read.error.status == BQ_OK && make_room_for(s, spot, v->shift) &&
			put_bits(s, docs[i], spot, v->shift))
			continue;
		s->to = docs[i];
		return false;
	}
	return true;
}

/* Those bits of each document that this list has, too. */
static bool meet_block(struct starts *s, const struct visit *v, const uint32_t *docs, const uint16_t *at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct bq_spot *spot = &s->spots[at[i]];
		const uint8_t *bits = s->of->bits[0] + s->places[docs[i]] + HEAD;
		uint8_t *both = s->of->bits[1] + s->places[docs[i]] + HEAD;
		uint64_t end = bq_get_u32(bits - HEAD);
		struct bq_spot_walk w = bq_spot_walk_from(spot, bq_spot_first(spot) + v->shift);
		unsigned any = 0;
		bq_put_u32(both - HEAD, (uint32_t)end);
		do {
			uint64_t byte = w.pos >> 3;
			if (byte >= end)
				break;
			unsigned bit = bits[byte] & (1u << (w.pos & 7));
			both[byte] |= (uint8_t)bit;
			any |= bit;
		} while (bq_spot_next(&w));
		if (any == 0)
			drop_doc(s, docs[i]);
	}
	return true;
}

static inline uint32_t bit_at(const uint8_t *bits, uint32_t end, uint64_t bit)
{
	return bits[bit / 8 < end ? bit / 8 : end] >> (bit & 7) & 1;
}

/* How many of its positions behind the first, `bit`, are bits. */
static uint32_t count_more(const uint8_t *bits, const struct bq_spot *spot, uint64_t bit)
{
	uint32_t end = bq_get_u32(bits - HEAD), n = 0;
	struct bq_spot_walk w = bq_spot_walk_from(spot, bit);

	while (bq_spot_next(&w))
		n += bit_at(bits, end, w.pos);
	return n;
}

/* Documents of one word stand anywhere in the bits: all are fetched before one is
 * waited for.  Most have one position, and no branch depends on those. */
static bool count_block(struct starts *s, const struct visit *v, const uint32_t *docs, const uint16_t *at, uint32_t n)
{
	uint32_t n_more = 0;

	for (uint32_t i = 0; i < n; i++) {
		s->of_doc[i] = s->of->bits[0] + s->places[docs[i]] + HEAD;
		s->first[i] = bq_spot_first(&s->spots[at[i]]) + v->shift;
		__builtin_prefetch(s->of_doc[i] - HEAD);
		__builtin_prefetch(s->of_doc[i] + s->first[i] / 8);
		__builtin_prefetch(&v->sums[docs[i]]);
	}
	for (uint32_t i = 0; i < n; i++) {
		v->sums[docs[i]] += bit_at(s->of_doc[i], bq_get_u32(s->of_doc[i] - HEAD), s->first[i]);
		s->more[n_more] = (uint16_t)i;
		n_more += s->spots[at[i]].tf > 1;
	}
	for (uint32_t k = 0; k < n_more; k++) {
		uint32_t i = s->more[k];
		v->sums[docs[i]] += count_more(s->of_doc[i], &s->spots[at[i]], s->first[i]);
	}
	for (uint32_t i = 0; v->any && i < n; i++)
		if (v->sums[docs[i]] != 0)
			drop_doc(s, docs[i]);
	return true;
}

/* ---- a range ----------------------------------------------------------- */

static uint32_t count_docs(const struct starts *s)
{
	uint32_t n = 0;

	for (uint32_t doc = s->from; doc < s->to; doc = (doc / 64 + 1) * 64) {
		uint64_t bits = s->docs[doc / 64] >> (doc & 63) << (doc & 63);
		if (s->to - doc / 64 * 64 < 64)
			bits &= (UINT64_C(1) << (s->to & 63)) - 1;
		n += (uint32_t)__builtin_popcountll(bits);
	}
	return n;
}

/* The bits of two lists become those of one. */
static void swap_bits(struct starts *s)
{
	uint8_t *both = s->of->bits[1];

	s->of->bits[1] = s->of->bits[0];
	s->of->bits[0] = both;
	memset(s->of->bits[1], 0, s->of->used);
}

static bool is_fine(const struct starts *s)
{
	return s->ev->read.error.status == BQ_OK && !s->ev->read.mem->oom && s->ev->watch->status == BQ_OK;
}

/* Every document left has bits: of others nobody may ask where they are. */
static void check_put(struct starts *s)
{
	struct eval *ev = s->ev;

	s->n_docs = count_docs(s);
	if (s->n_docs != s->n_put && is_fine(s))
		bq_error_set(&ev->read.error, BQ_EFORMAT, 0, "segment %llu: a list read twice has other documents [F20]",
			(unsigned long long)ev->leaf->number);
}

bool starts_next(struct starts *s)
{
	clear_bits(s->of);
	s->n_put = 0;
	s->from = s->to;
	s->to = s->ev->leaf->n_docs;
	if (s->from == s->to)
		return false;
	s->n_docs = count_docs(s);
	for (uint32_t i = 0; i < s->n_lists && s->n_docs != 0 && is_fine(s); i++) {
		struct visit v = { .block = i == 0 ? put_block : meet_block, .shift = s->origin - s->lists[i].at };
		visit_once(s, &s->lists[i], NULL, &v);
		if (i == 0)
			check_put(s);
		else
			swap_bits(s);
	}
	return is_fine(s);
}

void starts_count(struct starts *s, const struct starts_list *list, const struct bq_term *among, bool any, uint32_t *sums)
{
	struct visit v = { .block = count_block, .shift = s->origin - list->at, .sums = sums, .any = any };

	if (s->n_docs != 0)
		visit_once(s, list, among, &v);
}

/* ---- making ------------------------------------------------------------ */

/* Keep the documents that the list of `t` has. */
static bool restrict_to(struct starts *s, const struct bq_term *t, uint64_t *bits)
{
	struct eval *ev = s->ev;
	struct bq_cursor *c = bq_cursor_open(ev->leaf, t, &ev->read);
	uint32_t n_words = ev->leaf->n_docs / 64 + 1;

	if (c == NULL)
		return false;
	memset(bits, 0, n_words * sizeof *bits);
	(void)bq_cursor_fill(c, 0, ev->leaf->n_docs, bits);
	for (uint32_t w = 0; w < n_words; w++)
		s->docs[w] &= bits[w];
	return true;
}

/* Put the list of word `i` among the others, rarest first. */
static void add_list(struct starts *s, const struct ast *a, uint32_t i)
{
	struct eval *ev = s->ev;
	const struct plan_terms *terms = &ev->group->lists[a->lists[i]].in_leaf[ev->leaf_no];
	uint32_t at = s->n_lists++;

	for (; at > 0 && s->lists[at - 1].term.ttf > terms->terms[0].ttf; at--)
		s->lists[at] = s->lists[at - 1];
	s->lists[at] = (struct starts_list){ terms->terms[0], a->words[i].at };
}

/* Only documents that all known words and their pairs have. */
static bool find_docs(struct starts *s, const struct ast *a)
{
	size_t n_words = (size_t)s->ev->leaf->n_docs / 64 + 1;
	uint64_t *bits = BQ_ARENA_NEW(s->ev->read.mem, uint64_t, n_words);
	struct cover cover;
	bool ok = bits != NULL;

	s->docs = bq_arena_alloc(s->ev->read.mem, n_words * sizeof *s->docs);
	if (bits == NULL || s->docs == NULL)
		return false;
	memset(s->docs, 0xff, n_words * sizeof *s->docs);
	for (uint32_t i = 0; i < s->n_lists && ok; i++)
		ok = restrict_to(s, &s->lists[i].term, bits);
	cover_find(s->ev, a, &cover);
	for (uint32_t i = 0; i < cover.n && ok; i++)
		ok = restrict_to(s, &cover.pairs[i], bits);
	s->to = s->ev->leaf->n_docs;
	s->n_docs = count_docs(s);
	s->to = 0;
	return ok;
}

struct starts *starts_new(struct eval *ev, const struct ast *a, uint32_t but)
{
	struct bq_arena *mem = ev->read.mem;
	struct starts *s = bq_arena_alloc(mem, sizeof *s);

	if (s == NULL)
		return NULL;
	memset(s, 0, offsetof(struct starts, spots));
	s->ev = ev;
	s->origin = a->words[a->n_words - 1].at;
	s->lists = BQ_ARENA_NEW(mem, struct starts_list, a->n_words);
	if (s->lists == NULL || !borrow_room(s))
		return NULL;
	for (uint32_t i = 0; i < a->n_words; i++)
		if (i != but)
			add_list(s, a, i);
	return find_docs(s, a) ? s : NULL;
}
