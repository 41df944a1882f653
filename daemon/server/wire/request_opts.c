/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/wire/request_opts.h"

#include <stddef.h>
#include <string.h>

enum { MAX_TIMEOUT_MS = 3600000 };

enum value_kind {
	VALUE_NUMBER, /* uint32_t at `field` */
	VALUE_WIDE,   /* uint64_t at `field` */
	VALUE_WORD,   /* int-sized enum at `field`: place in `words` */
	VALUE_SPAN,   /* struct bq_span at `field`, not empty */
	VALUE_FLAG,   /* bool at `field`; alone, =1 or =0 */
	VALUE_UNUSED, /* any value, looked at by nobody */
};

#define FIELD(name) offsetof(struct request_opts, name)

static const struct option_row {
	const char *name;
	uint32_t bit;
	enum value_kind kind;
	size_t field;
	uint64_t min, max;
	const char *words[4];
} rows[] = {
	{ "limit", OPT_LIMIT, VALUE_NUMBER, FIELD(limit), 0, BQ_QUERY_MAX_LIMIT, { NULL } },
	{ "offset", OPT_OFFSET, VALUE_NUMBER, FIELD(offset), 0, BQ_QUERY_MAX_WINDOW, { NULL } },
	{ "after", OPT_AFTER, VALUE_SPAN, FIELD(after), 0, 0, { NULL } },
	{ "index", OPT_INDEX, VALUE_SPAN, FIELD(index), 0, 0, { NULL } },
	{ "match", OPT_MATCH, VALUE_WORD, FIELD(match), 0, 0, { "auto", "all", "any", NULL } },
	{ "sort", OPT_SORT, VALUE_WORD, FIELD(sort), 0, 0, { "score", "date", "path", NULL } },
	{ "snippets", OPT_SNIPPETS, VALUE_WORD, FIELD(snippets), 0, 0, { "inline", "lazy", "none", NULL } },
	{ "ctx", OPT_CTX, VALUE_NUMBER, FIELD(ctx), 0, BQP_MAX_CTX, { NULL } },
	{ "hits", OPT_HITS, VALUE_NUMBER, FIELD(hits), 1, BQP_MAX_HITS, { NULL } },
	{ "timeout", OPT_TIMEOUT, VALUE_NUMBER, FIELD(timeout_ms), 1, MAX_TIMEOUT_MS, { NULL } },
	{ "latest", OPT_LATEST, VALUE_SPAN, FIELD(latest), 0, 0, { NULL } },
	{ "partial", OPT_PARTIAL, VALUE_FLAG, FIELD(is_partial), 0, 0, { NULL } },
	{ "syntax", OPT_SYNTAX, VALUE_FLAG, FIELD(is_words), 0, 0, { "query", "words", NULL } },
	{ "stopwords", OPT_STOPWORDS, VALUE_FLAG, FIELD(keeps_stopwords), 0, 0, { "skip", "keep", NULL } },
	{ "total", OPT_TOTAL, VALUE_WORD, FIELD(total), 0, 0, { "auto", "exact", "estimate", "none" } },
	{ "cache", OPT_CACHE, VALUE_UNUSED, 0, 0, 0, { NULL } },
	{ "doc", OPT_DOC, VALUE_UNUSED, 0, 0, 0, { NULL } },
	{ "line", OPT_LINE, VALUE_WIDE, FIELD(line), 1, INT64_MAX, { NULL } },
	{ "lines", OPT_LINES, VALUE_WIDE, FIELD(lines), 0, INT64_MAX, { NULL } },
	{ "proto", OPT_PROTO, VALUE_WIDE, FIELD(proto), 1, INT64_MAX, { NULL } },
	{ "client", OPT_CLIENT, VALUE_UNUSED, 0, 0, 0, { NULL } },
	{ "auth", OPT_AUTH, VALUE_SPAN, FIELD(auth), 0, 0, { NULL } },
};

bool request_opts_number(struct bq_span s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0 || s.len > 19)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	*out = v;
	return v <= max;
}

static const struct option_row *find_row(struct bq_span name)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (bq_span_eq(name, bq_span_of(rows[i].name)))
			return &rows[i];
	return NULL;
}

/* The place of `value` among the row's words, or -1. */
static int find_word(const struct option_row *row, struct bq_span value)
{
	for (int i = 0; i < 4 && row->words[i] != NULL; i++)
		if (bq_span_eq(value, bq_span_of(row->words[i])))
			return i;
	return -1;
}

