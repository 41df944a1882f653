/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>
#include <bq/index.h>

#include "build/compact.h"
#include "lib/made_index.h"
#include "lib/tmpdir.h"

enum { SEGMENT_DOCS = 10 };

static struct tmpdir dir;
static struct bq_arena mem;
static struct manifest old, made;
static struct bq_text *text;
static struct bq_index *ix;
static struct bq_error err;
static struct compact c;

static void make_doc(uint32_t d, struct bq_buf *b, struct bq_doc_in *in)
{
	(void)b;
	*in = (struct bq_doc_in){ .path = BQ_SPAN("p"), .text = BQ_SPAN("some words"), .mtime_us = d, .file_bytes = 1 };
}

/* `n` segments of ten documents, taken over. */
static void start(uint32_t n)
{
	struct bq_build_opts opts = made_index_opts(0);

	opts.segment_docs = SEGMENT_DOCS;
	made_index_build(dir.path, &opts, n * SEGMENT_DOCS, make_doc);
	assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK);
	assert_int_equal(ix->n_leaves, n);
	c.dirfd = open(dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(manifest_read(c.dirfd, &mem, &old, NULL, &err), BQ_OK);
	made = old;
	made.gen++;
	c.manifest = &made;
	c.text = text;
	c.keep_bytes = 1 << 20;
	assert_int_equal(compact_init(&c, ix, &old, &err), BQ_OK);
	assert_int_equal(c.n, n);
}

static int prepare(void **state)
{
	(void)state;
	tmpdir_init(&dir);
	bq_arena_init(&mem, 1 << 20);
	memset(&c, 0, sizeof c);
	return bq_text_new(&(struct bq_text_config){ .lang = "en" }, &text, &err);
}

static int release(void **state)
{
	(void)state;
	compact_release(&c);
	bq_index_unref(ix);
	bq_text_free(text);
	(void)close(c.dirfd);
	bq_arena_release(&mem);
	tmpdir_release(&dir);
	return 0;
}

static void bury(uint32_t i, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		assert_int_equal(compact_bury(&c, i, from, &err), BQ_OK);
}

static bool has(const char *name)
{
	return faccessat(c.dirfd, name, F_OK, 0) == 0;
}

static void test_tombstones(void **state)
{
	(void)state;
	start(2);
	bury(1, 3, 4);
	bury(1, 3, 5); /* the first a second time */
	assert_int_equal(c.members[1].n_dead, 2);
	assert_int_equal(compact_seal(&c, &err), BQ_OK);
	assert_int_equal(compact_tidy(&c, &err), BQ_OK); /* a fifth is not more than a fifth */
	assert_int_equal(c.merges, 0);
	assert_int_equal(compact_finish(&c, &err), BQ_OK);
	assert_int_equal(made.n_segments, 2);
	assert_int_equal(made.n_docs, 20);
	assert_int_equal(made.n_live, 18);
	assert_int_equal(made.segments[0].del_gen, 0);
	assert_int_equal(made.segments[1].del_gen, 2);
	assert_true(has("00000002.del.2"));
	assert_false(has("00000001.del.2"));
	compact_abandon(&c);
	assert_false(has("00000002.del.2"));
	assert_true(has("00000002.seg"));
}

static void test_more_than_a_fifth(void **state)
{
	(void)state;
	start(2);
	bury(0, 0, 3);
	assert_int_equal(compact_seal(&c, &err), BQ_OK);
	assert_int_equal(compact_tidy(&c, &err), BQ_OK);
	assert_int_equal(c.merges, 1);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.members[0].named.n_docs, 7);
	assert_int_equal(c.members[0].n_dead, 0);
	assert_true(c.members[0].is_new);
	assert_false(c.members[1].is_new);
	assert_int_equal(compact_finish(&c, &err), BQ_OK);
	assert_int_equal(made.n_docs, 17);
	assert_int_equal(made.n_live, 17);
	assert_true(has("00000003.seg"));
	assert_true(has("00000001.seg")); /* a reader may have it: it goes with the publishing */
	compact_abandon(&c);
	assert_false(has("00000003.seg"));
	assert_true(has("00000001.seg"));
}

