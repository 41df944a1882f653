/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/wire/response.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	int status;
} codes[] = {
#define CODE_ROW(name, code, status) { code, status },
	BQP_ERRORS(CODE_ROW)
#undef CODE_ROW
};

const char *response_code_word(enum reply_code code) { return codes[code].word; }

static void start(struct response *r, struct bq_buf *out)
{
	memset(r, 0, sizeof *r);
	r->out = out;
	r->code = REPLY_CODES;
}

void response_init(struct response *r, struct bq_buf *out, struct bq_span id)
{
	start(r, out);
	if (id.len == 0)
		id = BQ_SPAN("0");
	r->tag[0] = '#';
	memcpy(r->tag + 1, id.ptr, id.len < BQP_MAX_ID ? id.len : BQP_MAX_ID);
}

void response_init_event(struct response *r, struct bq_buf *out)
{
	start(r, out);
	r->tag[0] = '*';
}

void response_begin(struct response *r, const char *kind)
{
	r->line_start = r->out->len;
	r->has_member = false;
	r->is_terminal = strcmp(kind, "OK") == 0 || strcmp(kind, "END") == 0 || strcmp(kind, "ERR") == 0;
	bq_buf_put_span(r->out, bq_span_of(r->tag));
	bq_buf_put_u8(r->out, ' ');
	bq_buf_put_span(r->out, bq_span_of(kind));
	bq_buf_put(r->out, " {", 2);
}

void response_put_name(struct response *r, const char *name)
{
	size_t n = name == NULL ? 0 : strlen(name);
	uint8_t *start = bq_buf_room(r->out, n + 4), *p = start;

	if (p == NULL)
		return;
	if (r->has_member)
		*p++ = ',';
	r->has_member = true;
	if (name != NULL) {
		*p++ = '"';
		memcpy(p, name, n);
		p += n;
		*p++ = '"';
		*p++ = ':';
	}
	r->out->len += (size_t)(p - start);
}

void response_put_u64(struct response *r, const char *name, uint64_t v)
{
	response_put_name(r, name);
	bq_buf_put_decimal(r->out, v);
}

void response_put_i64(struct response *r, const char *name, int64_t v)
{
	response_put_name(r, name);
	if (v < 0)
		bq_buf_put_u8(r->out, '-');
	bq_buf_put_decimal(r->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void response_put_bool(struct response *r, const char *name, bool v)
{
	response_put_name(r, name);
	bq_buf_put_span(r->out, v ? BQ_SPAN("true") : BQ_SPAN("false"));
}

void response_put_str(struct response *r, const char *name, struct bq_span v)
{
	response_put_name(r, name);
	bq_buf_put_json(r->out, v);
}

void response_put_text(struct response *r, const char *name, const char *v)
{
	response_put_str(r, name, bq_span_of(v));
}

/* ---- scores -------------------------------------------------------------- */

enum { SCORE_DIGITS = 9, SCORE_LEAST = 100000000, SCORE_END = 1000000000 };

/* The decimal exponent of 1e-4 <= v < 1e9.  None of the smaller powers, which
 * are no doubles, has one between itself and its neighbour above, which is what
 * stands here. */
static int exponent_of(double v)
{
	static const double powers[] = { 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8 };
	int at = 0;

	while (at < 12 && v >= powers[at])
		at++;
	return at - 4;
}

/* v * 10^power, rounded as printf() does: exactly, ties to even.  1e-4 <= v < 1e9
 * is m * 2^-s, m < 2^53, 23 <= s <= 66; power <= 12. */
static uint64_t scale(double v, int power)
{
	__extension__ typedef unsigned __int128 u128;
	uint64_t bits, tens = 1;

	memcpy(&bits, &v, sizeof bits);
	for (int i = 0; i < power; i++)
		tens *= 10;
	unsigned s = 1075 - (unsigned)(bits >> 52);
	u128 x = (u128)((bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52) * tens;
	u128 half = (u128)1 << (s - 1), rest = x & (2 * half - 1);
	uint64_t n = (uint64_t)(x >> s);
	return n + (rest > half || (rest == half && n % 2 != 0));
}

/* printf("%.9g") of 1e-4 <= v < 1e9; returns the length. */
static size_t format_score(double v, char out[24])
{
	int e = exponent_of(v);
	uint64_t n = scale(v, SCORE_DIGITS - 1 - e);
	char digits[SCORE_DIGITS];
	size_t len = 0, n_digits = SCORE_DIGITS;

	if (n == SCORE_END) {
		n = SCORE_LEAST;
		e++;
	}
	for (int i = SCORE_DIGITS; i-- > 0; n /= 10)
		digits[i] = (char)('0' + n % 10);
	while (n_digits > 1 && digits[n_digits - 1] == '0')
		n_digits--;
	for (int i = e; i < 0; i++) { /* 0.000ddd */
		out[len++] = '0';
		if (i == e)
			out[len++] = '.';
	}
	for (int i = 0; i <= e || i < (int)n_digits; i++) {
		if (i == e + 1 && e >= 0)
			out[len++] = '.';
		out[len++] = i < (int)n_digits ? digits[i] : '0';
	}
	return len;
}

void response_put_score(struct response *r, const char *name, double v)
{
	char text[24];

	response_put_name(r, name);
	if (!isfinite(v))
		v = 0;
	if (v >= 1e-4 && v < 999999999)
		bq_buf_put(r->out, text, format_score(v, text));
	else
		bq_buf_printf(r->out, "%.*g", SCORE_DIGITS, v);
}

/* ---- nesting ------------------------------------------------------------- */

void response_open(struct response *r, const char *name, char open)
{
	response_put_name(r, name);
	bq_buf_put_u8(r->out, (uint8_t)open);
	r->has_member = false;
}

void response_close(struct response *r, char close)
{
	bq_buf_put_u8(r->out, (uint8_t)close);
	r->has_member = true;
}

size_t response_line_bytes(const struct response *r) { return r->out->len - r->line_start; }

bool response_end(struct response *r)
{
	bq_buf_put(r->out, "}\n", 2);
	bool fits = !r->out->oom && response_line_bytes(r) <= BQP_MAX_REPLY && !r->has_ended;
	if (fits) {
		r->has_ended = r->is_terminal;
		r->line_start = r->out->len;
		return true;
	}
	r->out->len = r->line_start;
	if (r->is_terminal && !r->has_ended && !r->out->oom)
		response_error(r, REPLY_INTERNAL, -1, "the reply line would be longer than %u bytes", BQP_MAX_REPLY);
	return false;
}

void response_drop_line(struct response *r)
{
	if (r->out->len > r->line_start)
		r->out->len = r->line_start;
}

void response_begin_error(struct response *r, enum reply_code code, struct bq_span msg)
{
	response_begin(r, "ERR");
	r->code = code;
	response_put_text(r, "code", codes[code].word);
	response_put_i64(r, "status", codes[code].status);
	response_put_str(r, "msg", msg);
}

void response_error(struct response *r, enum reply_code code, int64_t at, const char *fmt, ...)
{
	char msg[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(msg, sizeof msg, fmt, args);
	va_end(args);
	response_begin_error(r, code, bq_span_of(msg));
	if (at >= 0)
		response_put_i64(r, "at", at);
	(void)response_end(r);
}

void response_bye(struct bq_buf *out, enum reply_code code, const char *msg, uint64_t retry_ms)
{
	struct response r;

	response_init_event(&r, out);
	response_begin(&r, "BYE");
	response_put_text(&r, "code", codes[code].word);
	response_put_text(&r, "msg", msg);
	response_put_u64(&r, "retry_ms", retry_ms);
	(void)response_end(&r);
}
