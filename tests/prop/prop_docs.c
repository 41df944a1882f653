/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * DOCS by several threads against DOCS by one: the same bytes, whether text ends while its
 * dictionary is being made, before that or after; and the text is what was put.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/arena.h>
#include <bq/buf.h>

#include "lib/rng.h"
#include "segment/docs.h"

enum { MIB = 1 << 20, WORDS = 5000 };

static struct rng rng;

/* A section that has been written. */
struct written {
	struct container_writer *file;
	struct mapfile map;
	struct bq_span section;
};

/* Text that compresses, `n` bytes. */
static void make_text(struct bq_buf *out, size_t n)
{
	static char words[WORDS][8];

	for (unsigned i = 0; i < WORDS * 8; i++)
		words[i / 8][i % 8] = (char)('a' + rng_below(&rng, 26));
	while (out->len < n) {
		const char *w = words[rng_skewed(&rng, WORDS)];
		bq_buf_put(out, w, 2 + (size_t)(w[7] - 'a') % 6);
		bq_buf_put_u8(out, ' ');
	}
	out->len = n;
}

static struct written write_docs(struct bq_span text, unsigned threads, uint64_t seed)
{
	char name[] = "/tmp/prop_docs.XXXXXX";
	int fd = mkstemp(name);
	struct pool *pool = pool_new(threads);
	struct written w = { .file = container_writer_new(fd) };
	struct docs_writer *d = docs_writer_new(w.file, pool);
	struct rng cuts = rng_make(seed);
	struct container parts;
	struct bq_error err;

	(void)unlink(name);
	assert_true(fd >= 0 && pool != NULL && d != NULL);
	while (text.len != 0) {
		size_t n = 1 + (size_t)rng_below(&cuts, 200000);
		n = n < text.len ? n : text.len;
		docs_put(d, bq_span_first(text, n));
		text = bq_span_from(text, n);
	}
	assert_int_equal(docs_finish(d), BQ_OK);
	docs_writer_free(d);
	pool_free(pool);
	assert_int_equal(container_read_back(w.file, &w.map, &parts, &err), BQ_OK);
	w.section = parts.section[SECTION_DOCS];
	return w;
}

static void close_docs(struct written *w)
{
	mapfile_close(&w->map);
	container_writer_free(w->file);
}

static void assert_reads_back(struct bq_span section, struct bq_span text)
{
	struct docs_reader d;
	struct bq_error err;
	struct bq_arena mem;
	struct bq_span got;

	bq_arena_init(&mem, SIZE_MAX);
	assert_int_equal(docs_open(section, "docs", &d, &err), BQ_OK);
	assert_int_equal(d.raw_bytes, text.len);
	for (uint64_t at = 0, n; at < text.len; at += n) {
		n = text.len - at < MIB ? text.len - at : MIB;
		assert_int_equal(docs_get(&d, at, n, &mem, &got), BQ_OK);
		assert_int_equal(got.len, n);
		assert_memory_equal(got.ptr, text.ptr + at, n);
		bq_arena_reset(&mem);
	}
	docs_close(&d);
	bq_arena_release(&mem);
}

static void compare_threads(size_t n)
{
	struct bq_buf text = BQ_BUF_INIT;
	const unsigned threads = 3;

	make_text(&text, n);
	struct written one = write_docs(bq_buf_span(&text), 1, n),
		three = write_docs(bq_buf_span(&text), threads, n + 7);
	assert_int_equal(one.section.len, three.section.len);
	assert_memory_equal(one.section.ptr, three.section.ptr, one.section.len);
	assert_reads_back(three.section, bq_buf_span(&text));
	close_docs(&one);
	close_docs(&three);
	bq_buf_release(&text);
}

static void test_threads_write_the_same(void **state)
{
	(void)state;
	compare_threads(0);
	compare_threads(1);
	compare_threads((size_t)rng_below(&rng, 100000));
	compare_threads(2 * MIB);             /* trained at the end */
	compare_threads(8 * MIB);             /* just when it is */
	compare_threads(8 * MIB + 1 + (size_t)rng_below(&rng, MIB)); /* still trained, likely */
	compare_threads(17 * MIB);            /* no longer */
}

/* What a failed build leaves behind goes, too. */
static void test_given_up_in_training(void **state)
{
	char name[] = "/tmp/prop_docs.XXXXXX";
	int fd = mkstemp(name);
	struct pool *pool = pool_new(2);
	struct container_writer *file = container_writer_new(fd);
	struct docs_writer *d = docs_writer_new(file, pool);
	struct bq_buf text = BQ_BUF_INIT;

	(void)state;
	(void)unlink(name);
	make_text(&text, 9 * MIB);
	docs_put(d, bq_buf_span(&text));
	docs_writer_free(d);
	container_writer_free(file);
	pool_free(pool);
	bq_buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_write_the_same),
		cmocka_unit_test(test_given_up_in_training),
	};

	rng = rng_start("prop_docs");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
