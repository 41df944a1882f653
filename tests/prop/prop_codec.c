/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Codecs against what they stand for: decode(encode(x)) is x, and every CPU
 * path equals the scalar one on any bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/bitpack.h"
#include "codec/bits.h"
#include "lib/rng.h"
#include "lib/twins.h"

static struct rng rng;
static const struct bitpack_ops *twins[TWINS_MAX];
static size_t n_twins;

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

/* Any bytes, any width. */
static void test_twins(void **state)
{
	(void)state;
	if (n_twins == 0)
		skip();
	for (unsigned round = 0; round < 40 * n_twins; round++) {
		const struct bitpack_ops *twin = twins[round % n_twins];
		for (unsigned bits = 0; bits <= 32; bits++) {
			uint32_t want[BITPACK_N], got[BITPACK_N];
			uint8_t bytes[32 * 32 + 32];
			rng_bytes(&rng, bytes, sizeof bytes);
			bitpack_scalar.decode(bytes, bits, want);
			twin->decode(bytes, bits, got);
			assert_memory_equal(want, got, sizeof want);
			bitpack_scalar.decode_above(bytes, bits, want);
			twin->decode_above(bytes, bits, got);
			assert_memory_equal(want, got, sizeof want);
		}
	}
}

enum { SORTED_BYTES = 32 * 31 + 8 * BITPACK_MAX_WORDS + 64 };

/* 256 numbers that ascend from `base` on: evenly, in runs, or some far away. */
static void ascend(uint32_t base, uint32_t out[BITPACK_N])
{
	uint64_t room = UINT32_MAX - (uint64_t)base - (BITPACK_N - 1), far = rng_below(&rng, 40);
	unsigned most = (unsigned)rng_below(&rng, 26);

	for (uint32_t i = 0; i < BITPACK_N; i++, base++) {
		uint64_t step = rng_below(&rng, 3) == 0 ? 0 : rng_next(&rng) & ((UINT64_C(1) << most) - 1);
		step += rng_one_in(&rng, 20 + far) ? rng_next(&rng) & UINT32_MAX >> far % 32 : 0;
		step = rng_one_in(&rng, 5000) || step > room ? room : step;
		room -= step;
		base += (uint32_t)step;
		out[i] = base;
	}
}

/* What was written comes back, on each path; no width would have been smaller. */
static void test_sorted(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		uint32_t base = (uint32_t)rng_next(&rng) >> rng_below(&rng, 32), in[BITPACK_N], out[BITPACK_N + 8];
		uint8_t bytes[SORTED_BYTES] = { 0 };
		base = rng_one_in(&rng, 20) || base > UINT32_MAX - BITPACK_N ? UINT32_MAX - (BITPACK_N - 1) : base;
		ascend(base, in);
		struct bitpack_sorted how = bitpack_choose_sorted(base, in[BITPACK_N - 1]);
		assert_true(how.bits <= 31 && how.n_words >= 4 && how.n_words <= BITPACK_MAX_WORDS);
		for (uint32_t bits = 0; bits < 32; bits++) {
			uint64_t top = (uint64_t)(in[BITPACK_N - 1] - base) >> bits;
			size_t n_words = (size_t)((top + BITPACK_N - 1) / 64 + 1);
			assert_true(32 * (size_t)bits + 8 * n_words >= bitpack_sorted_bytes(&how));
		}
		bitpack_encode_sorted(in, base, &how, bytes);
		assert_true(bitpack_scalar.decode_sorted(bytes, &how, base, out));
		assert_memory_equal(in, out, sizeof in);
		for (size_t t = 0; t < n_twins; t++) {
			assert_true(twins[t]->decode_sorted(bytes, &how, base, out));
			assert_memory_equal(in, out, sizeof in);
		}
	}
}

/* Some 256 bits of so many words. */
static void set_some(uint8_t *words, uint32_t n_words)
{
	uint32_t n = BITPACK_N;

	for (uint32_t i = 0, left = n_words * 64; n != 0; i++, left--)
		if (rng_below(&rng, left) < n) {
			words[i / 8] |= (uint8_t)(1u << (i & 7));
			n--;
		}
}

/* A sound block, or any bits; then perhaps a bit flipped. */
static struct bitpack_sorted make_hostile(uint32_t base, uint8_t bytes[SORTED_BYTES])
{
	struct bitpack_sorted how = { (unsigned)rng_below(&rng, 32),
		(unsigned)rng_between(&rng, 4, BITPACK_MAX_WORDS) };
	uint32_t in[BITPACK_N];

