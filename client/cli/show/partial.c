/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show/partial.h"

#include <stdarg.h>
#include <stdio.h>

enum { MAX_NAMED = 4, MAX_AT = 48, MAX_WHY = 100 };

/* A text with a place to write on at; what does not fit is left out. */
struct line {
	char *at;
	size_t left;
};

static void __attribute__((format(printf, 2, 3))) add(struct line *l, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(l->at, l->left, fmt, args);
	va_end(args);
	size_t len = n < 0 ? 0 : (size_t)n < l->left ? (size_t)n : l->left - 1;
	l->at += len;
	l->left -= len;
}

static void add_text(struct line *l, struct bq_span text)
{
	add(l, "%.*s", (int)bq_span_first(text, PARTIAL_MAX - 1).len, text.ptr);
}

static void add_shard(struct line *l, const struct bq_client_shard *s)
{
	add(l, "%.*s", (int)bq_span_first(s->at, MAX_AT).len, s->at.ptr);
	if (s->why.len > 0)
		add(l, " (%.*s)", (int)bq_span_first(s->why, MAX_WHY).len, s->why.ptr);
}

static void add_shards(struct line *l, const struct bq_client_reply *end)
{
	const struct bq_client_end *e = &end->as.end;
	uint32_t n = e->n_shards_failed;

	add(l, "%u", n);
	if (e->shards > 0)
		add(l, " of %llu", (unsigned long long)e->shards);
	add(l, " shard%s missing: ", n == 1 && e->shards <= 1 ? "" : "s");
	for (uint32_t i = 0; i < n && i < MAX_NAMED; i++) {
		struct bq_client_shard s = bq_client_end_shard(end, i);
		add(l, "%s", i == 0 ? "" : ", ");
		add_shard(l, &s);
	}
	if (n > MAX_NAMED)
		add(l, ", and %u more", n - MAX_NAMED);
}

uint32_t partial_other_warnings(const struct bq_client_reply *end)
{
	const struct bq_client_end *e = &end->as.end;

	return e->is_partial && e->n_shards_failed == 0 && e->n_warnings > 0 && bq_span_eq(e->why, BQ_SPAN("index"));
}

const char *partial_describe(const struct bq_client_reply *end, char out[PARTIAL_MAX])
{
	const struct bq_client_end *e = &end->as.end;
	struct line l = { out, PARTIAL_MAX };

	out[0] = '\0';
	if (e->n_shards_failed > 0)
		add_shards(&l, end);
	else if (partial_other_warnings(end) > 0)
		add_text(&l, bq_client_end_warning(end, 0));
	else
		add_text(&l, e->why);
	return out;
}
