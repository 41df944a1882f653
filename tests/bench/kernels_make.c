/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bytes that the kernels work on.
 */
#include <stdlib.h>

#include "bench/kernels.h"
#include "codec/tail.h"
#include "lib/rng.h"
#include "segment/positions.h"
#include "segment/postings.h"

enum { NORMS = 1 << 20, PACKED = 8192, FIND_WORDS = 4096, COVERED_WORDS = 1 << 16, FIND_PAIRS = 4096 };
#define BIG     (64u << 20)
#define MEM_CAP ((size_t)64 << 20)

static void fill(struct rng *r, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)rng_next(r);
}

/* 256 documents `gap` apart on average, from 0 on. */
static void make_docs(struct rng *r, uint32_t gap, uint32_t docs[BQ_BLOCK_DOCS])
{
	uint32_t doc = 0;

	for (unsigned i = 0; i < BQ_BLOCK_DOCS; i++) {
		docs[i] = doc;
		doc += 1 + (uint32_t)rng_below(r, 2 * gap - 1);
	}
}

static void make_blocks(struct kernels *k, struct rng *r)
{
	uint32_t close[BQ_BLOCK_DOCS];

	for (unsigned i = 0; i < BQ_BLOCK_DOCS; i++) {
		k->block_tfs[i] = 1 + (uint32_t)rng_skewed(r, 4);
		close[i] = i + i / 3;
		k->before[i] = i % BQ_POS_GROUP == 0 ? 0 : k->before[i - 1] + k->block_tfs[i - 1] - 1;
	}
	make_docs(r, 64, k->block_docs);
	postings_put_block(&k->block, k->block_docs, k->block_tfs, BQ_BLOCK_DOCS, 0);
	postings_put_block(&k->bitset, close, k->block_tfs, BQ_BLOCK_DOCS, 0);
	bq_buf_put_zeros(&k->block, 64);
	bq_buf_put_zeros(&k->bitset, 64);
	k->block.len -= 64; /* readable, not counted */
	k->bitset.len -= 64;
}

/* Short lists, their gaps from some to some thousand. */
static void make_tails(struct kernels *k, struct rng *r)
{
	uint8_t bytes[TAIL_ROOM * (KERNELS_TAIL + 1)];
	uint32_t docs[BQ_BLOCK_DOCS], tfs[BQ_BLOCK_DOCS];

	for (unsigned t = 0; t < KERNELS_TAILS; t++) {
		make_docs(r, 8u << (t % 10), docs);
		for (unsigned i = 0; i < KERNELS_TAIL; i++)
			tfs[i] = 1 + (uint32_t)rng_skewed(r, 2);
		k->tail_at[t] = (uint32_t)k->tails.len;
		bq_buf_put(&k->tails, bytes, tail_put(docs, tfs, KERNELS_TAIL, 0, bytes));
	}
	k->tail_at[KERNELS_TAILS] = (uint32_t)k->tails.len;
	bq_buf_put_zeros(&k->tails, TAIL_PAD);
}

void kernels_ask(struct kernels *k, unsigned apart)
{
	struct rng r = rng_make(apart);
	uint64_t n_docs = k->leaf == NULL ? 1 : k->leaf->n_docs, doc = 0;
	uint64_t step = k->list->df == 0 ? 1 : n_docs * apart / k->list->df;

	for (uint32_t i = 0; i < KERNELS_ASKED; i++) {
		doc += 1 + rng_below(&r, step < 1 ? 1 : 2 * step - 1);
		doc = doc < n_docs ? doc : rng_below(&r, (step < n_docs ? step : n_docs));
		k->asked[i] = (uint32_t)doc;
	}
}

void kernels_sort(struct kernels *k, unsigned bits)
{
	struct rng r = rng_make(bits);
	uint32_t docs[BQ_BLOCK_DOCS];

	make_docs(&r, (1u << bits) + ((1u << bits) + 3) / 4, docs);
	k->how.bits = bits;
	k->how.n_words = ((docs[BQ_BLOCK_DOCS - 1] >> bits) + BQ_BLOCK_DOCS - 1) / 64 + 1;
	bitpack_encode_sorted(docs, 0, &k->how, k->sorted);
}

/* One block of positions: documents of some hundred words. */
static void make_positions(struct kernels *k, struct rng *r)
{
	uint32_t all[BQ_BLOCK_DOCS * 4], n = 0;

	for (unsigned d = 0; d < BQ_BLOCK_DOCS; d++) {
		uint32_t pos = (uint32_t)rng_below(r, 200);
		for (uint32_t i = 0; i < k->block_tfs[d]; i++, pos += 1 + (uint32_t)rng_below(r, 100))
			all[n++] = pos;
	}
	positions_put_block(&k->positions, k->block_tfs, BQ_BLOCK_DOCS, all);
}

static bool make_places(struct kernels *k, struct rng *r)
{
	uint32_t cap = 1 << 18;

	k->places = calloc(cap, sizeof *k->places);
	while (k->places != NULL && k->n_places < cap && k->positions.len < BIG && !k->positions.oom) {
		struct kernels_place *p = &k->places[k->n_places++];
		p->at = (uint32_t)k->positions.len;
		make_positions(k, r);
		p->len = (uint32_t)k->positions.len - p->at;
	}
	bq_buf_put_zeros(&k->positions, 64);
	return k->places != NULL && !k->positions.oom;
}

