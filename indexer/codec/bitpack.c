/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec/bitpack.h"

#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

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

static void decode(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;

	if (bits == 0) {
		memset(out, 0, BITPACK_N * sizeof *out);
		return;
	}
	for (unsigned row = 0; row < BITPACK_ROWS; row++) {
		unsigned word = row * bits / 32, shift = row * bits % 32;
		for (unsigned lane = 0; lane < BITPACK_LANES; lane++) {
			const uint8_t *p = in + 4 * (size_t)(word * BITPACK_LANES + lane);
			uint32_t v = bq_get_u32(p) >> shift;
			if (shift + bits > 32)
				v |= bq_get_u32(p + 4 * BITPACK_LANES) << (32 - shift);
			out[row * BITPACK_LANES + lane] = v & mask;
		}
	}
}

static void decode_above(const uint8_t *in, unsigned bits, uint32_t out[BITPACK_N])
{
	decode(in, bits, out);
	for (unsigned i = 0; i < BITPACK_N; i++)
		out[i]++;
}

static void decode_docs(const uint8_t *in, unsigned bits, uint32_t base, uint32_t out[BITPACK_N])
{
	decode(in, bits, out);
	for (unsigned i = 0; i < BITPACK_N; i++) {
		out[i] += base;
		base = out[i] + 1;
	}
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

const struct bitpack_ops bitpack_scalar = { "scalar", decode, decode_above, decode_docs, decode_set };

const struct bitpack_ops *bitpack_best(void)
{
	const char *want = getenv("BQ_CPU");
	const struct bitpack_ops *avx2 = bitpack_avx2();

	if (avx2 == NULL || (want != NULL && strcmp(want, "scalar") == 0))
		return &bitpack_scalar;
	return avx2;
}
