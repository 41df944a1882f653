/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every byte of a small segment, damaged once: verify says so, and a reader
 * that never verified gets an answer or an error, never a crash.
 * BQ_ALL_BITS=1 flips each of the eight bits instead of one at random.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>

#include "base/mapfile.h"
#include "lib/docgen.h"
#include "lib/read_all.h"
#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "segment/segment.h"

enum { DOCS = 260, WORDS = 2, LONG_DOC = 5, LONG_WORDS = 300 };

static struct rng rng;

/* Short documents over few words: some words are in more than 256 of them. */
static void build_index(const char *dir)
{
	struct bq_build_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 64 << 20,
		.pairs_min = 1, .pairs_percent = 1000, .n_sources = 1, .sources = &BQ_SPAN("/src") };
	struct bq_build_report report;
	struct bq_build *b;
	struct bq_error err;
	struct rng fixed = rng_make(7); /* the same bytes in every run */

	assert_int_equal(bq_build_open(dir, &opts, &b, &err), BQ_OK);
	for (uint32_t d = 0; d < DOCS; d++) {
		struct bq_buf text = BQ_BUF_INIT;
		docgen_text(&fixed, d == LONG_DOC ? LONG_WORDS : WORDS, 5, &text);
		bool is_rich = d % 64 == LONG_DOC;
		struct bq_doc_in in = { .path = BQ_SPAN("a.jsonl"),
			.title = is_rich ? BQ_SPAN("Caf\xc3\xa9 sharing shares") : BQ_SPAN(""),
			.fields = is_rich ? BQ_SPAN("{}") : BQ_SPAN(""), .text = bq_buf_span(&text), .at = BQ_AT_RECORD,
			.file_line = is_rich ? d + 1 : 0, .mtime_us = INT64_MIN, .file_bytes = -1 };
		assert_int_equal(bq_build_add(b, &in, &err), BQ_OK);
		bq_buf_release(&text);
	}
	assert_int_equal(bq_build_commit(b, &report, &err), BQ_OK);
}

/* A private copy of the segment's bytes; **owned**: free(). */
static uint8_t *copy_segment(const char *dir, size_t *len)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY);
	struct mapfile map;

	assert_int_equal(mapfile_open(dirfd, "00000001.seg", &map, NULL), BQ_OK);
	uint8_t *copy = malloc(map.len);
	assert_non_null(copy);
	memcpy(copy, map.ptr, map.len);
	*len = map.len;
	mapfile_close(&map);
	(void)close(dirfd);
	return copy;
}

/* Open, read all, verify.  Returns whether the damage was seen. */
static bool damage_is_seen(const uint8_t *bytes, size_t len, struct bq_arena *mem)
{
	struct bq_read rd = { .mem = mem };
	struct segment *s;
	struct bq_error err;

	if (segment_open_bytes(bq_span_make(bytes, len), "x.seg", &s, &err) != BQ_OK)
		return true;
	(void)read_all(&s->leaf, &rd);
	bool seen = segment_verify(s, &err) != BQ_OK;
	segment_close(s);
	return seen;
}

static void test_sound(void **state)
{
	struct tmpdir dir;
	struct bq_arena mem;
	size_t len;

	(void)state;
	tmpdir_init(&dir);
	build_index(dir.path);
	uint8_t *bytes = copy_segment(dir.path, &len);
	bq_arena_init(&mem, 256 << 20);
	assert_false(damage_is_seen(bytes, len, &mem));
	bq_arena_release(&mem);
	free(bytes);
	tmpdir_release(&dir);
}

static void test_flips(void **state)
{
	struct tmpdir dir;
	struct bq_arena mem;
	size_t len;
	unsigned bits = getenv("BQ_ALL_BITS") == NULL ? 1 : 8;

	(void)state;
	tmpdir_init(&dir);
	build_index(dir.path);
	uint8_t *bytes = copy_segment(dir.path, &len);
	bq_arena_init(&mem, 256 << 20);
	for (size_t at = 0; at < len; at++) {
		for (unsigned i = 0; i < bits; i++) {
			uint8_t flip = (uint8_t)(1u << (bits == 8 ? i : (unsigned)rng_below(&rng, 8)));
			bytes[at] ^= flip;
			if (!damage_is_seen(bytes, len, &mem))
				fail_msg("byte %zu, xor %02x: not seen", at, flip);
			bytes[at] ^= flip;
		}
	}
	bq_arena_release(&mem);
	free(bytes);
	tmpdir_release(&dir);
}

/* Cut anywhere: never opened. */
static void test_truncation(void **state)
{
	struct tmpdir dir;
	struct segment *s;
	struct bq_error err;
	size_t len;

	(void)state;
	tmpdir_init(&dir);
	build_index(dir.path);
	uint8_t *bytes = copy_segment(dir.path, &len);
	for (size_t n = 0; n < len; n++)
		assert_int_not_equal(segment_open_bytes(bq_span_make(bytes, n), "x.seg", &s, &err), BQ_OK);
	free(bytes);
	tmpdir_release(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_truncation),
	};

	rng = rng_start("corrupt_flips");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
