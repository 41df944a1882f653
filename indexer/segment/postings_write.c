/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/postings.h"

#include <math.h>
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
	double q = ceil(255.0 * (double)tf / ((double)tf + (double)k));

	return q < 1 ? 1 : q > 255 ? 255 : (uint8_t)q;
}

void postings_put_tail(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base)
{
	for (uint32_t i = 0; i < n; i++) {
		bq_buf_put_varint(out, (uint64_t)(docs[i] - base) << 1 | (tfs[i] == 1));
		if (tfs[i] > 1)
			bq_buf_put_varint(out, tfs[i] - 2);
		base = docs[i] + 1;
	}
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

/* The documents in whichever form is smaller; a bitset may be one bit a
 * document larger, since it decodes and intersects faster.  Returns the kind. */
static uint8_t put_docs(struct bq_buf *out, const uint32_t *docs, uint32_t base)
{
	uint32_t gaps[BQ_BLOCK_DOCS];
	uint32_t prev = base, words = (docs[BQ_BLOCK_DOCS - 1] - (base & ~63u)) / 64 + 1;

	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++) {
		gaps[i] = docs[i] - prev;
		prev = docs[i] + 1;
	}
	unsigned bits = bitpack_width(gaps, BQ_BLOCK_DOCS);
	if (bits != 0 && words <= 128 && words * 64 < BQ_BLOCK_DOCS * (bits + 1)) {
		put_bitset(out, docs, base, words);
		return (uint8_t)(POSTINGS_BITSET | (words - 1));
	}
	put_packed(out, gaps, bits);
	return (uint8_t)bits;
}

/* The width at which packed values plus exceptions are smallest. */
static unsigned tf_width(const uint32_t *values, unsigned *n_exceptions)
{
	uint32_t above[34] = { 0 }; /* above[b]: values that need more than b bits */
	unsigned max = bitpack_width(values, BQ_BLOCK_DOCS), best = max;

	for (uint32_t i = 0; i < BQ_BLOCK_DOCS; i++)
		for (unsigned b = bitpack_width(&values[i], 1); b-- > 0;)
			above[b]++;
	for (unsigned b = max > 8 ? max - 8 : 0; b < max; b++) {
		if (above[b] <= POSTINGS_MAX_EXCEPTIONS) {
			best = b;
			break;
		}
	}
	*n_exceptions = best < max ? above[best] : 0;
	return best;
}

static void put_tail_block(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base)
{
	size_t start = out->len;

	bq_buf_put_u32(out, POSTINGS_TAIL);
	postings_put_tail(out, docs, tfs, n, base);
	size_t varints = out->len - start - 4;
	bq_buf_put_zeros(out, (start - out->len) & 3);
	if (!out->oom)
		bq_put_u16(out->ptr + start + 2, (uint16_t)varints);
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
	uint8_t kind = put_docs(out, docs, base);
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
	out->ptr[start] = kind;
	out->ptr[start + 1] = (uint8_t)bits;
	out->ptr[start + 2] = (uint8_t)n_exceptions;
}

void postings_put_block(struct bq_buf *out, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base)
{
	if (n < BQ_BLOCK_DOCS)
		put_tail_block(out, docs, tfs, n, base);
	else
		put_full_block(out, docs, tfs, base);
}