	memset(bytes, 0, SORTED_BYTES);
	if (rng_one_in(&rng, 3)) {
		rng_bytes(&rng, bytes, bitpack_bytes(how.bits));
		set_some(bytes + bitpack_bytes(how.bits), how.n_words);
	} else {
		base = base > UINT32_MAX - BITPACK_N ? UINT32_MAX - BITPACK_N : base;
		ascend(base, in);
		how = bitpack_choose_sorted(base, in[BITPACK_N - 1]);
		bitpack_encode_sorted(in, base, &how, bytes);
	}
	if (rng_one_in(&rng, 2))
		bytes[rng_below(&rng, bitpack_sorted_bytes(&how))] ^= (uint8_t)(1u << rng_below(&rng, 8));
	return how;
}

/* All paths say the same of any bytes, and what they take ascends. */
static void test_sorted_hostile(void **state)
{
	unsigned taken = 0;

	(void)state;
	for (unsigned round = 0; round < 8000; round++) {
		uint32_t base = (uint32_t)rng_next(&rng) >> rng_below(&rng, 32), out[BITPACK_N + 8], got[BITPACK_N + 8];
		uint8_t bytes[SORTED_BYTES];
		struct bitpack_sorted how = make_hostile(base, bytes);
		bool is_sound = bitpack_scalar.decode_sorted(bytes, &how, base, out);
		for (unsigned i = 1; is_sound && i < BITPACK_N; i++)
			assert_true(out[0] >= base && out[i] > out[i - 1]);
		taken += is_sound;
		for (size_t t = 0; t < n_twins; t++) {
			assert_int_equal(twins[t]->decode_sorted(bytes, &how, base, got), is_sound);
			if (is_sound)
				assert_memory_equal(out, got, BITPACK_N * sizeof *out);
		}
	}
	assert_true(taken > 500 && taken < 7500);
}

/* The largest numbers there are, and one more. */
static void check_end(const struct bitpack_ops *ops)
{
	uint32_t in[BITPACK_N], out[BITPACK_N + 8], base = UINT32_MAX - 300;
	uint8_t bytes[SORTED_BYTES] = { 0 };

	for (uint32_t i = 0; i < BITPACK_N; i++)
		in[i] = UINT32_MAX - (BITPACK_N - 1) + i;
	struct bitpack_sorted how = bitpack_choose_sorted(base, UINT32_MAX);
	bitpack_encode_sorted(in, base, &how, bytes);
	assert_true(ops->decode_sorted(bytes, &how, base, out));
	assert_memory_equal(in, out, sizeof in);
	assert_false(ops->decode_sorted(bytes, &how, base + 1, out));
	assert_false(ops->decode_sorted(bytes, &how, UINT32_MAX, out));
}

static void test_sorted_end(void **state)
{
	(void)state;
	check_end(&bitpack_scalar);
	for (size_t t = 0; t < n_twins; t++)
		check_end(twins[t]);
}

/* Words of no, few, many and all bits; more than 256 are only counted. */
static void check_set(const struct bitpack_ops *ops)
{
	for (unsigned round = 0; round < 2000; round++) {
		uint32_t want[BITPACK_N], got[BITPACK_N + 8], first = (uint32_t)rng_next(&rng), n = 0;
		uint32_t n_words = (uint32_t)rng_between(&rng, 1, 128), most = rng_one_in(&rng, 9) ? UINT32_MAX :
			BITPACK_N;
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
	for (size_t t = 0; t < n_twins; t++)
		check_set(twins[t]);
}

static void test_bits(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		uint8_t bytes[4 * 100 + 8];
		uint32_t values[100];
		unsigned widths[100];
		memset(bytes, 0xff, sizeof bytes);
		struct bits_packer packer = { .p = bytes };
		uint64_t at = 0;
		for (unsigned i = 0; i < 100; i++) {
			widths[i] = (unsigned)rng_below(&rng, 33);
			values[i] = (uint32_t)(rng_next(&rng) & ((UINT64_C(1) << widths[i]) - 1));
			bits_pack(&packer, widths[i], values[i]);
			at += widths[i];
		}
		assert_ptr_equal(packer.p, bytes + at / 8);
		assert_int_equal(packer.n, at % 8);
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
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_sorted_hostile),
		cmocka_unit_test(test_sorted_end),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_bits),
	};

	rng = rng_start("prop_codec");
	n_twins = twins_bitpack(twins);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
