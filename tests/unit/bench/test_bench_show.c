/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What it takes to show a place of a long document, counted in frames of
 * stored text: the same however long the document is and wherever the place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bq/buf.h>

#include "bench/ask.h"
#include "bench/touched.h"
#include "lib/native_index.h"

enum { DOCS = 12, LINES = 20000, PLANTED = 1500 /* lines apart */ };

static struct native_index native;
static struct bq_buf texts[DOCS];

/* Documents of about 1 MB, the phrase each time in another place, its words
 * everywhere. */
static int make_index(void **state)
{
	static struct mem_doc docs[DOCS];
	const struct mem_opts opts = { .text.lang = "none" };

	(void)state;
	for (uint32_t i = 0; i < DOCS; i++) {
		for (uint32_t line = 0; line < LINES; line++)
			bq_buf_printf(&texts[i], line == i * PLANTED + 7 ? "line %u: biometric data\n" :
				"line %u of some data, and what is biometric in it\n", line);
		docs[i] = (struct mem_doc){ .path = BQ_SPAN("a"), .text = bq_buf_span(&texts[i]) };
	}
	native_index_init(&native, docs, DOCS, &opts, false);
	return 0;
}

static int drop_index(void **state)
{
	(void)state;
	native_index_release(&native);
	for (uint32_t i = 0; i < DOCS; i++)
		bq_buf_release(&texts[i]);
	return 0;
}

/* Ask for ten hits and show them. */
static void show(const char *query, struct ask_shown *shown, struct touched *touched)
{
	struct ask a;
	uint64_t count;

	assert_int_equal(ask_init(&a, native.dir.path), BQ_OK);
	a.shows = true;
	a.clock = CLOCK_MONOTONIC;
	touched_begin(a.index, touched);
	assert_int_equal(ask_run(&a, ask_command_find(BQ_SPAN("TOP_10")), bq_span_of(query), &count), BQ_OK);
	touched_end(a.index);
	assert_int_equal(count, 10);
	*shown = a.shown;
	ask_release(&a);
}

static void test_frames(void **state)
{
	static const char *const queries[] = { "\"biometric data\"", "biometric", "+biometric +data" };
	struct ask_shown shown;
	struct touched touched;

	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		show(queries[i], &shown, &touched);
		assert_int_equal(shown.hits, 10);
		assert_in_range(shown.bytes, 10 * 60, 10 * 180); /* three lines */
		assert_in_range(touched.frames, 10, 25); /* what a snippet may take lies in 1 to 3 */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_frames) };

	return cmocka_run_group_tests(tests, make_index, drop_index);
}
