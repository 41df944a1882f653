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

/* Trained on `sample` unless it is NULL. */
static struct written write_docs(struct bq_span text, const struct bq_buf *sample, unsigned threads, uint64_t seed)
{
	char name[] = "/tmp/prop_docs.XXXXXX";
	int fd = mkstemp(name);
	struct pool *pool = pool_new(threads);
	struct written w = { .file = container_writer_new(fd) };
	struct docs_writer *d = docs_writer_new(w.file, pool);
	struct rng cuts = rng_make(seed);
	struct bq_buf learnt = BQ_BUF_INIT;
	struct container parts;
	struct bq_error err;

	(void)unlink(name);
	assert_true(fd >= 0 && pool != NULL && d != NULL);
	if (sample != NULL) {
		bq_buf_put_span(&learnt, bq_buf_span(sample));
		docs_train(d, &learnt);
		assert_null(learnt.ptr);
	}
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
	struct written one = write_docs(bq_buf_span(&text), NULL, 1, n),
		three = write_docs(bq_buf_span(&text), NULL, threads, n + 7);
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

/* A dictionary of other bytes than the first: the same from all threads, and better where the first are not like
 * the rest. */
static void compare_samples(size_t n, size_t n_sample)
{
	struct bq_buf text = BQ_BUF_INIT, more = BQ_BUF_INIT, sample = BQ_BUF_INIT;

	make_text(&text, n);
	make_text(&more, n); /* of other words */
	bq_buf_put_span(&text, bq_buf_span(&more));
	bq_buf_put(&sample, text.ptr, n_sample / 2);
	bq_buf_put(&sample, more.ptr, n_sample / 2);
	struct written plain = write_docs(bq_buf_span(&text), NULL, 3, n),
		one = write_docs(bq_buf_span(&text), &sample, 1, n),
		three = write_docs(bq_buf_span(&text), &sample, 3, n + 7);
	assert_int_equal(one.section.len, three.section.len);
	assert_memory_equal(one.section.ptr, three.section.ptr, one.section.len);
	assert_reads_back(three.section, bq_buf_span(&text));
	if (n > 8 * MIB && n_sample > 4 * MIB)
		assert_true(one.section.len < plain.section.len);
	close_docs(&plain);
	close_docs(&one);
	close_docs(&three);
	bq_buf_release(&text);
	bq_buf_release(&more);
	bq_buf_release(&sample);
}

static void test_trained_on_a_sample(void **state)
{
	(void)state;
	compare_samples(1, 2);
	compare_samples(100000, 100000);  /* too few bytes to learn from */
	compare_samples(MIB, 2 * MIB);
	compare_samples(9 * MIB, 8 * MIB);
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
		cmocka_unit_test(test_trained_on_a_sample),
		cmocka_unit_test(test_given_up_in_training),
	};

	rng = rng_start("prop_docs");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
