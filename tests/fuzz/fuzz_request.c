/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a request line: a request whose parts lie in the line and are
 * UTF-8, or a fault that names a byte of it.
 */
#include "fuzz/fuzz.h"

#include <bq/utf8.h>

#include "server/verb/command.h"
#include "server/wire/doc_token.h"
#include "server/wire/request.h"
#include "server/wire/request_opts.h"

static void check_option(const struct request_option *o, const uint8_t *data, const uint8_t *line, size_t size)
{
	FUZZ_CHECK(fuzz_lies_in(o->name, line, size) && fuzz_lies_in(o->value, line, size));
	FUZZ_CHECK(bq_utf8_check(o->value) == o->value.len);
	FUZZ_CHECK(o->at < size && data[o->at] == '@');
}

static void check_request(const struct request *req, const uint8_t *data, const uint8_t *line, size_t size)
{
	struct request_fault fault = { 0 };
	struct request_opts opts;

	FUZZ_CHECK(req->verb.len > 0 && fuzz_lies_in(req->verb, line, size) && fuzz_lies_in(req->query, line, size));
	FUZZ_CHECK(bq_utf8_check(req->query) == req->query.len && req->query_at <= size);
	for (uint32_t i = 0; i < req->n_options; i++)
		check_option(&req->options[i], data, line, size);
	const struct command *c = command_find(req->verb);
	if (c != NULL && !request_opts_parse(req, c->options, &opts, &fault))
		FUZZ_CHECK(fault.msg != NULL && fault.at < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request_option options[REQUEST_MAX_OPTIONS];
	struct request req = { .options = options };
	struct request_fault fault = { 0 };

	if (size > BQP_MAX_REQUEST || memchr(data, '\n', size) != NULL)
		return 0;
	uint8_t *line = fuzz_copy(data, size);
	struct bq_span before = bq_span_make(line, size);
	struct bq_span peeked = request_peek_id(before);
	FUZZ_CHECK(fuzz_lies_in(peeked, line, size) && peeked.len <= BQP_MAX_ID);
	(void)request_is_blank(before);
	(void)request_is_http(before);
	bool is_sound = request_parse((char *)line, size, &req, &fault);
	FUZZ_CHECK(fuzz_lies_in(req.id, line, size) && req.id.len <= BQP_MAX_ID);
	if (is_sound)
		check_request(&req, data, line, size);
	else
		FUZZ_CHECK(fault.msg != NULL && fault.at <= size);
	free(line);
	return 0;
}
