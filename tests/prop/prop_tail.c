/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tails: the quick reader says what the plain one says, of documents as they
 * are written, and of bytes that nobody wrote.
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

static struct rng rng;

enum { MOST = 255, ROOM = MOST * 2 * BQ_VARINT_MAX + TAIL_PAD };

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

/* Both readers; returns whether they take it. */
static bool read_both(const struct made *m, uint32_t *docs, uint32_t *tfs)
{
	uint32_t quick_docs[MOST], quick_tfs[MOST];
	bool ok = tail_get(&m->t, docs, tfs);

	assert_int_equal((tail_has_bmi2() ? tail_get_bmi2 : tail_get)(&m->t, quick_docs, quick_tfs), ok);
	if (ok && m->t.n != 0) {
		assert_memory_equal(docs, quick_docs, m->t.n * sizeof *docs);
		assert_memory_equal(tfs, quick_tfs, m->t.n * sizeof *tfs);
	}
	return ok;
}

/* Up to `bits` bits, small ones as often as large ones. */
static uint64_t number(unsigned bits)
{
	return rng_next(&rng) >> (64 - 1 - rng_below(&rng, bits));
}

/* Varints of `n` documents as they are written, or with a number in a place that
 * is too large now and then. */
static size_t put(uint8_t *out, struct made *m, uint32_t n, bool is_sane)
{
	unsigned gap_bits = 1 + (unsigned)rng_below(&rng, is_sane ? 23 : 32),
		tf_bits = 1 + (unsigned)rng_below(&rng, 32);
	uint64_t next = m->t.base;
	size_t len = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t gap = number(gap_bits), more = is_sane ? number(tf_bits) % (UINT32_MAX - 2) : number(64);
		bool is_one = rng_below(&rng, 2) == 0;
		if (!is_sane && rng_one_in(&rng, 200))
			gap = number(63);
		next += gap;
		m->docs[i] = (uint32_t)next++;
		m->tfs[i] = is_one ? 1 : (uint32_t)(2 + more);
		len += bq_put_varint(out + len, gap << 1 | is_one);
		len += is_one ? 0 : bq_put_varint(out + len, more);
	}
	return len;
}

static void test_written(void **state)
{
	uint8_t bytes[ROOM];
	uint32_t docs[MOST], tfs[MOST];

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		uint32_t n = (uint32_t)rng_below(&rng, MOST + 1), base = (uint32_t)number(24);
		struct made want = { .t.base = base };
		size_t len = put(bytes, &want, n, true);
		struct made m = make(bytes, len, n, base);
		assert_true(read_both(&m, docs, tfs));
		if (n != 0) {
			assert_memory_equal(docs, want.docs, n * sizeof *docs);
			assert_memory_equal(tfs, want.tfs, n * sizeof *tfs);
		}
		free(m.bytes);
	}
}

/* Too many or too few, cut, changed, too large, or noise. */
static void test_hostile(void **state)
{
	uint8_t bytes[ROOM];
	uint32_t docs[MOST], tfs[MOST], taken = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t n = (uint32_t)rng_below(&rng, MOST + 1), kind = (uint32_t)rng_below(&rng, 5);
		struct made like = { .t.base = (uint32_t)number(32) };
		size_t len = put(bytes, &like, n, kind < 2);
		if (kind == 0 && len != 0)
			bytes[rng_below(&rng, len)] ^= (uint8_t)(1u << rng_below(&rng, 8));
		if (kind == 1)
			len = (size_t)rng_below(&rng, len + 1);
		if (kind == 2)
			rng_bytes(&rng, bytes, len = (size_t)rng_below(&rng, 64));
		if (kind == 3)
			memset(bytes, 0x80, len = (size_t)rng_below(&rng, 130));
		n = rng_one_in(&rng, 8) ? (uint32_t)rng_below(&rng, MOST + 1) : n;
		struct made m = make(bytes, len, n, like.t.base);
		taken += read_both(&m, docs, tfs);
		free(m.bytes);
	}
	assert_in_range(taken, 1, 19999);
}

/* Numbers of 10 bytes, a tf of 2^32 - 1 and one more, the last document there
 * may be and the one behind. */
static void test_edges(void **state)
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
	uint32_t docs[MOST], tfs[MOST];

	(void)state;
	if (!tail_has_bmi2())
		print_message("no such CPU: the plain reader is compared with itself\n");
	for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
		size_t len = bq_put_varint(bytes, edges[i].gap << 1 | (edges[i].tf == 1));
		len += edges[i].tf == 1 ? 0 : bq_put_varint(bytes + len, edges[i].tf - 2);
		struct made m = make(bytes, len, 1, edges[i].base);
		assert_int_equal(read_both(&m, docs, tfs), edges[i].ok);
		assert_true(!edges[i].ok || (docs[0] == edges[i].base + edges[i].gap && tfs[0] == edges[i].tf));
		free(m.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_edges),
	};

	rng = rng_start("prop_tail");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
