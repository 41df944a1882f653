/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the @options of a request mean.  One table row an option; a command
 * names the options it takes as a set of bits.
 */
#ifndef SERVER_REQUEST_OPTS_H
#define SERVER_REQUEST_OPTS_H

#include <bq/query.h>

#include "server/wire/request.h"

enum option_bit {
	OPT_LIMIT = 1u << 0,
	OPT_OFFSET = 1u << 1,
	OPT_AFTER = 1u << 2,
	OPT_INDEX = 1u << 3,
	OPT_MATCH = 1u << 4,
	OPT_SORT = 1u << 5,
	OPT_SNIPPETS = 1u << 6,
	OPT_CTX = 1u << 7,
	OPT_HITS = 1u << 8,
	OPT_TIMEOUT = 1u << 9,
	OPT_LATEST = 1u << 10,
	OPT_PARTIAL = 1u << 11,
	OPT_SYNTAX = 1u << 12,
	OPT_STOPWORDS = 1u << 13,
	OPT_TOTAL = 1u << 14,
	OPT_CACHE = 1u << 15,
	OPT_DOC = 1u << 16,
	OPT_LINE = 1u << 17,
	OPT_LINES = 1u << 18,
	OPT_PROTO = 1u << 19,
	OPT_CLIENT = 1u << 20,
	OPT_AUTH = 1u << 21,
};

enum snippets_mode { SNIPPETS_INLINE, SNIPPETS_LAZY, SNIPPETS_NONE };

struct request_opts {
	uint32_t limit, offset;
	struct bq_span after;  /* ptr NULL: none */
	struct bq_span index;  /* names with commas between; ptr NULL: all */
	enum bq_match match;
	enum bq_sort sort;
	enum snippets_mode snippets;
	uint32_t ctx, hits;
	uint32_t timeout_ms;
	struct bq_span latest; /* len 0: none */
	bool is_partial, is_words, keeps_stopwords;
	enum bq_total total;
	uint32_t n_docs;       /* @doc, see request_opts_doc() */
	uint64_t line, lines;
	uint64_t proto;        /* 0: not asked for */
	struct bq_span auth;   /* ptr NULL: not given */
	bool has_ignored;      /* an @x- option was given */
};

/* Read the options of `req`, which may be those in the set `allowed`; spans are
 * **borrowed** from the request.  False: `fault` names the first wrong one. */
bool request_opts_parse(const struct request *req, uint32_t allowed, struct request_opts *out,
	struct request_fault *fault);

/* The next @doc at or after place *i of the request's options; advances *i.
 * The empty span after the last. */
struct bq_span request_opts_doc(const struct request *req, uint32_t *i);

/* `"warnings":[..]` about ignored options, elements only: one string each. */
void request_opts_put_ignored(const struct request *req, struct response *r);

/* A decimal number without sign; false for anything else and above `max`. */
bool request_opts_number(struct bq_span s, uint64_t max, uint64_t *out);

#endif
