/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An index read as a source gives the documents that were put in, one for one:
 * of the native engine in one segment or many, without the dead, and of Xapian
 * databases in the order in which documents were dealt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/native_index.h"
#include "lib/rng.h"
#include "lib/sides.h"
#include "lib/xapian_index.h"
#include "source/reread.h"

static struct rng rng;

static void assert_same(struct bq_span a, struct bq_span b, const char *what, uint32_t doc)
{
	if (!bq_span_eq(a, b))
		fail_msg("document %u: its %s is \"%.*s\", not \"%.*s\"", doc, what, (int)a.len, a.ptr, (int)b.len,
			b.ptr);
}

static struct bq_span shown(struct bq_span title)
{
	return title.len > 1024 ? bq_span_first(title, 1024) : title;
}

static void compare(const struct bq_doc_in *got, const struct mem_doc *put, uint32_t doc)
{
	assert_same(got->id, put->id, "id", doc);
	assert_same(got->path, put->path, "path", doc);
	assert_same(got->text, put->text, "text", doc);
	assert_same(shown(got->title), shown(put->title), "title", doc);
	assert_int_equal(got->at, BQ_AT_FILE);
	assert_true(got->mtime_us == put->mtime_us && got->file_bytes == -1 && got->source == 0);
	assert_int_equal(got->fields.len, 0);
	assert_int_equal(got->title_in_text, put->title_in_text);
	if (put->title_in_text && got->title_off != put->title_off)
		fail_msg("document %u: its title \"%.*s\" is at %u, not %u", doc, (int)put->title.len, put->title.ptr,
			(unsigned)got->title_off, (unsigned)put->title_off);
}

static void check(struct bq_index *ix, const struct corpus *c)
{
	struct skips skips;
	struct source_opts opts = { .skips = &skips };
	struct source *s;
	struct bq_doc_in doc;
	struct bq_error err;
	uint32_t at = 0;
	int rc;

	skips_init(&skips);
	if (reread_open(ix, &opts, &s, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	while ((rc = source_next(s, &doc, &err)) == BQ_OK) {
		while (at < c->n && c->docs[at].is_dead)
			at++;
		if (at == c->n)
			fail_msg("more documents than were put in");
		compare(&doc, &c->docs[at], at);
		at++;
	}
	while (at < c->n && c->docs[at].is_dead)
		at++;
	if (rc != BQ_END || at != c->n)
		fail_msg("ended at document %u of %u: %s", at, c->n, rc == BQ_END ? "" : err.msg);
	assert_int_equal(source_next(s, &doc, &err), BQ_END);
	assert_int_equal(skips.n, 0);
	assert_int_equal(reread_count_cut(s), 0);
	source_close(s);
	skips_release(&skips);
}

static void run_native(uint32_t n_docs, bool many_segments)
{
	static struct corpus c;
	struct native_index native;

	corpus_make(&c, &rng, n_docs, true);
	native_index_init(&native, c.docs, n_docs, &c.opts, many_segments);
	check(native.index, &c);
	native_index_release(&native);
	corpus_release(&c);
}

static void test_native(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		run_native((uint32_t)rng_between(&rng, 1, 300), i % 2 != 0);
}

static void test_xapian(void **state)
{
	static struct corpus c;
	struct xapian_index x;

	(void)state;
	for (uint32_t shards = 1; shards <= 4; shards++) {
		uint32_t n = (uint32_t)rng_between(&rng, 1, 150);
		corpus_make(&c, &rng, n, false);
		xapian_index_init(&x, c.docs, n, &c.opts, shards);
		check(x.index, &c);
		xapian_index_release(&x);
		corpus_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_xapian),
	};

	rng = rng_start("prop_reread");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
