/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every byte of a small segment, damaged once: verify says so, and a reader
 * that never verified gets an answer or an error, never a crash.
 * BQ_ALL_BITS=1 flips each of the eight bits instead of one at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/docgen.h"
#include "lib/made_index.h"
#include "lib/read_all.h"
#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "segment/segment.h"

enum { DOCS = 260, WORDS = 2, LONG_DOC = 5, LONG_WORDS = 300 };

static struct rng rng;

/* Short documents over few words: some words are in more than 256 of them. */
static void make_doc(uint32_t d, struct bq_buf *text, struct bq_doc_in *in)
{
	static struct rng fixed; /* the same bytes in every run */
	bool is_rich = d % 64 == LONG_DOC;

	if (d == 0)
		fixed = rng_make(7);
	docgen_text(&fixed, d == LONG_DOC ? LONG_WORDS : WORDS, 5, text);
	in->title = is_rich ? BQ_SPAN("Caf\xc3\xa9 sharing shares") : BQ_SPAN("");
	in->fields = is_rich ? BQ_SPAN("{}") : BQ_SPAN("");
	in->file_line = is_rich ? d + 1 : 0;
}

/* **owned**: bq_buf_release(). */
static struct bq_buf sound_file(void)
{
	struct bq_build_opts opts = made_index_opts(1);
	struct tmpdir dir;

	tmpdir_init(&dir);
	made_index_build(dir.path, &opts, DOCS, make_doc);
	struct bq_buf file = made_index_segment(dir.path);
	tmpdir_release(&dir);
	return file;
}

/* Open, read all, verify.  Returns whether the damage was seen. */
static bool damage_is_seen(struct bq_span file, struct bq_arena *mem)
{
	struct bq_read rd = { .mem = mem };
	struct segment *s;
	struct bq_error err;

	if (segment_open_bytes(file, "x.seg", &s, &err) != BQ_OK)
		return true;
	(void)read_all(&s->leaf, &rd);
	bool seen = segment_verify(s, &err) != BQ_OK;
	segment_close(s);
	return seen;
}

static void test_sound(void **state)
{
	struct bq_buf file = sound_file();
	struct bq_arena mem;

	(void)state;
	bq_arena_init(&mem, 256 << 20);
	assert_false(damage_is_seen(bq_buf_span(&file), &mem));
	bq_arena_release(&mem);
	bq_buf_release(&file);
}

static void test_flips(void **state)
{
	struct bq_buf file = sound_file();
	struct bq_arena mem;
	unsigned bits = getenv("BQ_ALL_BITS") == NULL ? 1 : 8;

	(void)state;
	bq_arena_init(&mem, 256 << 20);
	for (size_t at = 0; at < file.len; at++) {
		for (unsigned i = 0; i < bits; i++) {
			uint8_t flip = (uint8_t)(1u << (bits == 8 ? i : (unsigned)rng_below(&rng, 8)));
			file.ptr[at] ^= flip;
			if (!damage_is_seen(bq_buf_span(&file), &mem))
				fail_msg("byte %zu, xor %02x: not seen", at, flip);
			file.ptr[at] ^= flip;
		}
	}
	bq_arena_release(&mem);
	bq_buf_release(&file);
}

/* Cut anywhere: never opened. */
static void test_truncation(void **state)
{
	struct bq_buf file = sound_file();
	struct segment *s;
	struct bq_error err;

	(void)state;
	for (size_t n = 0; n < file.len; n++)
		assert_int_not_equal(segment_open_bytes(bq_span_make(file.ptr, n), "x.seg", &s, &err), BQ_OK);
	bq_buf_release(&file);
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
