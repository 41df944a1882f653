/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/kernels.h"

#include <string.h>

#include <bq/bytes.h>

#include "codec/tail.h"
#include "query/eval/kernel.h"
#include "query/eval/topk.h"
#include "query/phrase/verify.h"
#include "segment/positions.h"
#include "segment/postings.h"
#include "segment/segment.h"

enum { REPEAT = 500, CHASES = 200000, VERIFIES = 20000, FRAMES = 1000 };
#define BIG (64u << 20) /* as kernels_make.c fills */

uint64_t kernels_decode_docs(struct kernels *k)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < REPEAT; i++)
		n += k->codec->decode_sorted(k->sorted, &k->how, i, k->docs);
	k->sink = k->docs[BQ_BLOCK_DOCS - 1];
	return n * BQ_BLOCK_DOCS;
}

uint64_t kernels_decode_tfs(struct kernels *k)
{
	for (unsigned i = 0; i < REPEAT; i++) {
		k->codec->decode(k->packed + 64 * (i % 16), k->bits, k->tfs);
		k->sink = k->tfs[i % BQ_BLOCK_DOCS];
	}
	return (uint64_t)REPEAT * BQ_BLOCK_DOCS;
}

uint64_t kernels_tail(struct kernels *k)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < REPEAT; i++) {
		const uint32_t *at = &k->tail_at[i % KERNELS_TAILS];
		const struct tail t = { (const uint8_t *)k->tails.ptr + at[0], at[1] - at[0], KERNELS_TAIL, 0 };
		n += k->codec->get_tail(&t, k->docs, k->tfs);
	}
	k->sink = k->docs[17];
	return n * KERNELS_TAIL;
}

static uint64_t get_blocks(struct kernels *k, const struct bq_buf *block)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < REPEAT; i++)
		n += postings_get_docs(k->codec, bq_buf_span(block), BQ_BLOCK_DOCS, 0, k->docs, k->tfs) &&
			postings_get_tfs(k->codec, bq_buf_span(block), k->tfs);
	k->sink = k->docs[17];
	return n * BQ_BLOCK_DOCS;
}

uint64_t kernels_sorted_block(struct kernels *k) { return get_blocks(k, &k->block); }

uint64_t kernels_bitset_block(struct kernels *k) { return get_blocks(k, &k->bitset); }

uint64_t kernels_score(struct kernels *k)
{
	const struct kernel_ops *ops = kernel_best();
	const struct kernel_score score = { &k->bm25, k->norms, 3e8f };

	for (unsigned i = 0; i < REPEAT; i++) {
		ops->score(&score, k->block_docs, k->block_tfs, BQ_BLOCK_DOCS, k->docs);
		k->sink = k->docs[i % BQ_BLOCK_DOCS];
	}
	return (uint64_t)REPEAT * BQ_BLOCK_DOCS;
}

uint64_t kernels_accumulate(struct kernels *k)
{
	for (unsigned i = 0; i < REPEAT; i++)
		for (unsigned d = 0; d < BQ_BLOCK_DOCS; d++)
			k->window[(k->block_docs[d] + i) % 4096] += k->block_tfs[d];
	k->sink = k->window[99];
	return (uint64_t)REPEAT * BQ_BLOCK_DOCS;
}

uint64_t kernels_rank(struct kernels *k)
{
	enum { HITS = 100 };
	struct topk top;

	for (unsigned i = 0; i < REPEAT; i++) {
		bq_arena_reset(&k->scratch);
		if (!topk_init(&top, HITS, true, &k->scratch))
			return 0;
		for (unsigned d = 0; d < HITS; d++) { /* of packed[], which is random */
			uint32_t points = bq_get_u32(k->packed + 4 * (size_t)((i % 8) * HITS + d));
			struct topk_item item = { .key = points, .place = d, .points = points };
			topk_push(&top, &item);
		}
		topk_finish(&top);
		k->sink = top.items[HITS - 1].place;
	}
	return (uint64_t)REPEAT * HITS;
}

/* ---- the index --------------------------------------------------------- */

static struct bq_cursor *open_list(struct kernels *k, const struct bq_term *list)
{
	bq_arena_reset(&k->scratch);
	return k->leaf == NULL ? NULL : bq_cursor_open(k->leaf, list, &k->read);
}

