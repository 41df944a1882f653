/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tails: the reader says what a walk bit by bit says, of documents as they are
 * written, and of bytes that nobody wrote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/bytes.h>
#include <bq/format.h>

#include "codec/tail.h"
#include "lib/rng.h"
#include "lib/twins.h"

static struct rng rng;

enum { MOST = TAIL_DOCS, ROOM = TAIL_ROOM * (MOST + 1), OVER = 8 };

/* A tail, alone in its memory but for the bytes that may be read behind it. */
struct made {
	uint8_t *bytes;
	struct tail t;
	uint32_t docs[MOST], tfs[MOST];
};

static struct made make(const uint8_t *bytes, size_t len, uint32_t n, uint32_t base)
{
	struct made m = { .bytes = malloc(len + TAIL_PAD) };

	assert_non_null(m.bytes);
	memcpy(m.bytes, bytes, len);
	rng_bytes(&rng, m.bytes + len, TAIL_PAD); /* what is behind is not looked at */
	m.t = (struct tail){ m.bytes, len, n, base };
	return m;
}

/* ---- the twin ---------------------------------------------------------- */

static bool bit(const struct tail *t, uint64_t at)
{
	return (t->p[at / 8] >> (at % 8) & 1) != 0;
}

/* Bit by bit, as tail.h has it; false where a bit, or a number, is not there. */
static bool read_plainly(const struct tail *t, uint32_t *docs, uint32_t *tfs)
{
	uint64_t end = 8 * (uint64_t)t->len, next = t->base;

	if (t->len == 0 || t->len > TAIL_MOST || t->p[0] > 0x3f)
		return false;
	uint64_t b = t->p[0] & 31, flags = 8 + t->n * b, at = flags + ((t->p[0] & TAIL_OFTEN) != 0 ? t->n : 0);
	for (uint32_t i = 0; i < t->n; i++) {
		uint64_t gap = 0, low = 0;
		for (; at < end && !bit(t, at); at++)
			gap++;
		if (at++ >= end)
			return false;
		for (uint64_t k = 0; k < b; k++)
			low |= (uint64_t)bit(t, 8 + i * b + k) << k;
		next += gap << b | low;
		if (next >= BQ_DOC_END)
			return false;
		docs[i] = (uint32_t)next++;
	}
	struct bq_reader r = bq_reader_of(t->p + (at + 7) / 8, t->len - (at + 7) / 8);
	for (uint32_t i = 0; i < t->n; i++) {
		uint64_t tf = (t->p[0] & TAIL_OFTEN) == 0 || !bit(t, flags + i) ? 1 : 2 + bq_read_varint(&r);
		if (r.bad || tf > UINT32_MAX || tf == 0)
			return false;
		tfs[i] = (uint32_t)tf;
	}
	return bq_read_left(&r) == 0;
}

static void compare(const struct made *m, bool ok, const uint32_t *docs, const uint32_t *tfs, bool other_ok,
	const uint32_t *other_docs, const uint32_t *other_tfs)
{
	assert_int_equal(ok, other_ok);
	if (ok && m->t.n != 0) {
		assert_memory_equal(docs, other_docs, m->t.n * sizeof *docs);
		assert_memory_equal(tfs, other_tfs, m->t.n * sizeof *tfs);
	}
}

/* The reader, its twins, and of many the plain one; returns whether they take it. */
static bool read_all(const struct made *m, uint32_t *docs, uint32_t *tfs)
{
	uint32_t other_docs[MOST + OVER], other_tfs[MOST + OVER];
	const struct bitpack_ops *twins[TWINS_MAX];
	bool ok = tail_get(&m->t, docs, tfs);

	for (size_t i = 0, n = twins_bitpack(twins); i < n; i++)
		compare(m, ok, docs, tfs, twins[i]->get_tail(&m->t, other_docs, other_tfs), other_docs, other_tfs);
	if (m->t.n >= TAIL_FEW)
		compare(m, ok, docs, tfs, read_plainly(&m->t, other_docs, other_tfs), other_docs, other_tfs);
	return ok;
}

/* ---- documents --------------------------------------------------------- */

/* Up to `bits` bits, small ones as often as large ones. */
static uint64_t number(unsigned bits)
{
	return rng_next(&rng) >> (64 - 1 - rng_below(&rng, bits));
}

