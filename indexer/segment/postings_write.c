/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/postings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

void tinfo_put(struct bq_buf *out, const struct tinfo *t)
{
	bq_buf_put_u32(out, t->df);
	bq_buf_put_u8(out, t->impact);
	bq_buf_put_u8(out, t->flags);
	bq_buf_put_u16(out, 0);
	bq_buf_put_u64(out, t->ttf);
	bq_buf_put_u64(out, t->post_off);
	bq_buf_put_u64(out, t->pos_off);
}

uint8_t postings_impact(uint32_t tf, float k)
{
	double left = (double)k / ((double)tf + (double)k), q = ceil(255.0 * (1 - sqrt(left)));

	return !(q >= 1) ? 1 : q > 255 ? 255 : (uint8_t)q;
}

void postings_put_tail(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base)
{
	uint8_t *p = bq_buf_room(out, TAIL_ROOM * ((size_t)n + 1));

	if (p != NULL)
		out->len += tail_put(docs, tfs, n, base, p);
}

/* Append `bits`-bit numbers. */
static void put_packed(struct bq_buf *out, const uint32_t *in, unsigned bits)
{
	uint8_t *p = bq_buf_room(out, bitpack_bytes(bits));

	if (p == NULL)
		return;
	bitpack_encode(in, bits, p);
	out->len += bitpack_bytes(bits);
}

/* The first and the last byte of a full block's header. */
struct kind {
	uint8_t kind, n_words;
};

static void put_bitset(struct bq_buf *out, const uint32_t *docs, uint32_t base, unsigned n_words)
{
	uint64_t words[128];

	memset(words, 0, sizeof words);
	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++) {
		uint32_t bit = docs[i] - (base & ~63u);
		words[bit >> 6] |= UINT64_C(1) << (bit & 63);
	}
	bq_buf_put(out, words, (size_t)n_words * 8);
}

/* Append 256 documents by low and high bits. */
static void put_sorted(struct bq_buf *out, const uint32_t *docs, uint32_t base, const struct bitpack_sorted *how)
{
	uint8_t *p = bq_buf_room(out, bitpack_sorted_bytes(how));

	if (p == NULL)
		return;
	bitpack_encode_sorted(docs, base, how, p);
	out->len += bitpack_sorted_bytes(how);
}

/* The documents in whichever form is smaller; a bitset may be two bits a
 * document larger, since it decodes and intersects faster.  Returns the kind and
 * the number of high words. */
static struct kind put_docs(struct bq_buf *out, const uint32_t *docs, uint32_t base)
{
	uint32_t words = (docs[BQ_BLOCK_DOCS - 1] - (base & ~63u)) / 64 + 1;
	struct bitpack_sorted how = bitpack_choose_sorted(base, docs[BQ_BLOCK_DOCS - 1]);

	if (words <= 128 && 8 * (size_t)words <= bitpack_sorted_bytes(&how) + BQ_BLOCK_DOCS * 2 / 8) {
		put_bitset(out, docs, base, words);
		return (struct kind){ (uint8_t)(POSTINGS_BITSET | (words - 1)), 0 };
	}
	put_sorted(out, docs, base, &how);
	return (struct kind){ (uint8_t)how.bits, (uint8_t)how.n_words };
}

/* How many of a block's values need more than so many bits. */
static unsigned count_above(const uint32_t *values, unsigned bits)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++)
		n += values[i] >> bits != 0;
	return n;
}

/* The width at which packed values plus exceptions are smallest. */
static unsigned tf_width(const uint32_t *values, unsigned *n_exceptions)
{
	unsigned max = bitpack_width(values, BQ_BLOCK_DOCS), best = max, n;

	*n_exceptions = 0;
	for (unsigned b = max; b-- > 0 && max - b <= 8 && (n = count_above(values, b)) <= POSTINGS_MAX_EXCEPTIONS;) {
		if (bitpack_bytes(b) + 2 * (size_t)n >= bitpack_bytes(best) + 2 * (size_t)*n_exceptions)
			continue;
		best = b;
		*n_exceptions = n;
	}
	return best;
}

static void put_tail_block(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base)
{
	size_t start = out->len;

	bq_buf_put_u32(out, POSTINGS_TAIL);
	postings_put_tail(out, docs, tfs, n, base);
	size_t bytes = out->len - start - 4;
	bq_buf_put_zeros(out, (start - out->len) & 3);
	if (!out->oom)
		bq_put_u16(out->ptr + start + 2, (uint16_t)bytes);
}

static void put_full_block(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t base)
{
	uint32_t values[BQ_BLOCK_DOCS], low[BQ_BLOCK_DOCS];
	unsigned n_exceptions;
	size_t start = out->len;

	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++)
		values[i] = tfs[i] - 1;
	unsigned bits = tf_width(values, &n_exceptions);
	uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++)
		low[i] = values[i] & mask;

	bq_buf_put_u32(out, 0);
	struct kind kind = put_docs(out, docs, base);
	put_packed(out, low, bits);
	for (uint32_t i = 0; i < BQ_BLOCK_DOCS && n_exceptions != 0; i++) {
		if (values[i] == low[i])
			continue;
		bq_buf_put_u8(out, (uint8_t)i);
		bq_buf_put_u8(out, (uint8_t)(values[i] >> bits));
	}
	bq_buf_put_zeros(out, (start - out->len) & 3);
	if (out->oom)
		return;
	out->ptr[start] = kind.kind;
	out->ptr[start + 1] = (uint8_t)bits;
	out->ptr[start + 2] = (uint8_t)n_exceptions;
	out->ptr[start + 3] = kind.n_words;
}

