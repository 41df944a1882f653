/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/short.h"

#include <string.h>

#include <bq/bytes.h>

#include "text/chars.h"
#include "text/cjk.h"

enum {
	BLOCK = 2 * SHORT_WORDS,
	CJK_LEAD = 0xe2, /* no byte below starts a simple character or a stop */
};

/* ---- ASCII --------------------------------------------------------------- */

#define ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of each byte, as eight bits in their order. */
static uint64_t top_bits(uint64_t x)
{
	return ((x & ALL(0x80)) >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* Bit i: what byte i of a block is. */
struct classes {
	uint64_t letters; /* ASCII letters and digits */
	uint64_t others;  /* above 0x7f */
};

/* Eight bytes at a time, as read_ascii() in tokenize.c, as far as the first of the others. */
static struct classes classify(const uint8_t *p)
{
	struct classes c = { 0, 0 };

	for (unsigned i = 0; i < BLOCK && c.others == 0; i += 8) {
		uint64_t x = bq_get_u64(p + i), low = x & ALL(0x7f), lower = low | ALL(0x20);
		uint64_t letters = (lower + ALL(0x80 - 'a')) & ~(lower + ALL(0x80 - 'z' - 1));
		uint64_t digits = (low + ALL(0x80 - '0')) & ~(low + ALL(0x80 - '9' - 1));
		c.letters |= top_bits((letters | digits) & ~x) << i;
		c.others |= top_bits(x) << i;
	}
	return c;
}

/* Bits below the first letter of a run of more than SHORT_MAX, and below the
 * first byte that is not ASCII: words that end there are whole, and short. */
static uint64_t safe_bits(struct classes c)
{
	uint64_t runs = c.letters, stops;

	for (unsigned n = 1; n < SHORT_MAX; n *= 2) /* bit i: letters i .. i + 2n - 1 */
		runs &= runs >> n;
	stops = (runs & c.letters >> SHORT_MAX) | c.others;
	return ~stops & (stops - 1); /* all of them where there is no stop */
}

/* Letters and digits in lower case; zeros stay. */
static uint64_t lower(uint64_t x)
{
	return x | (x & ALL(0x40)) >> 1; /* of the two, letters have 0x40 */
}

/* The ASCII words of a block. */
static size_t take_ascii(struct bq_tokens *it, struct short_word out[SHORT_WORDS])
{
	static const uint8_t masks[2 * SHORT_MAX] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff };
	size_t n = 0, left = (size_t)(it->end - it->p), end = 0;
	uint8_t tail[BLOCK + SHORT_MAX];
	const uint8_t *p = it->p;

	if (left < sizeof tail) { /* zeros separate */
		memset(tail, 0, sizeof tail);
		p = memcpy(tail, p, left);
	}
	struct classes c = classify(p);
	uint64_t off = (uint64_t)(it->p - it->start), starts = c.letters & ~(c.letters << 1);
	for (uint64_t ends = ~c.letters & c.letters << 1 & safe_bits(c); ends != 0; ends &= ends - 1, n++) {
		size_t from = (size_t)__builtin_ctzll(starts);
		end = (size_t)__builtin_ctzll(ends);
		const uint8_t *mask = masks + SHORT_MAX - (end - from);
		out[n].key[0] = lower(bq_get_u64(p + from) & bq_get_u64(mask));
		out[n].key[1] = lower(bq_get_u64(p + from + 8) & bq_get_u64(mask + 8));
		out[n].off = off + from;
		out[n].len = (uint8_t)(end - from);
		starts &= starts - 1;
	}
	it->p += end;
	it->ord += (uint32_t)n;
	return n;
}

/* ---- CJK ------------------------------------------------------------------ */

/* What stands in CJK text. */
enum place { UNKNOWN, SIMPLE, STOP };

/* At the end, and where ASCII stands, a run ends, too. */
static enum place place_at(const struct bq_tokens *it, const uint8_t *p)
{
	int32_t cp;

	if (p == it->end || *p < 0x80)
		return STOP;
	cp = cjk_decode(p, it->end);
	return cjk_is_simple(cp) ? SIMPLE : cjk_is_stop(cp) ? STOP : UNKNOWN;
}

/* Runs of simple characters, as far as it is known what stands behind them. */
static size_t take_cjk(struct bq_tokens *it, struct short_word out[SHORT_WORDS])
{
	const uint8_t *p = it->p;
	enum place here = place_at(it, p), next, after;
	size_t n = 0;

	for (size_t step; p != it->end && here != UNKNOWN && n < SHORT_WORDS; p += step, here = next) {
		if (chars_is_ascii_letter(*p))
			break;
		step = *p < 0x80 ? 1 : 3;
		next = place_at(it, p + step);
		if (here == STOP)
			continue;
		after = next == SIMPLE ? place_at(it, p + 6) : next;
		if (after == UNKNOWN)
			break;
		out[n].key[0] = bq_get_u16(p) | (uint64_t)p[2] << 16;
		if (next == SIMPLE)
			out[n].key[0] |= (uint64_t)bq_get_u16(p + 3) << 24 | (uint64_t)p[5] << 40;
		out[n].key[1] = 0;
		out[n].off = (uint64_t)(p - it->start);
		out[n++].len = next == SIMPLE ? 6 : 3;
	}
	it->p = p;
	it->ord += (uint32_t)n;
	return n;
}

size_t short_words(struct bq_tokens *it, struct short_word out[SHORT_WORDS])
{
	while (it->p != it->end && chars_is_ascii_separator(*it->p))
		it->p++;
	if (it->p == it->end)
		return 0;
	if (*it->p < 0x80)
		return take_ascii(it, out);
	return *it->p >= CJK_LEAD && (it->flags & BQ_TOKENS_QUERY) == 0 ? take_cjk(it, out) : 0;
}
