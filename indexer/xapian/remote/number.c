/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/number.h"

#include <math.h>

enum { LONG = 255, MAX_MANTISSA = 8 };

/* ---- writing ------------------------------------------------------------------ */

void number_put(struct bq_buf *out, uint64_t v)
{
	if (v < LONG) {
		bq_buf_put_u8(out, (uint8_t)v);
		return;
	}
	bq_buf_put_u8(out, LONG);
	for (v -= LONG; v > 0x7f; v >>= 7)
		bq_buf_put_u8(out, v & 0x7f);
	bq_buf_put_u8(out, (uint8_t)(v | 0x80));
}

void number_put_string(struct bq_buf *out, struct bq_span s)
{
	number_put(out, s.len);
	bq_buf_put_span(out, s);
}

/* `sign` and `exp`, an exponent of 256, in front of `n` mantissa bytes. */
static void put_exponent(struct bq_buf *out, unsigned sign, int exp, unsigned n)
{
	unsigned first = sign | (n - 1) << 4;

	if (exp >= -7 && exp <= 6) {
		bq_buf_put_u8(out, (uint8_t)(first | (unsigned)(exp + 7)));
		return;
	}
	bq_buf_put_u8(out, (uint8_t)(first | 14)); /* doubles are within 256^-128 .. 256^127 */
	bq_buf_put_u8(out, (uint8_t)(exp + 128));
}

void number_put_real(struct bq_buf *out, double v)
{
	uint8_t mantissa[MAX_MANTISSA];
	unsigned sign = v < 0 ? 0x80 : 0, n = 0;
	int exp;

	v = frexp(fabs(v), &exp);
	exp--;
	v = scalbn(v, (exp & 7) + 1);
	do {
		mantissa[n] = (uint8_t)v;
		v = (v - mantissa[n++]) * 256;
	} while (v != 0 && n < MAX_MANTISSA);
	put_exponent(out, sign, exp >> 3, n);
	bq_buf_put(out, mantissa, n);
}

/* ---- reading -------------------------------------------------------------------- */

struct number_reader number_reader_of(struct bq_span s)
{
	const uint8_t *p = (const uint8_t *)s.ptr;

	return (struct number_reader){ p, s.len == 0 ? p : p + s.len, false };
}

static size_t left_of(const struct number_reader *r) { return (size_t)(r->end - r->at); }

static uint64_t fail(struct number_reader *r)
{
	r->is_bad = true;
	r->at = r->end;
	return 0;
}

uint8_t number_take_byte(struct number_reader *r)
{
	return r->at == r->end ? (uint8_t)fail(r) : *r->at++;
}

uint64_t number_take(struct number_reader *r, uint64_t max)
{
	uint64_t v = number_take_byte(r);

	if (v == LONG) {
		uint8_t byte = 0;
		v = 0;
		for (unsigned shift = 0; (byte & 0x80) == 0; shift += 7) {
			byte = number_take_byte(r);
			if (r->is_bad || shift > 63 || (shift == 63 && (byte & 0x7e) != 0))
				return fail(r);
			v |= (uint64_t)(byte & 0x7f) << shift;
		}
		if (__builtin_add_overflow(v, (uint64_t)LONG, &v))
			return fail(r);
	}
	return v > max ? fail(r) : v;
}

struct bq_span number_take_string(struct number_reader *r)
{
	size_t n = (size_t)number_take(r, SIZE_MAX);
	struct bq_span s = { (const char *)r->at, n };

	if (r->is_bad || n > left_of(r)) {
		(void)fail(r);
		return BQ_SPAN("");
	}
	r->at += n;
	return s;
}

struct bq_span number_take_rest(struct number_reader *r)
{
	struct bq_span s = { (const char *)r->at, left_of(r) };

	r->at = r->end;
	return s;
}

static int take_exponent(struct number_reader *r, unsigned first)
{
	unsigned low;

	switch (first & 15) {
	case 15:
		low = number_take_byte(r);
		return (int)(low | (unsigned)number_take_byte(r) << 8) - 32768;
	case 14: return (int)number_take_byte(r) - 128;
	default: return (int)(first & 15) - 7;
	}
}

double number_take_real(struct number_reader *r)
{
	unsigned first = number_take_byte(r), n = (first >> 4 & 7) + 1;
	double v = 0;

	if (first == 0 && r->at != r->end && *r->at == 0) {
		r->at++;
		return 0;
	}
	int exp = take_exponent(r, first);
	if (r->is_bad || left_of(r) < n)
		return (double)fail(r);
	for (unsigned i = n; i > 0; i--)
		v = v / 256 + r->at[i - 1];
	r->at += n;
	v = scalbn(v, exp * 8);
	if (!isfinite(v))
		return (double)fail(r);
	return (first & 0x80) != 0 ? -v : v;
}
