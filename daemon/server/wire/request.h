/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One request line, taken apart.  Pure: bytes in, struct out, no allocation.
 *
 *   #7 SEARCH @limit=5 @index="a b" -- "data sharing"
 *    |  |      |    |                  `- query: raw, blanks around it trimmed
 *    |  |      |    `- value, bare or a JSON string
 *    |  |      `- name
 *    |  `- verb, any case
 *    `- id
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/proto.h>
#include <bq/span.h>

#include "server/wire/response.h"

#define REQUEST_MAX_OPTIONS 256u

struct request_option {
	struct bq_span name;
	struct bq_span value; /* decoded */
	bool has_value;       /* `@name=` has one, the empty one; `@name` has none */
	uint32_t at;          /* byte of the '@' in the line */
};

/* All spans are **borrowed** from the line. */
struct request {
	struct bq_span id; /* empty: untagged */
	struct bq_span verb;
	struct bq_span query;
	uint32_t query_at; /* byte of the query in the line */
	uint32_t n_options;
	struct request_option *options; /* the caller's array of REQUEST_MAX_OPTIONS */
};

/* Why a line is no request. */
struct request_fault {
	enum reply_code code;
	uint32_t at; /* byte in the line */
	const char *msg;
};

/* Take `line` apart: `len` bytes without its LF, at most BQP_MAX_REQUEST.  JSON
 * strings are decoded in place, so the line is changed.  out->options is set
 * before the call.  True: `out` is the request.  False: `fault` says why; out->id
 * is set if that much was readable. */
bool request_parse(char *line, size_t len, struct request *out, struct request_fault *fault);

/* The id at the start of a line that may be incomplete; empty if there is none. */
struct bq_span request_peek_id(struct bq_span line);

/* Whether nothing but blanks is in the line: such lines are ignored. */
bool request_is_blank(struct bq_span line);

/* Whether the line is the first of an HTTP request. */
bool request_is_http(struct bq_span line);

#endif
