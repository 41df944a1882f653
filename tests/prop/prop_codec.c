/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Codecs against what they stand for: decode(encode(x)) is x, and every CPU
 * path equals the scalar one on any bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/bitpack.h"
#include "codec/bits.h"
#include "lib/rng.h"

static struct rng rng;

static void fill(uint32_t v[BITPACK_N], unsigned bits)
{
	uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;

	for (unsigned i = 0; i < BITPACK_N; i++)
		v[i] = (uint32_t)rng_next(&rng) & mask;
}

static void test_round_trip(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned bits = 0; bits <= 32; bits++) {
			uint32_t in[BITPACK_N], out[BITPACK_N];
			uint8_t bytes[32 * 32 + 32];
			fill(in, bits);
			assert_true(bitpack_width(in, BITPACK_N) <= bits);
			bitpack_encode(in, bits, bytes);
			bitpack_scalar.decode(bytes, bits, out);
			assert_memory_equal(in, out, sizeof in);
		}
	}
}

/* Any bytes, any width, any base: also sums that wrap. */
static void test_twins(void **state)
{
	const struct bitpack_ops *twin = bitpack_avx2();

	(void)state;
	if (twin == NULL)
		skip();
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned bits = 0; bits <= 32; bits++) {
			uint32_t want[BITPACK_N], got[BITPACK_N];
			uint8_t bytes[32 * 32 + 32];
			uint32_t base = (uint32_t)rng_next(&rng);
			rng_bytes(&rng, bytes, sizeof bytes);
			bitpack_scalar.decode(bytes, bits, want);
			twin->decode(bytes, bits, got);
			assert_memory_equal(want, got, sizeof want);
			bitpack_scalar.decode_above(bytes, bits, want);
			twin->decode_above(bytes, bits, got);
			assert_memory_equal(want, got, sizeof want);
			bitpack_scalar.decode_docs(bytes, bits, base, want);
			twin->decode_docs(bytes, bits, base, got);
			assert_memory_equal(want, got, sizeof want);
		}
	}
}

/* decode_docs is the running sum that its contract says. */
static void test_running_sum(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 16; bits++) {
		uint32_t gaps[BITPACK_N], docs[BITPACK_N], base = (uint32_t)rng_below(&rng, 1000);
		uint8_t bytes[32 * 32 + 32];
		fill(gaps, bits);
		bitpack_encode(gaps, bits, bytes);
		bitpack_scalar.decode_docs(bytes, bits, base, docs);
		for (unsigned i = 0; i < BITPACK_N; i++) {
			base += gaps[i];
			assert_int_equal(docs[i], base);
			base++;
		}
	}
}

/* Words of no, few, many and all bits; more than 256 are only counted. */
static void check_set(const struct bitpack_ops *ops)
{
	for (unsigned round = 0; round < 2000; round++) {
		uint32_t want[BITPACK_N], got[BITPACK_N + 8], first = (uint32_t)rng_next(&rng), n = 0;
		uint32_t n_words = (uint32_t)rng_between(&rng, 1, 128), most = rng_one_in(&rng, 9) ? UINT32_MAX : BITPACK_N;
		uint8_t bytes[128 * 8] = { 0 };
		uint64_t one_in = rng_between(&rng, 1, 40);
		for (uint32_t i = 0; i < n_words * 64 && n < most; i++) {
			if (!rng_one_in(&rng, one_in))
				continue;
			bytes[i / 8] |= (uint8_t)(1u << (i & 7));
			if (n < BITPACK_N)
				want[n] = first + i;
			n++;
		}
		got[0] = 0;
		assert_int_equal(ops->decode_set(bytes, n_words, first, got), n);
		if (n <= BITPACK_N)
			assert_memory_equal(want, got, n * sizeof *want);
		else
			assert_int_equal(got[0], 0);
	}
}

static void test_set(void **state)
{
	(void)state;
	check_set(&bitpack_scalar);
	if (bitpack_avx2() != NULL)
		check_set(bitpack_avx2());
}

static void test_bits(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		uint8_t bytes[8 * 100 + 16] = { 0 };
		uint32_t values[100];
		unsigned widths[100];
		struct bits_packer packer = { .p = bytes };
		uint64_t at = 0;
		for (unsigned i = 0; i < 100; i++) {
			widths[i] = (unsigned)rng_below(&rng, 33);
			values[i] = (uint32_t)(rng_next(&rng) & ((UINT64_C(1) << widths[i]) - 1));
			bits_pack(&packer, widths[i], values[i]);
			at += widths[i];
		}
		bits_pack_end(&packer);
		assert_ptr_equal(packer.p, bytes + bits_bytes(at));
		at = 0;
		for (unsigned i = 0; i < 100; i++) {
			assert_int_equal(bits_get(bytes, at, widths[i]), values[i]);
			at += widths[i];
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_running_sum),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_bits),
	};

	rng = rng_start("prop_codec");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