static void test_eight_of_a_size(void **state)
{
	(void)state;
	start(7);
	assert_int_equal(compact_tidy(&c, &err), BQ_OK);
	assert_int_equal(c.merges, 0);
	compact_release(&c);
	bq_index_unref(ix);
	(void)close(c.dirfd);
	start(8);
	assert_int_equal(compact_tidy(&c, &err), BQ_OK);
	assert_int_equal(c.merges, 1);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.members[0].named.n_docs, 80);
}

static void test_segments_without_the_living(void **state)
{
	uint64_t n_docs, n_tokens;

	(void)state;
	start(3);
	bury(1, 0, SEGMENT_DOCS);
	compact_count(&c, &n_docs, &n_tokens);
	assert_int_equal(n_docs, 30);
	assert_int_equal(n_tokens, 60);
	compact_drop_dead(&c);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.members[1].named.number, 3);
	compact_count(&c, &n_docs, &n_tokens);
	assert_int_equal(n_docs, 20);
	assert_int_equal(compact_finish(&c, &err), BQ_OK);
	assert_int_equal(made.segments[1].number, 3);
	assert_true(has("00000002.seg"));
}

static void test_times_of_files(void **state)
{
	const struct stamps *s = &c.members[0].stamps;

	(void)state;
	start(1);
	compact_stamp(&c, 0, 7, 70, 700);
	compact_stamp(&c, 0, 2, 20, 200);
	assert_int_equal(s->n, 0);
	assert_int_equal(compact_seal(&c, &err), BQ_OK);
	assert_int_equal(s->n, 2); /* by document */
	assert_int_equal(s->docs[0], 2);
	assert_int_equal(s->docs[1], 7);
	assert_int_equal(s->mtimes[1], 70);
	assert_int_equal(s->sizes[0], 200);
	assert_int_equal(compact_finish(&c, &err), BQ_OK);
	assert_int_equal(made.segments[0].stat_gen, 2);
	assert_true(has("00000001.stat.2"));
	compact_abandon(&c);
	assert_false(has("00000001.stat.2"));
}

static void test_stopped_and_used_up(void **state)
{
	volatile sig_atomic_t stop = 1;

	(void)state;
	start(2);
	c.stop = &stop;
	assert_int_equal(compact_merge(&c, 3, 0, &err), BQ_ECANCELLED);
	assert_int_equal(c.n, 2); /* as they were */
	c.stop = NULL;
	made.next_segment = MANIFEST_MAX_NUMBER + 1;
	assert_int_equal(compact_merge(&c, 3, 0, &err), BQ_EUSAGE);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.merges, 0);
}

static void test_damage_gets_no_new_checksum(void **state)
{
	const struct container *file;
	int fd;

	(void)state;
	start(2);
	file = &segment_of(ix->leaves[1])->file;
	fd = openat(c.dirfd, "00000002.seg", O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\xff", 1, file->section[SECTION_NORM].ptr - file->file.ptr), 1);
	(void)close(fd);
	assert_int_equal(compact_merge(&c, 3, 0, &err), BQ_EFORMAT);
	assert_int_equal(c.n, 2);
	assert_false(has("00000003.seg"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tombstones, prepare, release),
		cmocka_unit_test_setup_teardown(test_more_than_a_fifth, prepare, release),
		cmocka_unit_test_setup_teardown(test_eight_of_a_size, prepare, release),
		cmocka_unit_test_setup_teardown(test_segments_without_the_living, prepare, release),
		cmocka_unit_test_setup_teardown(test_times_of_files, prepare, release),
		cmocka_unit_test_setup_teardown(test_stopped_and_used_up, prepare, release),
		cmocka_unit_test_setup_teardown(test_damage_gets_no_new_checksum, prepare, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