/* `n` documents, all gaps of one kind, or some far larger. */
static void make_docs(struct made *m, uint32_t n)
{
	unsigned gap_bits = 1 + (unsigned)rng_below(&rng, 23), tf_bits = 1 + (unsigned)rng_below(&rng, 32);
	uint64_t often = rng_below(&rng, 4), next = m->t.base;

	for (uint32_t i = 0; i < n; i++) {
		next += rng_one_in(&rng, 50) ? number(23) : number(gap_bits);
		m->docs[i] = (uint32_t)next++;
		m->tfs[i] = rng_below(&rng, 4) >= often ? 1 : (uint32_t)(2 + number(tf_bits) % (UINT32_MAX - 1));
	}
}

/* As tail_put() writes, but nothing else than there is room for. */
static size_t put(uint8_t *out, const struct made *m, uint32_t n)
{
	size_t len = tail_put(m->docs, m->tfs, n, m->t.base, out);

	assert_true(len <= TAIL_ROOM * (n + (size_t)1) && len <= TAIL_MOST);
	return len;
}

static void check_written(const struct made *want, uint32_t n)
{
	uint8_t bytes[ROOM];
	uint32_t docs[MOST + OVER], tfs[MOST + OVER];
	size_t len = put(bytes, want, n);
	struct made m = make(bytes, len, n, want->t.base);

	assert_true(read_all(&m, docs, tfs));
	if (n != 0) {
		assert_memory_equal(docs, want->docs, n * sizeof *docs);
		assert_memory_equal(tfs, want->tfs, n * sizeof *tfs);
	}
	free(m.bytes);
}

static void test_written(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		uint32_t n = (uint32_t)rng_below(&rng, MOST + 1);
		struct made want = { .t.base = (uint32_t)number(24) };
		make_docs(&want, n);
		check_written(&want, n);
	}
}

/* All neighbours; the farthest there may be, at one end, at the other, at equal distances. */
static void test_extremes(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= MOST; n++) {
		struct made near = { .t.base = 7 }, far = near, split = near, even = near;
		for (uint32_t i = 0; i < n; i++) {
			near.docs[i] = 7 + i;
			far.docs[i] = BQ_DOC_END - n + i;
			split.docs[i] = i == 0 ? 7 : BQ_DOC_END - n + i;
			even.docs[i] = 7 + (i + 1) * ((BQ_DOC_END - 8) / n);
			near.tfs[i] = 1;
			far.tfs[i] = UINT32_MAX;
			split.tfs[i] = even.tfs[i] = 1 + i % 2;
		}
		check_written(&near, n);
		check_written(&far, n);
		check_written(&split, n);
		check_written(&even, n);
	}
}

/* FORMAT.md, section 5. */
static void test_example(void **state)
{
	static const uint32_t docs[] = { 5, 6, 9, 19 }, tfs[] = { 1, 1, 1, 2 };
	static const uint8_t want[] = { 0x22, 0x61, 0xe8, 0x04, 0x00 };
	uint8_t bytes[ROOM];

	(void)state;
	assert_int_equal(tail_put(docs, tfs, 4, 0, bytes), sizeof want);
	assert_memory_equal(bytes, want, sizeof want);
}

/* ---- bytes that nobody wrote ------------------------------------------- */

/* Low bits and high ones of gaps that may be anything. */
static size_t put_wild(uint8_t *out, uint32_t n)
{
	unsigned b = (unsigned)rng_below(&rng, 32);
	size_t len = 1 + (n * (size_t)b + n + 7) / 8 + (size_t)rng_below(&rng, 40);

	rng_bytes(&rng, out, len);
	out[0] = (uint8_t)(b | (rng_one_in(&rng, 2) ? TAIL_OFTEN : 0));
	memset(out + len, 0, 8);
	return len;
}

static size_t put_hostile(uint8_t *out, struct made *m, uint32_t n)
{
	size_t len = 0;

	make_docs(m, n);
	len = put(out, m, n);
	switch (rng_below(&rng, 6)) {
	case 0: /* changed */
		if (len != 0)
			out[rng_below(&rng, len)] ^= (uint8_t)(1u << rng_below(&rng, 8));
		return len;
	case 1: /* cut, or longer */
		memset(out + len, 0, 8);
		return (size_t)rng_below(&rng, len + 8);
	case 2: /* noise */
		rng_bytes(&rng, out, 64);
		return (size_t)rng_below(&rng, 64);
	case 3:
		memset(out, rng_one_in(&rng, 2) ? 0x80 : 0, 130);
		return (size_t)rng_below(&rng, 130);
	case 4:
		return put_wild(out, n);
	default: /* another base, or number of documents */
		return len;
	}
}

