/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec/bitpack.h"

#include <string.h>

#include <bq/bytes.h>
#include <bq/cpu.h>

unsigned bitpack_width(const uint32_t *in, size_t n)
{
	uint32_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= in[i];
	return all == 0 ? 0 : 32u - (unsigned)__builtin_clz(all);
}

void bitpack_encode(const uint32_t in[BITPACK_N], unsigned bits, uint8_t *out)
{
	uint32_t words[32][BITPACK_LANES];

	memset(words, 0, sizeof words);
	for (unsigned row = 0; row < BITPACK_ROWS && bits != 0; row++) {
		unsigned word = row * bits / 32, shift = row * bits % 32;
		for (unsigned lane = 0; lane < BITPACK_LANES; lane++) {
			uint32_t v = in[row * BITPACK_LANES + lane];
			words[word][lane] |= v << shift;
			if (shift + bits > 32)
				words[word + 1][lane] |= v >> (32 - shift);
		}
	}
	memcpy(out, words, bitpack_bytes(bits));
}

struct bitpack_sorted bitpack_choose_sorted(uint32_t base, uint32_t last)
{
	struct bitpack_sorted best = { 0, 0 };

	for (unsigned bits = 0; bits < 32; bits++) {
		uint64_t n_words = (((uint64_t)(last - base) >> bits) + BITPACK_N - 1) / 64 + 1;
		struct bitpack_sorted how = { bits, (unsigned)n_words };
		if (n_words > BITPACK_MAX_WORDS)
			continue;
		if (best.n_words == 0 || bitpack_sorted_bytes(&how) <= bitpack_sorted_bytes(&best))
			best = how; /* where equal, fewer words: they are what decoding walks over */
	}
	return best;
}

void bitpack_encode_sorted(const uint32_t in[BITPACK_N], uint32_t base, const struct bitpack_sorted *how,
	uint8_t *out)
{
	uint32_t low[BITPACK_N];
	uint64_t high[BITPACK_MAX_WORDS] = { 0 };

	for (uint32_t i = 0; i < BITPACK_N; i++) {
		uint32_t x = in[i] - base, at = (x >> how->bits) + i;
		low[i] = x & ((1u << how->bits) - 1);
		high[at / 64] |= UINT64_C(1) << (at % 64);
	}
	bitpack_encode(low, how->bits, out);
	out += bitpack_bytes(how->bits);
	for (unsigned w = 0; w < how->n_words; w++)
		bq_put_u64(out + 8 * (size_t)w, high[w]);
}

/* The lanes of a row, each loop over them a few vector instructions wherever the
 * compiler knows some (NEON, SSE2). */
static void decode_row(const uint8_t *in, unsigned bits, unsigned row, uint32_t *restrict out)
{
	unsigned shift = row * bits % 32;
	uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1, words[2 * BITPACK_LANES];

	memcpy(words, in + row * bits / 32 * sizeof words / 2, sizeof words / 2);
	if (shift + bits <= 32) {
		for (unsigned lane = 0; lane < BITPACK_LANES; lane++)
			out[lane] = words[lane] >> shift & mask;
		return;
	}
	memcpy(words, in + row * bits / 32 * sizeof words / 2, sizeof words);
	for (unsigned lane = 0; lane < BITPACK_LANES; lane++)
		out[lane] = (words[lane] >> shift | words[BITPACK_LANES + lane] << (32 - shift)) & mask;
}

static void decode(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	if (bits == 0) {
		memset(out, 0, BITPACK_N * sizeof *out);
		return;
	}
	for (unsigned row = 0; row < BITPACK_ROWS; row++)
		decode_row(in, bits, row, out + row * BITPACK_LANES);
}

static void decode_above(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	decode(in, bits, out);
	for (unsigned i = 0; i < BITPACK_N; i++)
		out[i]++;
}

static uint32_t decode_set(const uint8_t *in, uint32_t n_words, uint32_t first, uint32_t out[BITPACK_N + 8])
{
	uint32_t n = 0;

	for (uint32_t w = 0; w < n_words; w++)
		n += (uint32_t)__builtin_popcountll(bq_get_u64(in + (size_t)w * 8));
	for (uint32_t w = 0; n <= BITPACK_N && w < n_words; w++)
		for (uint64_t bits = bq_get_u64(in + (size_t)w * 8); bits != 0; bits &= bits - 1)
			*out++ = first + w * 64 + (uint32_t)__builtin_ctzll(bits);
	return n;
}

static bool decode_sorted(const uint8_t *in, const struct bitpack_sorted *how, uint32_t base,
	uint32_t out[BITPACK_N + 8])
{
	uint32_t low[BITPACK_N];
	uint64_t least = base;

	if (decode_set(in + bitpack_bytes(how->bits), how->n_words, 0, out) != BITPACK_N)
		return false;
	decode(in, how->bits, low);
	for (uint32_t i = 0; i < BITPACK_N; i++) {
		uint64_t number = ((uint64_t)(out[i] - i) << how->bits | low[i]) + base;
		if (number < least || number > UINT32_MAX)
			return false;
		out[i] = (uint32_t)number;
		least = number + 1;
	}
	return true;
}

const struct bitpack_ops bitpack_scalar = { "scalar", decode, decode_above, decode_set, decode_sorted, tail_get };

const struct bitpack_ops *bitpack_best(void)
{
	enum bq_cpu most = bq_cpu_most();
	const struct bitpack_ops *best = most >= BQ_CPU_AVX512 ? bitpack_avx512() : NULL;

	if (best == NULL && most >= BQ_CPU_AVX2)
		best = bitpack_avx2();
	return best == NULL ? &bitpack_scalar : best;
}
