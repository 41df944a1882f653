/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/request.h"

#include <stdarg.h>

/* Text into a buffer that does not grow: what does not fit sets `over`. */
struct line {
	char *buf;
	size_t len, cap;
	bool over;
};

static void put_bytes(struct line *l, struct bq_span s)
{
	if (l->over || s.len > l->cap - l->len) {
		l->over = true;
		return;
	}
	if (s.len > 0)
		memcpy(l->buf + l->len, s.ptr, s.len);
	l->len += s.len;
}

static void put_byte(struct line *l, char c) { put_bytes(l, bq_span_make(&c, 1)); }

static void put_name(struct line *l, const char *name)
{
	put_bytes(l, BQ_SPAN(" @"));
	put_bytes(l, bq_span_of(name));
	put_byte(l, '=');
}

static void put_number(struct line *l, const char *name, int64_t v)
{
	char digits[24];

	if (v < 0)
		return;
	put_name(l, name);
	put_bytes(l, bq_span_make(digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)v)));
}

static bool is_bare(unsigned char c) { return c > ' ' && c != '"' && c != 0x7f; }

/* @name=value, as a JSON string where a bare word would not do. */
static void put_value(struct line *l, const char *name, struct bq_span v)
{
	bool bare = true;

	if (v.len == 0)
		return;
	for (size_t i = 0; i < v.len; i++)
		bare = bare && is_bare((unsigned char)v.ptr[i]);
	put_name(l, name);
	if (bare) {
		put_bytes(l, v);
		return;
	}
	put_byte(l, '"');
	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.ptr[i];
		char esc[8];
		if (c >= ' ' && c != '"' && c != '\\')
			put_byte(l, (char)c);
		else
			put_bytes(l, bq_span_make(esc, (size_t)snprintf(esc, sizeof esc, "\\u%04x", c)));
	}
	put_byte(l, '"');
}

static void put_options(struct line *l, const struct bq_client_request *req)
{
	put_number(l, "limit", req->limit);
	put_number(l, "offset", req->offset);
	put_number(l, "ctx", req->ctx);
	put_number(l, "hits", req->hits);
	put_number(l, "timeout", req->timeout_ms);
	put_value(l, "match", bq_span_of(req->match));
	put_value(l, "sort", bq_span_of(req->sort));
	put_value(l, "snippets", bq_span_of(req->snippets));
	put_value(l, "syntax", bq_span_of(req->syntax));
	put_value(l, "stopwords", bq_span_of(req->stopwords));
	put_value(l, "total", bq_span_of(req->total));
	put_value(l, "index", req->index);
	put_value(l, "after", req->after);
	put_value(l, "doc", req->doc);
	put_value(l, "auth", req->auth);
	if (req->no_cache)
		put_bytes(l, BQ_SPAN(" @cache=0"));
	if (req->explain)
		put_bytes(l, BQ_SPAN(" @explain"));
}

/* The query goes behind `--` always, so that whatever it starts with is text. */
static void put_query(struct line *l, struct bq_span query)
{
	size_t start;

	if (query.len == 0)
		return;
	put_bytes(l, BQ_SPAN(" -- "));
	start = l->len;
	put_bytes(l, query);
	for (size_t i = start; i < l->len; i++) {
		if (l->buf[i] == '\n')
			l->buf[i] = ' ';
	}
}

static bool is_id(const char *id)
{
	size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return n > 0 && n <= BQP_MAX_ID && id[n] == '\0' && strcmp(id, "0") != 0;
}

int request_format(const struct bq_client_request *req, char *buf, size_t cap, size_t *out_len, struct bq_error *err)
{
	struct line l = { buf, 0, cap < BQP_MAX_REQUEST + 1 ? cap : BQP_MAX_REQUEST + 1, false };

	if (req->id != NULL) {
		if (!is_id(req->id))
			return bq_error_set(err, BQ_EUSAGE, 0, "a request id is 1 to %u letters, digits or . _ -",
				BQP_MAX_ID);
		put_byte(&l, '#');
		put_bytes(&l, bq_span_of(req->id));
		put_byte(&l, ' ');
	}
	put_bytes(&l, bq_span_of(req->verb));
	put_options(&l, req);
	put_query(&l, req->query);
	put_byte(&l, '\n');
	if (l.over)
		return bq_error_set(err, BQ_ELIMIT, 0, "the request is longer than %u bytes", BQP_MAX_REQUEST);
	*out_len = l.len;
	return BQ_OK;
}