uint64_t kernels_scan(struct kernels *k)
{
	struct bq_cursor *c = open_list(k, &k->longest);
	uint64_t n = 0, sum = 0;

	while (c != NULL && bq_cursor_next(c) != BQ_DOC_END) {
		sum += c->doc + bq_cursor_tf(c);
		n++;
	}
	k->sink = sum;
	return n;
}

/* The next run of those asked, which ascends. */
static uint32_t run_end(const struct kernels *k, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < KERNELS_ASKED && to - from < BQ_BLOCK_DOCS && k->asked[to] > k->asked[to - 1])
		to++;
	return to;
}

uint64_t kernels_look_up(struct kernels *k)
{
	struct bq_cursor *c = open_list(k, k->list);
	struct bq_spot spots[BQ_BLOCK_DOCS];
	uint16_t kept[BQ_BLOCK_DOCS];
	uint64_t met = 0;

	if (c == NULL)
		return 0;
	for (uint32_t from = 0, to; from < KERNELS_ASKED; from = to) {
		to = run_end(k, from);
		if (from != 0 && k->asked[from] < k->asked[from - 1])
			c->ops->rewind(c);
		if (k->ask == CONSTANTS_TF)
			met += bq_cursor_hold(c, k->asked + from, to - from, kept, k->tfs);
		else
			met += bq_cursor_meet(c, k->asked + from, to - from, kept, k->ask == CONSTANTS_SPOT ? spots : NULL);
	}
	k->sink = met;
	return KERNELS_ASKED;
}

uint64_t kernels_fill(struct kernels *k)
{
	enum { WINDOW = 4096 };
	uint64_t bits[WINDOW / 64];
	struct bq_cursor *c = open_list(k, k->list);
	uint32_t from = 0;

	while (c != NULL && from != BQ_DOC_END) {
		from &= ~(WINDOW - 1u);
		memset(bits, 0, sizeof bits);
		from = bq_cursor_fill(c, from, from + WINDOW, bits);
		k->sink = bits[9];
	}
	return c == NULL ? 0 : k->list->df;
}

uint64_t kernels_find(struct kernels *k)
{
	struct bq_term t;

	bq_arena_reset(&k->scratch);
	for (uint32_t i = 0; i < k->n_words; i++)
		if (bq_leaf_find(k->leaf, BQ_TERM_WORD, k->words[i], &t, &k->read) == BQ_OK)
			k->sink = t.df;
	return k->n_words;
}

uint64_t kernels_find_pair(struct kernels *k)
{
	struct bq_term t;

	bq_arena_reset(&k->scratch);
	for (uint32_t i = 0; i < k->n_pairs; i++)
		if (bq_leaf_pair(k->leaf, &k->pairs[2 * i], &k->pairs[2 * i + 1], &t, &k->read) == BQ_PAIR_LIST)
			k->sink = t.df;
	return k->n_pairs;
}

uint64_t kernels_frame(struct kernels *k)
{
	const struct docs_reader *d = k->leaf == NULL ? NULL : &segment_of(k->leaf)->docs;
	uint64_t n_frames = d == NULL ? 0 : d->raw_bytes / BQ_FRAME_BYTES, at = 12345;
	struct bq_span text;

	for (unsigned i = 0; i < FRAMES && n_frames != 0; i++) {
		at = at * 6364136223846793005u + 1442695040888963407u; /* Knuth's linear congruence */
		bq_arena_reset(&k->scratch);
		if (docs_get(d, (at >> 33) % n_frames * BQ_FRAME_BYTES, BQ_FRAME_BYTES, &k->scratch, &text) != BQ_OK)
			return 0;
		k->sink = (uint8_t)text.ptr[17];
	}
	return n_frames == 0 ? 0 : FRAMES;
}

/* ---- positions --------------------------------------------------------- */

/* How often a position of `b` is one above one of `a`. */
static uint32_t count_next(const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b)
{
	uint32_t n = 0;

	for (uint32_t i = 0, j = 0; i < n_a; i++) {
		while (j < n_b && b[j] <= a[i])
			j++;
		n += j < n_b && b[j] == a[i] + 1;
	}
	return n;
}