/* One cycle through all cache lines in random order (Sattolo's shuffle). */
static bool make_chain(struct kernels *k, struct rng *r)
{
	uint32_t lines = BIG / 64, *order = calloc(lines, sizeof *order);

	k->chain = calloc(BIG, 1);
	if (order == NULL || k->chain == NULL) {
		free(order);
		return false;
	}
	for (uint32_t i = 0; i < lines; i++)
		order[i] = i;
	for (uint32_t i = lines - 1; i > 0; i--) {
		uint32_t j = (uint32_t)rng_below(r, i), t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
	for (uint32_t i = 0; i < lines; i++)
		k->chain[order[i] * 16] = order[(i + 1) % lines] * 16;
	free(order);
	return true;
}

static uint32_t distance(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

/* The longest list of a written word in the largest leaf, and some words. */
static void find_words(struct kernels *k)
{
	struct bq_terms it;
	uint32_t seen = 0, every;

	for (uint32_t i = 0; i < k->index->n_leaves; i++)
		if (k->leaf == NULL || k->index->leaves[i]->n_docs > k->leaf->n_docs)
			k->leaf = k->index->leaves[i];
	k->words = BQ_ARENA_NEW(&k->mem, struct bq_span, FIND_WORDS);
	if (k->leaf == NULL || k->words == NULL)
		return;
	every = 1 + k->leaf->n_terms / FIND_WORDS;
	k->read.mem = &k->mem;
	bq_terms_init(&it, k->leaf, BQ_TERM_WORD, BQ_SPAN(""), &k->read);
	while (bq_terms_next(&it)) {
		if (it.term.df > k->longest.df)
			k->longest = it.term;
		if (k->rarer.df == 0 || distance(it.term.df, k->leaf->n_docs / 16) < distance(k->rarer.df, k->leaf->n_docs / 16))
			k->rarer = it.term;
		if (seen++ % every == 0 && k->n_words < FIND_WORDS)
			k->words[k->n_words++] = bq_arena_dup(&k->mem, it.word);
	}
	k->read.mem = &k->scratch;
	if (k->longest.df == 0)
		k->leaf = NULL;
}

/* The covered words of the leaf, in `mem`; NULL if there are none. */
static struct bq_term *covered_words(struct kernels *k, uint32_t *n)
{
	struct bq_term *out = BQ_ARENA_NEW(&k->mem, struct bq_term, COVERED_WORDS), pair;
	struct bq_terms it;

	*n = 0;
	k->read.mem = &k->mem;
	bq_terms_init(&it, k->leaf, BQ_TERM_WORD, BQ_SPAN(""), &k->read);
	while (out != NULL && *n < COVERED_WORDS && bq_terms_next(&it))
		if (bq_leaf_pair(k->leaf, &it.term, &it.term, &pair, &k->read) != BQ_PAIR_UNKNOWN)
			out[(*n)++] = it.term;
	k->read.mem = &k->scratch;
	return out;
}

/* Pairs that have a list: of random ones every third or fourth. */
static void find_pairs(struct kernels *k, struct rng *r)
{
	struct bq_term pair;
	uint32_t n;

	if (k->leaf == NULL)
		return;
	struct bq_term *words = covered_words(k, &n);
	k->pairs = BQ_ARENA_NEW(&k->mem, struct bq_term, 2 * FIND_PAIRS);
	for (uint32_t tries = 0; n != 0 && k->pairs != NULL && k->n_pairs < FIND_PAIRS && tries < 64 * FIND_PAIRS; tries++) {
		struct bq_term *to = &k->pairs[2 * k->n_pairs];
		to[0] = words[rng_below(r, n)];
		to[1] = words[rng_below(r, n)];
		k->n_pairs += bq_leaf_pair(k->leaf, &to[0], &to[1], &pair, &k->read) == BQ_PAIR_LIST;
	}
}

static void shuffle_words(struct kernels *k, struct rng *r)
{
	for (uint32_t i = k->n_words; i > 1; i--) {
		uint32_t j = (uint32_t)rng_below(r, i);
		struct bq_span t = k->words[i - 1];
		k->words[i - 1] = k->words[j];
		k->words[j] = t;
	}
}

int kernels_new(const struct bq_index *ix, struct kernels **out, struct bq_error *err)
{
	struct kernels *k = calloc(1, sizeof *k);
	struct rng r = rng_make(1);
	bool ok;

	*out = k;
	if (k == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	k->index = ix;
	bq_arena_init(&k->mem, MEM_CAP);
	bq_arena_init(&k->scratch, MEM_CAP);
	k->packed = malloc(PACKED);
	k->norms = malloc(NORMS);
	k->asked = malloc(KERNELS_ASKED * sizeof *k->asked);
	ok = k->packed != NULL && k->norms != NULL && k->asked != NULL;
	if (ok) {
		fill(&r, k->packed, PACKED);
		fill(&r, k->norms, NORMS);
		k->bm25 = bm25_of(0.9f, 0.4f, 300);
		make_blocks(k, &r);
		make_tails(k, &r);
		ok = make_places(k, &r) && make_chain(k, &r) && !k->block.oom && !k->bitset.oom && !k->tails.oom;
	}
	if (ok) {
		find_words(k);
		shuffle_words(k, &r);
		find_pairs(k, &r);
		ok = !k->mem.oom;
	}
	if (ok)
		return kernels_status(k, err);
	kernels_free(k);
	*out = NULL;
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory for what the kernels work on");
}

int kernels_status(const struct kernels *k, struct bq_error *err)
{
	if (k->read.error.status != BQ_OK && err != NULL)
		*err = k->read.error;
	return k->read.error.status;
}

void kernels_free(struct kernels *k)
{
	if (k == NULL)
		return;
	bq_buf_release(&k->block);
	bq_buf_release(&k->bitset);
	bq_buf_release(&k->tails);
	bq_buf_release(&k->positions);
	bq_arena_release(&k->mem);
	bq_arena_release(&k->scratch);
	free(k->places);
	free(k->chain);
	free(k->asked);
	free(k->norms);
	free(k->packed);
	free(k);
}
