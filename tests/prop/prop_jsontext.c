/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A text that is taken out of its line, and a line that is read without a parser, against the
 * whole line read by jansson: random records, sound and broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include <bq/buf.h>

#include "lib/rng.h"
#include "source/jsontext.h"

static struct rng rng;
static unsigned n_found, n_sound, n_both, n_read;

static void put(struct bq_buf *b, const char *s)
{
	bq_buf_put_span(b, bq_span_of(s));
}

/* ---- random lines ------------------------------------------------------ */

static void put_piece(struct bq_buf *b)
{
	static const char *const sound[] = { "a", "plain words of some length", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9",
		"\\u20AC", "\\ud83d\\ude00", "\\u0000", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x7f", "{",
		"}", "[", ":", ",", "text", "\xed\x9f\xbf", "\xef\xbf\xbf", "\xe4\xb8\xad\xe6\x96\x87",
		"\\b\\f\\r\\t" };
	static const char *const broken[] = { "\"", "\\", "\\x", "\\u12", "\\ud83d", "\\ude00", "\\ud83d\\u0041", "\n",
		"\x1f", "\xff", "\xc3", "\xe4\xb8", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80",
		"\\u00g0", "\\U0041", "\\ud83dx" };
	bool is_broken = rng_one_in(&rng, 60);

	if (is_broken)
		put(b, broken[rng_below(&rng, sizeof broken / sizeof *broken)]);
	else
		put(b, sound[rng_below(&rng, sizeof sound / sizeof *sound)]);
	if (rng_one_in(&rng, 500))
		bq_buf_put_u8(b, 0);
}

static void put_string(struct bq_buf *b)
{
	put(b, "\"");
	for (uint64_t n = rng_skewed(&rng, 12); n > 0; n--)
		put_piece(b);
	put(b, "\"");
}

static void put_blank(struct bq_buf *b)
{
	static const char *const blanks[] = { " ", "\t", "\r", "  " };

	if (rng_one_in(&rng, 8))
		put(b, blanks[rng_below(&rng, 4)]);
}

static void put_member(struct bq_buf *b, unsigned depth);

static void put_value(struct bq_buf *b, unsigned depth)
{
	static const char *const plain[] = { "null", "true", "-1.5e3", "0", "{}", "[]", "[\"text\",\"x\"]", "nul", "01",
		"" };

	switch (rng_below(&rng, depth > 2 ? 2 : 3)) {
	case 0: put_string(b); break;
	case 1: put(b, plain[rng_below(&rng, rng_one_in(&rng, 20) ? 10 : 7)]); break;
	default:
		put(b, "{");
		put_member(b, depth + 1);
		put(b, "}");
	}
}

static void put_member(struct bq_buf *b, unsigned depth)
{
	static const char *const names[] = { "\"text\"", "\"id\"", "\"title\"", "\"\\u0074ext\"", "\"texts\"", "\"a\"",
		"\"\"" };

	put_blank(b);
	if (rng_one_in(&rng, 4))
		put(b, "\"text\"");
	else if (rng_one_in(&rng, 3))
		put_string(b);
	else
		put(b, names[rng_below(&rng, sizeof names / sizeof *names)]);
	put_blank(b);
	put(b, rng_one_in(&rng, 50) ? "," : ":");
	put_blank(b);
	put_value(b, depth);
	put_blank(b);
}

static void put_line(struct bq_buf *b)
{
	static const char *const ends[] = { "}", "}}", "", "} x", "]", "} " };

	put(b, rng_one_in(&rng, 40) ? "[" : "{");
	for (uint64_t n = rng_between(&rng, 1, 4); n > 0; n--) {
		put_member(b, 0);
		put(b, n > 1 ? "," : "");
	}
	put(b, ends[rng_one_in(&rng, 10) ? rng_below(&rng, 6) : 0]);
}

/* ---- the comparison ---------------------------------------------------- */

static json_t *load(struct bq_span line)
{
	return json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
}

/* The record without its text says whether the line is sound, and the rest is
 * the same; the text is what the parser would have said. */
static void compare(const struct bq_buf *line, const struct jsontext *at, json_t *whole)
{
	struct bq_buf rest = BQ_BUF_INIT;
	char *text = malloc(at->to - at->from + 1);
	size_t len;
	json_t *short_one;

	bq_buf_put(&rest, line->ptr, at->from);
	bq_buf_put(&rest, line->ptr + at->to, line->len - at->to);
	short_one = load(bq_buf_span(&rest));
	assert_int_equal(short_one == NULL, whole == NULL);
	assert_non_null(text);
	memcpy(text, line->ptr + at->from, at->to - at->from);
	len = jsontext_unescape(text, at->to - at->from);
	assert_true(len <= at->to - at->from);
	if (whole != NULL) {
		const json_t *want = json_object_get(whole, "text");
		assert_int_equal(json_string_length(want), len);
		assert_memory_equal(json_string_value(want), text, len);
		assert_int_equal(json_string_length(json_object_get(short_one, "text")), 0);
		(void)json_object_del(whole, "text");
		(void)json_object_del(short_one, "text");
		assert_true(json_equal(whole, short_one));
		n_both++;
	}
	json_decref(short_one);
	free(text);
	bq_buf_release(&rest);
}

/* Whether the record is one that needs no parser: strings of our names, with a text. */
static bool is_ordinary(json_t *whole)
{
	static const char *const ours[] = { "id", "title", "text" };
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		n += json_is_string(json_object_get(whole, ours[i]));
	return json_is_object(whole) && json_is_string(json_object_get(whole, "text")) && json_object_size(whole) == n;
}

static void compare_member(const struct bq_buf *line, const struct jsontext *at, json_t *want)
{
	size_t len = at->to - at->from;
	char *s = malloc(len + 1);

	assert_int_equal(at->from == 0, want == NULL);
	assert_non_null(s);
	memcpy(s, line->ptr + at->from, len);
	len = jsontext_unescape(s, len);
	assert_int_equal(len, json_string_length(want));
	if (want != NULL)
		assert_memory_equal(s, json_string_value(want), len);
	free(s);
}

/* What is read without a parser is what it would have read; what is not may be had by jsontext_find(). */
static void compare_members(const struct bq_buf *line, json_t *whole)
{
	const char *s = (const char *)line->ptr;
	bool is_escaped = memmem(s, line->len, "\\u0074ext", 9) != NULL;
	struct jsontext_members m;
	struct jsontext at;

	if (jsontext_read(s, line->len, &m)) {
		n_read++;
		assert_true(is_ordinary(whole));
		compare_member(line, &m.id, json_object_get(whole, "id"));
		compare_member(line, &m.title, json_object_get(whole, "title"));
		compare_member(line, &m.text, json_object_get(whole, "text"));
		return;
	}
	assert_true(is_escaped || !is_ordinary(whole));
	if (m.text.from == 0)
		return;
	assert_true(jsontext_find(s, line->len, &at));
	assert_int_equal(at.from, m.text.from);
	assert_int_equal(at.to, m.text.to);
}

static void test_lines(void **state)
{
	struct bq_buf line = BQ_BUF_INIT;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct jsontext at;
		json_t *whole;
		bq_buf_clear(&line);
		put_line(&line);
		whole = load(bq_buf_span(&line));
		n_sound += whole != NULL;
		compare_members(&line, whole);
		if (jsontext_find((const char *)line.ptr, line.len, &at)) {
			n_found++;
			compare(&line, &at, whole);
		}
		json_decref(whole);
	}
	bq_buf_release(&line);
	/* the lines were of all kinds */
	print_message("%u sound, %u with a text, %u both, %u read\n", n_sound, n_found, n_both, n_read);
	assert_true(n_read > 1000);
	assert_true(n_sound > 30000 && n_sound < 95000);
	assert_true(n_found > 10000 && n_both > 5000 && n_both < n_found);
}

/* A name behind which one looks is found: the short cut is taken. */
static void test_what_is_found(void **state)
{
	static const char *const yes[] = { "{\"text\":\"x\"}", "{\"id\":1,\"text\":\"x\"}",
		"{ \"a\" : [{\"text\":\"y\"}], \"text\" : \"x\"", "{\"a\":\"text\",\"text\":\"x\"" };
	static const char *const no[] = { "", "{}", "\"text\":\"x\"", "{\"a\":{\"text\":\"x\"}}", "[\"text\",\"x\"]",
		"{\"text\":1}", "{\"text\"}", "{\"text\":\"x", "{\"text\":\"\\", "{\"Text\":\"x\"}", "{\"text\"",
		"{\"text\":", "{\"a\":\"text:\"}" };
	struct jsontext at;

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (!jsontext_find(yes[i], strlen(yes[i]), &at))
			fail_msg("not found: %s", yes[i]);
		assert_int_equal(at.to - at.from, 1);
		assert_int_equal(yes[i][at.from], 'x');
	}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (jsontext_find(no[i], strlen(no[i]), &at))
			fail_msg("found: %s", no[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_what_is_found),
	};

	rng = rng_start("prop_jsontext");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