/* Positions of document `doc` of the block at `place`. */
static bool get_place(const struct kernels *k, const struct kernels_place *place, uint32_t doc, uint32_t *out)
{
	struct bq_span block = bq_span_make(k->positions.ptr + place->at, place->len);

	return positions_get(block, k->block_tfs, BQ_BLOCK_DOCS, doc, out);
}

uint64_t kernels_verify(struct kernels *k)
{
	uint32_t a[64], b[64], found = 0, at = 12345;

	for (unsigned i = 0; i < VERIFIES; i++) {
		at = at * 1664525u + 1013904223u; /* Knuth's linear congruence */
		const struct kernels_place *x = &k->places[(at >> 8) % k->spread];
		const struct kernels_place *y = &k->places[((at >> 8) + k->spread / 2) % k->spread];
		uint32_t doc = at % BQ_BLOCK_DOCS, tf = k->block_tfs[doc];
		if (get_place(k, x, doc, a) && get_place(k, y, doc, b))
			found += count_next(a, tf, b, tf);
	}
	k->sink = found;
	return VERIFIES;
}

/* The raw spot of document `doc` of the block at `place`, as a cursor gives it. */
static void set_spot(const struct kernels *k, const struct kernels_place *place, uint32_t doc, struct bq_spot *out)
{
	out->tf = k->block_tfs[doc];
	out->base = k->before[doc];
	positions_set_spot(out, bq_span_make(k->positions.ptr + place->at, place->len), BQ_BLOCK_DOCS, doc);
}

uint64_t kernels_verify_batch(struct kernels *k)
{
	enum { DOCS = 128 };
	static const struct verify_member members[] = { { 0, 0 }, { 1, 1 } };
	struct bq_spot_walk walks[2];
	static struct verify_map map;
	struct verify v = { members, 2, 2, UINT32_MAX, walks, &map };
	struct bq_spot spots[DOCS][2];
	uint32_t found = 0, at = 12345;

	for (unsigned from = 0; from < VERIFIES; from += DOCS) {
		for (unsigned i = 0; i < DOCS; i++) {
			at = at * 1664525u + 1013904223u; /* as kernels_verify() */
			set_spot(k, &k->places[(at >> 8) % k->spread], at % BQ_BLOCK_DOCS, &spots[i][0]);
			set_spot(k, &k->places[((at >> 8) + k->spread / 2) % k->spread], at % BQ_BLOCK_DOCS,
				&spots[i][1]);
		}
		if (!positions_ready(spots[0], 2 * DOCS))
			return 0;
		for (unsigned i = 0; i < DOCS; i++) {
			const struct bq_spot *const both[] = { &spots[i][0], &spots[i][1] };
			found += verify_starts(&v, both, verify_anywhere, false);
		}
	}
	k->sink = found;
	return (VERIFIES + DOCS - 1) / DOCS * DOCS;
}

uint64_t kernels_meet(struct kernels *k)
{
	struct bq_cursor *longest = open_list(k, &k->longest), *rarer;
	uint16_t kept[BQ_BLOCK_DOCS];
	uint64_t n = 0, met = 0;

	rarer = longest == NULL ? NULL : bq_cursor_open(k->leaf, &k->rarer, &k->read);
	while (rarer != NULL && rarer->ops->next_block(rarer)) {
		n += rarer->n;
		met += bq_cursor_meet(longest, rarer->docs, rarer->n, kept, NULL);
	}
	k->sink = met;
	return n;
}

/* ---- memory ------------------------------------------------------------ */

uint64_t kernels_read(struct kernels *k)
{
	uint64_t sum[8] = { 0 };
	const uint8_t *p = (const uint8_t *)k->chain;

	for (size_t i = 0; i < BIG; i += 64)
		for (unsigned lane = 0; lane < 8; lane++)
			sum[lane] += bq_get_u64(p + i + (size_t)8 * lane);
	for (unsigned lane = 0; lane < 8; lane++)
		k->sink += sum[lane];
	return BIG;
}

uint64_t kernels_chase(struct kernels *k)
{
	uint32_t at = 0;

	for (unsigned i = 0; i < CHASES; i++)
		at = k->chain[at];
	k->sink = at;
	return CHASES;
}