static bool set_flag(const struct option_row *row, const struct request_option *opt, bool *to)
{
	static const struct option_row plain = { .words = { "0", "1", NULL } };

	if (row->words[0] == NULL && !opt->has_value) {
		*to = true;
		return true;
	}
	int word = find_word(row->words[0] == NULL ? &plain : row, opt->value);
	*to = word == 1;
	return word >= 0;
}

/* Put the option's value where the row says; false if it is none for it. */
static bool set_value(const struct option_row *row, const struct request_option *opt, struct request_opts *out)
{
	void *to = (char *)out + row->field;
	uint64_t number;
	uint32_t narrow;
	int word;

	switch (row->kind) {
	case VALUE_NUMBER:
	case VALUE_WIDE:
		if (!request_opts_number(opt->value, row->max, &number) || number < row->min)
			return false;
		narrow = (uint32_t)number;
		if (row->kind == VALUE_WIDE)
			memcpy(to, &number, sizeof number);
		else
			memcpy(to, &narrow, sizeof narrow);
		return true;
	case VALUE_WORD:
		word = find_word(row, opt->value);
		memcpy(to, &word, sizeof word);
		return word >= 0;
	case VALUE_SPAN:
		memcpy(to, &opt->value, sizeof opt->value);
		return opt->value.len > 0;
	case VALUE_FLAG: return set_flag(row, opt, to);
	default: return true;
	}
}

_Static_assert(sizeof(enum bq_match) == sizeof(int) && sizeof(enum snippets_mode) == sizeof(int),
	"set_value() writes enums as ints");

static bool fail(struct request_fault *fault, enum reply_code code, const struct request_option *opt, const char *msg)
{
	*fault = (struct request_fault){ code, opt == NULL ? 0 : opt->at, msg };
	return false;
}

static bool read_option(const struct request *req, const struct request_option *opt, uint32_t allowed,
	struct request_opts *out, struct request_fault *fault)
{
	if (bq_span_starts(opt->name, BQ_SPAN("x-"))) {
		out->has_ignored = true;
		return true;
	}
	const struct option_row *row = find_row(opt->name);
	if (row == NULL || (row->bit & allowed) == 0)
		return fail(fault, REPLY_UNKNOWN_OPTION, opt, "this request has no such option");
	if (row->bit == OPT_DOC)
		out->n_docs++;
	else
		for (const struct request_option *o = req->options; o < opt; o++)
			if (bq_span_eq(o->name, opt->name))
				return fail(fault, REPLY_BAD_REQUEST, opt, "the option is given twice");
	if (!set_value(row, opt, out))
		return fail(fault, REPLY_BAD_REQUEST, opt, "the option does not take this value");
	return true;
}

bool request_opts_parse(const struct request *req, uint32_t allowed, struct request_opts *out,
	struct request_fault *fault)
{
	memset(out, 0, sizeof *out);
	out->limit = 10;
	out->ctx = 1;
	out->hits = 1;
	out->timeout_ms = BQP_DEFAULT_TIMEOUT_MS;
	out->line = 1;
	out->lines = UINT64_MAX;
	for (uint32_t i = 0; i < req->n_options; i++)
		if (!read_option(req, &req->options[i], allowed, out, fault))
			return false;
	if (out->limit + out->offset > BQ_QUERY_MAX_WINDOW)
		return fail(fault, REPLY_BAD_REQUEST, NULL,
			"limit + offset is above 10,000; @after goes on without end");
	if (out->offset > 0 && out->after.ptr != NULL)
		return fail(fault, REPLY_BAD_REQUEST, NULL, "@offset and @after exclude each other");
	return true;
}

struct bq_span request_opts_doc(const struct request *req, uint32_t *i)
{
	while (*i < req->n_options) {
		const struct request_option *opt = &req->options[(*i)++];
		if (bq_span_eq(opt->name, BQ_SPAN("doc")))
			return opt->value;
	}
	return (struct bq_span){ NULL, 0 };
}

void request_opts_put_ignored(const struct request *req, struct response *r)
{
	for (uint32_t i = 0; i < req->n_options; i++) {
		if (!bq_span_starts(req->options[i].name, BQ_SPAN("x-")))
			continue;
		response_put_name(r, NULL);
		bq_buf_printf(r->out, "\"option @%.*s is ignored\"", (int)req->options[i].name.len,
			req->options[i].name.ptr);
	}
}
