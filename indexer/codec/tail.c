/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec/tail.h"

#include <bq/bytes.h>
#include <bq/format.h>

#include "codec/bits.h"

/* ---- writing ----------------------------------------------------------- */

/* Bits of all gaps, but the ones, with b low bits, and with one and two less; b >= 2. */
static void count_bits(const uint32_t *gaps, uint32_t n, unsigned b, uint64_t out[3])
{
	uint64_t high = 0, one_less = 0, two_less = 0;

	for (uint32_t i = 0; i < n; i++) {
		high += gaps[i] >> b;
		one_less += gaps[i] >> (b - 1);
		two_less += gaps[i] >> (b - 2);
	}
	out[0] = high + (uint64_t)n * b;
	out[1] = one_less + (uint64_t)n * (b - 1);
	out[2] = two_less + (uint64_t)n * (b - 2);
}

/* 1 where a low bit each takes no more than what it spares of all gaps, which are `sum`. */
static unsigned choose_last_bit(const uint32_t *gaps, uint32_t n, uint64_t sum)
{
	uint64_t halves = 0;

	for (uint32_t i = 0; i < n; i++)
		halves += gaps[i] >> 1;
	return halves + n <= sum;
}

/* The low bits that take least, looked for downwards from those of the average on. */
static unsigned choose_bits(const uint32_t *gaps, uint32_t n, uint64_t sum)
{
	uint64_t mean = sum / n, bits[3];
	unsigned b = mean == 0 ? 0 : 64 - (unsigned)__builtin_clzll(mean);

	for (b = b < 31 ? b : 31; b >= 2; b -= 2) {
		count_bits(gaps, n, b, bits);
		if (bits[1] >= bits[0] || bits[2] >= bits[1])
			return bits[1] >= bits[0] ? b : b - 1;
	}
	return b == 0 ? 0 : choose_last_bit(gaps, n, sum);
}

static void put_unary(struct bits_packer *k, uint32_t zeros)
{
	for (; zeros > 31; zeros -= 32)
		bits_pack(k, 32, 0);
	bits_pack(k, zeros + 1, UINT32_C(1) << zeros);
}

/* A bit for each tf above 1. */
static void put_flags(struct bits_packer *k, const uint32_t *tfs, uint32_t n)
{
	for (uint32_t from = 0; from < n; from += 32) {
		uint32_t left = n - from < 32 ? n - from : 32, flags = 0;
		for (uint32_t i = 0; i < left; i++)
			flags |= (uint32_t)(tfs[from + i] > 1) << i;
		bits_pack(k, left, flags);
	}
}

static uint8_t *put_varints(uint8_t *p, const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base)
{
	for (uint32_t i = 0; i < n; i++) {
		p += bq_put_varint(p, (uint64_t)(docs[i] - base) << 1 | (tfs[i] == 1));
		if (tfs[i] > 1)
			p += bq_put_varint(p, tfs[i] - 2);
		base = docs[i] + 1;
	}
	return p;
}

size_t tail_put(const uint32_t *docs, const uint32_t *tfs, uint32_t n, uint32_t base, uint8_t *out)
{
	struct bits_packer k = { .p = out + 1 };
	uint32_t gaps[TAIL_DOCS], first = base;
	bool often = false;

	if (n < TAIL_FEW)
		return (size_t)(put_varints(out, docs, tfs, n, base) - out);
	for (uint32_t i = 0; i < n; i++) {
		gaps[i] = docs[i] - base;
		base = docs[i] + 1;
		often |= tfs[i] > 1;
	}
	unsigned b = choose_bits(gaps, n, base - n - first);
	out[0] = (uint8_t)(b | (often ? TAIL_OFTEN : 0));
	for (uint32_t i = 0; i < n; i++)
		bits_pack(&k, b, gaps[i] & ((UINT32_C(1) << b) - 1));
	if (often)
		put_flags(&k, tfs, n);
	for (uint32_t i = 0; i < n; i++)
		put_unary(&k, gaps[i] >> b);
	uint8_t *p = k.p + (k.n != 0);
	for (uint32_t i = 0; i < n && often; i++)
		if (tfs[i] > 1)
			p += bq_put_varint(p, tfs[i] - 2);
	return (size_t)(p - out);
}