void postings_put_block(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base)
{
	if (n < BQ_BLOCK_DOCS)
		put_tail_block(out, docs, tfs, n, base);
	else
		put_full_block(out, docs, tfs, base);
}

/* ---- a list ---- */

static uint32_t count_ranges(uint32_t n_docs)
{
	return (n_docs + BQ_RANGE_DOCS - 1) / BQ_RANGE_DOCS;
}

bool postings_writer_init(struct postings_writer *w, uint32_t n_docs)
{
	w->n_docs = n_docs;
	w->ranges = calloc(n_docs / BQ_RANGE_DOCS + 1, 1);
	return w->ranges != NULL;
}

void postings_writer_clear(struct postings_writer *w)
{
	struct bq_buf *all[] = { &w->blocks, &w->last_doc, &w->block_off, &w->bound, &w->up_last, &w->up_bound };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		bq_buf_clear(all[i]);
	memset(w->ranges, 0, w->n_docs / BQ_RANGE_DOCS + 1);
	w->df = w->n = w->base = 0;
	w->ttf = 0;
}

static uint8_t largest(const uint8_t *p, uint32_t n)
{
	uint8_t max = 0;

	for (uint32_t i = 0; i < n; i++)
		if (p[i] > max)
			max = p[i];
	return max;
}

void postings_writer_block(struct postings_writer *w)
{
	uint32_t half = w->n < BQ_BLOCK_DOCS / 2 ? w->n : BQ_BLOCK_DOCS / 2;
	uint8_t bounds[2] = { largest(w->impacts, half), largest(w->impacts + half, w->n - half) };

	bq_buf_put_u32(&w->block_off, (uint32_t)(w->blocks.len / 4));
	bq_buf_put_u32(&w->last_doc, w->docs[w->n - 1]);
	bq_buf_put(&w->bound, bounds, 2);
	postings_put_block(&w->blocks, w->docs, w->tfs, w->n, w->base);
	w->base = w->docs[w->n - 1] + 1;
	w->n = 0;
}

/* Upper skip entries, one for every 32 blocks. */
static void put_upper(struct postings_writer *w)
{
	uint32_t n_blocks = postings_blocks(w->df);

	for (uint32_t b = 0; b < n_blocks; b += BQ_SKIP_FANOUT) {
		uint32_t n = n_blocks - b < BQ_SKIP_FANOUT ? n_blocks - b : BQ_SKIP_FANOUT;
		bq_buf_put(&w->up_last, w->last_doc.ptr + 4 * (size_t)(b + n - 1), 4);
		bq_buf_put_u8(&w->up_bound, largest(w->bound.ptr + 2 * (size_t)b, 2 * n));
	}
}

struct tinfo postings_writer_finish(struct postings_writer *w, const struct bq_buf *pos_off, struct bq_buf *out)
{
	bool is_dense = postings_is_dense(w->df, w->n_docs);
	size_t start = out->len;
	struct tinfo info = { .df = w->df, .ttf = w->ttf,
		.flags = (uint8_t)((pos_off != NULL ? TINFO_POSITIONS : 0) | (is_dense ? TINFO_RANGES : 0)) };

	if (w->n != 0)
		postings_writer_block(w);
	bq_buf_put_u32(&w->block_off, (uint32_t)(w->blocks.len / 4));
	if (w->last_doc.oom || w->bound.oom)
		return info; /* the caller asks */
	put_upper(w);
	info.impact = largest(w->up_bound.ptr, (uint32_t)w->up_bound.len);
	bq_buf_put(out, w->last_doc.ptr, w->last_doc.len);
	bq_buf_put(out, w->block_off.ptr, w->block_off.len);
	if (pos_off != NULL)
		bq_buf_put(out, pos_off->ptr, pos_off->len);
	bq_buf_put(out, w->up_last.ptr, w->up_last.len);
	bq_buf_put(out, w->bound.ptr, w->bound.len);
	bq_buf_put(out, w->up_bound.ptr, w->up_bound.len);
	if (is_dense)
		bq_buf_put(out, w->ranges, count_ranges(w->n_docs));
	bq_buf_put_zeros(out, (start - out->len) & 3);
	bq_buf_put(out, w->blocks.ptr, w->blocks.len);
	return info;
}

bool postings_writer_oom(const struct postings_writer *w)
{
	return w->blocks.oom || w->last_doc.oom || w->block_off.oom || w->bound.oom || w->up_last.oom ||
		w->up_bound.oom;
}

void postings_writer_release(struct postings_writer *w)
{
	struct bq_buf *all[] = { &w->blocks, &w->last_doc, &w->block_off, &w->bound, &w->up_last, &w->up_bound };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		bq_buf_release(all[i]);
	free(w->ranges);
	w->ranges = NULL;
}
