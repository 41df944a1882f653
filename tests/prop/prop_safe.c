/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever a document holds, what leaves the printer is UTF-8 without control
 * bytes; harmless text leaves as it came; JSON keeps its value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/show/printer.h"
#include "cli/show/safe.h"
#include "lib/rng.h"

static struct rng rng;

/* The slow obvious reading of the rule, over UTF-8 that jansson accepts. */
static bool is_clean(const char *s, size_t len, enum safe_mode mode)
{
	static const char *const banned[] = { "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
		"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\xe2\x80\x8e",
		"\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xe2\x80\x8b", "\xd8\x9c" };
	json_t *valid = json_stringn(s, len); /* NULL for what is no UTF-8 */

	if (valid == NULL)
		return false;
	json_decref(valid);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i], d = i + 1 < len ? (unsigned char)s[i + 1] : 0;
		if (c < 0x20 && c != '\t' && !(c == '\n' && mode == SAFE_TEXT))
			return false;
		if (c == 0x7f || (c == 0xc2 && d >= 0x80 && d <= 0x9f))
			return false;
	}
	for (size_t i = 0; i < sizeof banned / sizeof banned[0]; i++) {
		if (memmem(s, len, banned[i], strlen(banned[i])) != NULL)
			return false;
	}
	return true;
}

/* Up to 200 bytes that love trouble. */
static size_t make_text(char *out)
{
	static const char *const bits[] = { "\x1b[31m", "\x1b]52;c;aGk=\x07", "\x9b", "\xc2\x9b", "\xe2\x80\xae",
		"\xef\xbb\xbf", "\r", "\n", "\t", "\x7f", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "\xe2\x80",
		"\xf4\x90\x80\x80", "\xc0\xaf", "word ", "\xe2\x80\x8d", "\xf3\xa0\x81\x81", "\"", "\\", "\xd8\x9c" };
	size_t n = 0, want = rng_below(&rng, 190);

	while (n < want) {
		const char *bit = bits[rng_below(&rng, sizeof bits / sizeof bits[0])];
		if (rng_below(&rng, 3) == 0) {
			out[n++] = (char)rng_below(&rng, 256);
		} else {
			memcpy(out + n, bit, strlen(bit));
			n += strlen(bit);
		}
	}
	return n;
}

static char *written(struct bq_span s, enum safe_mode mode, size_t *len)
{
	char *out = NULL;
	FILE *f = open_memstream(&out, len);

	assert_non_null(f);
	safe_write(f, s, mode);
	fclose(f);
	return out;
}

static void test_nothing_gets_through(void **state)
{
	char text[256];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		enum safe_mode mode = i % 2 == 0 ? SAFE_TEXT : SAFE_LINE;
		size_t n = make_text(text), len;
		char *out = written(bq_span_make(text, n), mode, &len);
		assert_true(is_clean(out, len, mode));
		/* Cleaning twice changes nothing more. */
		size_t again_len;
		char *again = written(bq_span_make(out, len), mode, &again_len);
		assert_int_equal(again_len, len);
		assert_memory_equal(again, out, len);
		free(again);
		free(out);
	}
}

static void test_harmless_text_stays(void **state)
{
	static const char *const texts[] = { "plain", "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac",
		"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
		"\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xd9\x88\xd8\xa7\xd9\x87\xd9\x85", "tab\there", "\\x1b is text" };
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char *out = written(bq_span_of(texts[i]), SAFE_LINE, &len);
		assert_string_equal(out, texts[i]);
		free(out);
	}
	char *out = written(BQ_SPAN("a\x1b[0m\r\nb\xe2\x80\xae"), SAFE_TEXT, &len);
	assert_string_equal(out, "a\\x1b[0m\\x0d\nb\\u202e");
	free(out);
}

/* JSON text comes out as clean JSON text of the same value. */
static void test_json_keeps_its_value(void **state)
{
	char text[256];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = make_text(text), len;
		json_t *value = json_stringn(text, n);
		if (value == NULL)
			continue;
		json_t *object = json_pack("{s:o}", "text", value);
		char *sent = json_dumps(object, 0), *out = NULL;
		FILE *f = open_memstream(&out, &len);
		struct printer p = { .out = f };
		printer_json(&p, "\"kind\":\"SNIP\"", bq_span_of(sent));
		fclose(f);
		assert_true(len > 0 && out[len - 1] == '\n');
		assert_true(is_clean(out, len - 1, SAFE_JSON));
		json_t *back = json_loads(out, JSON_ALLOW_NUL, NULL);
		assert_true(json_equal(json_object_get(back, "text"), value));
		assert_string_equal(json_string_value(json_object_get(back, "kind")), "SNIP");
		json_decref(back);
		json_decref(object);
		free(sent);
		free(out);
	}
}

/* Marks fall on what was marked, whatever the ranges cut through. */
static void test_marks(void **state)
{
	const struct bq_client_range ranges[] = { { 0, 2 }, { 4, 9 } };
	const struct printer_marks marks = { ranges, 2, 3 };
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	struct printer p = { .out = f, .is_color = true };

	(void)state;
	printer_marked(&p, BQ_SPAN("abcdefg"), &marks); /* bytes 3..10 of the whole */
	fclose(f);
	assert_string_equal(out, "a\033[1;31mbcdef\033[0mg");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_gets_through),
		cmocka_unit_test(test_harmless_text_stays),
		cmocka_unit_test(test_json_keeps_its_value),
		cmocka_unit_test(test_marks),
	};

	rng = rng_start("prop_safe");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