/* ---- reading ----------------------------------------------------------- */

/* tf - 2, of one above 1. */
static inline bool read_tf(struct bq_reader *r, uint32_t *tf)
{
	uint64_t often = 2 + bq_read_varint(r);

	*tf = (uint32_t)often;
	return !r->bad && often <= UINT32_MAX && often != 0;
}

static bool get_few(const struct tail *t, uint32_t *docs, uint32_t *tfs)
{
	struct bq_reader r = bq_reader_of(t->p, t->len);
	uint64_t next = t->base;

	for (uint32_t i = 0; i < t->n; i++) {
		uint64_t v = bq_read_varint(&r);
		next += v >> 1;
		tfs[i] = 1;
		if (r.bad || next >= BQ_DOC_END || ((v & 1) == 0 && !read_tf(&r, &tfs[i])))
			return false;
		docs[i] = (uint32_t)next++;
	}
	return bq_read_left(&r) == 0;
}

/* The documents; high bits from bit `high` on, where there are some.  Behind which bit the last one ends; 0 if they
 * are none.  Bytes are few: a number of 32 + 12 bits at most is added 255 times. */
static inline uint64_t get_docs(const struct tail *t, uint64_t high, uint32_t *docs)
{
	const uint8_t *p = t->p;
	const unsigned b = p[0] & 31;
	const uint64_t end = 8 * (uint64_t)t->len, mask = (UINT64_C(1) << b) - 1;
	uint64_t next = t->base, from = high, low = 8;
	uint32_t i = 0, n = t->n;

	for (uint64_t at = high; i < n; at = (at | 7) + 57) {
		if (at >= end)
			return 0;
		uint64_t ones = bq_get_u64(p + at / 8) >> (at & 7);
		for (; ones != 0 && i < n; ones &= ones - 1) {
			uint64_t one = at + (unsigned)__builtin_ctzll(ones);
			next += (one - from) << b | (bq_get_u64(p + low / 8) >> (low & 7) & mask);
			low += b;
			from = one + 1;
			docs[i++] = (uint32_t)next++;
		}
	}
	return next <= BQ_DOC_END && from <= end ? from : 0;
}

/* The tfs of `n` documents: bits from bit `flags` on say which are varints from byte `rest` on. */
static inline bool get_tfs(const struct tail *t, uint64_t flags, size_t rest, uint32_t *tfs)
{
	struct bq_reader r = bq_reader_of(t->p + rest, t->len - rest);

	for (uint32_t from = 0; from < t->n; from += 32, flags += 32) {
		uint32_t left = t->n - from, often = bits_get(t->p, flags, left < 32 ? left : 32);
		for (; often != 0; often &= often - 1)
			if (!read_tf(&r, &tfs[from + (unsigned)__builtin_ctz(often)]))
				return false;
	}
	return bq_read_left(&r) == 0;
}

static inline bool get_many(const struct tail *t, uint32_t *docs, uint32_t *tfs)
{
	struct tail_parts parts;

	if (!tail_find_parts(t, &parts))
		return false;
	for (uint32_t i = 0; i < t->n; i++)
		tfs[i] = 1;
	uint64_t end = get_docs(t, parts.high, docs);
	size_t rest = (size_t)bits_bytes(end);
	return end != 0 && (parts.often ? get_tfs(t, parts.flags, rest, tfs) : rest == t->len);
}

bool tail_get(const struct tail *t, uint32_t *docs, uint32_t *tfs)
{
	return t->n < TAIL_FEW ? get_few(t, docs, tfs) : get_many(t, docs, tfs);
}