static void test_hostile(void **state)
{
	uint8_t bytes[ROOM];
	uint32_t docs[MOST + OVER], tfs[MOST + OVER], taken = 0;

	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		uint32_t n = (uint32_t)rng_below(&rng, rng_one_in(&rng, 2) ? 12 : MOST + 1);
		struct made like = { .t.base = (uint32_t)number(24) };
		size_t len = put_hostile(bytes, &like, n);
		n = rng_one_in(&rng, 8) ? (uint32_t)rng_below(&rng, MOST + 1) : n;
		struct made m = make(bytes, len, n, rng_one_in(&rng, 8) ? (uint32_t)number(32) : like.t.base);
		taken += read_all(&m, docs, tfs);
		free(m.bytes);
	}
	assert_in_range(taken, 1000, 39999);
}

/* One document as a varint: numbers of 10 bytes, a tf of 2^32 - 1 and one more, the last document there
 * may be and the one behind. */
static void test_edges_of_few(void **state)
{
	static const struct {
		uint32_t base;
		uint64_t gap, tf;
		bool ok;
	} edges[] = {
		{ 0, BQ_DOC_END - 1, 2, true }, { 0, BQ_DOC_END, 2, false }, { 5, BQ_DOC_END - 6, 1, true },
		{ 5, BQ_DOC_END - 5, 1, false }, { 0, 0, UINT32_MAX, true }, { 0, 0, UINT64_C(1) << 32, false },
		{ 0, UINT64_MAX >> 1, 3, false }, { 0, 0, 1, true }, { 0, 0, UINT64_MAX, false },
	};
	uint8_t bytes[2 * BQ_VARINT_MAX];
	uint32_t docs[MOST + OVER], tfs[MOST + OVER];

	(void)state;
	for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
		size_t len = bq_put_varint(bytes, edges[i].gap << 1 | (edges[i].tf == 1));
		len += edges[i].tf == 1 ? 0 : bq_put_varint(bytes + len, edges[i].tf - 2);
		struct made m = make(bytes, len, 1, edges[i].base);
		assert_int_equal(read_all(&m, docs, tfs), edges[i].ok);
		assert_true(!edges[i].ok || (docs[0] == edges[i].base + edges[i].gap && tfs[0] == edges[i].tf));
		free(m.bytes);
	}
}

/* Four documents: b 0, no tf above 1, gaps 0 0 0 and so many; a bit too many, a byte too few or too many, an unknown
 * flag, more bytes than a tail takes. */
static void test_edges_of_many(void **state)
{
	static const struct {
		uint8_t head;
		uint32_t zeros, base;
		int more; /* bytes behind the last one */
		bool ok;
	} edges[] = {
		{ 0, 0, 0, 0, true }, { 0, 0, 0, 1, false }, { 0, 0, 0, -1, false }, { 0, 4, 0, 0, true },
		{ 0, 5, 0, 0, true }, { 0, 5, 0, -1, false }, { 0x40, 0, 0, 0, false }, { 0x80, 0, 0, 0, false },
		{ 0, 10, BQ_DOC_END - 14, 0, true }, { 0, 10, BQ_DOC_END - 13, 0, false },
		{ 0, 8 * (TAIL_MOST - 1) - 4, 0, 0, true }, { 0, 8 * (TAIL_MOST - 1) - 3, 0, 0, false },
		{ 31, 8 * 2048, 0, 0, false }, { TAIL_OFTEN, 0, 0, 0, false },
	};
	static uint8_t bytes[2 * TAIL_MOST];
	uint32_t docs[MOST + OVER], tfs[MOST + OVER];

	(void)state;
	for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
		uint64_t at = 8 + 4 * (uint64_t)(edges[i].head & 31) + 3 + edges[i].zeros;
		memset(bytes, 0, sizeof bytes);
		bytes[0] = edges[i].head;
		for (uint64_t one = at - edges[i].zeros - 3; one < at - edges[i].zeros; one++)
			bytes[one / 8] |= (uint8_t)(1u << one % 8);
		bytes[at / 8] |= (uint8_t)(1u << at % 8);
		struct made m = make(bytes, (size_t)(at / 8 + 1) + (size_t)(int64_t)edges[i].more, 4, edges[i].base);
		assert_int_equal(read_all(&m, docs, tfs), edges[i].ok);
		assert_true(!edges[i].ok || docs[3] == edges[i].base + 3 + edges[i].zeros);
		free(m.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_edges_of_few),
		cmocka_unit_test(test_edges_of_many),
	};

	rng = rng_start("prop_tail");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
