/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random and mutated request lines: the parser never reads outside the line,
 * gives a request or a fault with a place in it, keeps the id where there is
 * one, and reads back what was written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/buf.h>
#include <bq/utf8.h>

#include "lib/rng.h"
#include "server/verb/command.h"
#include "server/wire/request.h"
#include "server/wire/request_opts.h"

static struct rng rng;
static struct request_option options[REQUEST_MAX_OPTIONS];

static bool lies_in(struct bq_span s, const char *line, size_t len)
{
	return s.len == 0 || (s.ptr >= line && s.ptr + s.len <= line + len);
}

/* What holds whatever the line is. */
static void check_line(const char *bytes, size_t len)
{
	char *line = malloc(len == 0 ? 1 : len); /* exactly so long: the sanitizer watches its ends */
	struct request req = { .options = options };
	struct request_fault fault = { 0 };
	struct request_opts opts;

	memcpy(line, bytes, len);
	bool is_sound = request_parse(line, len, &req, &fault);
	assert_true(lies_in(req.id, line, len) && req.id.len <= BQP_MAX_ID);
	if (!is_sound) {
		assert_non_null(fault.msg);
		assert_true(fault.at <= len && fault.code == REPLY_BAD_REQUEST);
		free(line);
		return;
	}
	assert_true(req.verb.len > 0 && lies_in(req.verb, line, len) && lies_in(req.query, line, len));
	assert_true(req.query.len == 0 || (req.query.ptr[0] != ' ' && req.query.ptr[req.query.len - 1] != ' '));
	assert_true(bq_utf8_check(req.query) == req.query.len);
	for (uint32_t i = 0; i < req.n_options; i++) {
		assert_true(lies_in(options[i].name, line, len) && lies_in(options[i].value, line, len));
		assert_true(bq_utf8_check(options[i].value) == options[i].value.len);
		assert_int_equal(bytes[options[i].at], '@');
	}
	const struct command *c = command_find(req.verb);
	if (c != NULL && !request_opts_parse(&req, c->options, &opts, &fault))
		assert_true(fault.msg != NULL && fault.at < len);
	free(line);
}

static const char *const pieces[] = { "#", "#7 ", "#a-b.c_D ", "#0 ", "SEARCH ", "GET ", "count ", "PING", "CANCEL 7",
	"@limit=", "@limit=5 ", "@doc=g1.0123456789abcdef.0.0 ", "@index=\"a\" ", "@x-y ", "@", "=", "\"", "\\",
	"\\u00e9", "\\ud83d\\ude00", "\\ud83d", "-- ", "--", " ", "\t", "word", "\xc3\xa9", "\xc3", "\x80",
	"\xf0\x9f\x98\x80", "0", "99999999999999999999", "@match=any ", "@partial ", "@after=", ",", ".", "\x01",
	"\r" };

static void test_any_line(void **state)
{
	char line[600];

	(void)state;
	for (int round = 0; round < 300000; round++) {
		size_t len = 0, want = rng_skewed(&rng, 40);
		for (size_t i = 0; i < want && len + 40 < sizeof line; i++) {
			const char *piece = pieces[rng_below(&rng, sizeof pieces / sizeof pieces[0])];
			memcpy(line + len, piece, strlen(piece));
			len += strlen(piece);
		}
		for (uint64_t n = rng_below(&rng, 3); n > 0 && len > 0; n--) /* and some bytes that are anything */
			line[rng_below(&rng, len)] = (char)rng_next(&rng);
		check_line(line, len);
	}
}

/* ---- written and read back --------------------------------------------- */

static void put_random_text(struct bq_buf *b, size_t max, const char *alphabet)
{
	for (uint64_t n = rng_below(&rng, max); n > 0; n--)
		bq_buf_put_u8(b, (uint8_t)alphabet[rng_below(&rng, strlen(alphabet))]);
}

static void test_read_back(void **state)
{
	struct bq_buf values[8], line = BQ_BUF_INIT, query = BQ_BUF_INIT;

	(void)state;
	memset(values, 0, sizeof values);
	for (int round = 0; round < 50000; round++) {
		uint32_t n = (uint32_t)rng_below(&rng, 8);
		char id[BQP_MAX_ID + 1];
		snprintf(id, sizeof id, "i%u", (unsigned)rng_below(&rng, 1000000));
		bq_buf_clear(&line);
		bq_buf_printf(&line, "#%s SEARCH", id);
		for (uint32_t i = 0; i < n; i++) {
			bq_buf_clear(&values[i]);
			put_random_text(&values[i], 12, "ab \"\\\t\n@=-\x7f");
			bq_buf_printf(&line, " @o%u=", i);
			bq_buf_put_json(&line, bq_buf_span(&values[i]));
		}
		bq_buf_clear(&query);
		bq_buf_put_u8(&query, 'q');
		put_random_text(&query, 20, "ab \"\\@=-");
		bq_buf_put_u8(&query, 'q');
		bq_buf_printf(&line, "%s%.*s", rng_one_in(&rng, 2) ? " -- " : " ", (int)query.len,
			(const char *)query.ptr);
		struct request req = { .options = options };
		struct request_fault fault = { 0 };
		if (!request_parse((char *)line.ptr, line.len, &req, &fault))
			fail_msg("%s at %u", fault.msg, fault.at);
		assert_true(bq_span_eq(req.id, bq_span_of(id)));
		assert_int_equal(req.n_options, n);
		for (uint32_t i = 0; i < n; i++)
			assert_true(bq_span_eq(options[i].value, bq_buf_span(&values[i])));
		assert_true(bq_span_eq(req.query, bq_buf_span(&query)));
	}
	for (int i = 0; i < 8; i++)
		bq_buf_release(&values[i]);
	bq_buf_release(&line);
	bq_buf_release(&query);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_any_line), cmocka_unit_test(test_read_back) };

	rng = rng_start("prop_request");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
