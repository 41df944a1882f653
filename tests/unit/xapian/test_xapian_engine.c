/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine over Xapian databases: those of others, those that change, those
 * that are damaged, generations, and many threads at once.  That answers are
 * right: prop_xapian_engine.c.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/xapian.h>

#include "lib/sides.h"
#include "lib/tmpdir.h"
#include "lib/xapian_db.h"
#include "lib/xapian_index.h"

static const char *const texts[] = { "biometric data sharing", "data shared among states", "a treaty on fishing" };
enum { N_TEXTS = sizeof texts / sizeof texts[0] };

static struct bq_index *open_index(const char *path)
{
	struct bq_index *ix;
	struct bq_error err;
	char name[400];

	(void)snprintf(name, sizeof name, "xapian:%s", path);
	if (bq_index_open(name, &ix, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	return ix;
}

static uint32_t count_hits(struct bq_index *ix, const char *text)
{
	struct bq_query_opts opts = { .match = BQ_MATCH_ALL, .limit = 10, .total = BQ_TOTAL_EXACT };
	struct bq_buf query = BQ_BUF_INIT;
	struct side s;

	side_init(&s, ix);
	bq_buf_printf(&query, "%s", text);
	side_ask(&s, &query, &opts);
	uint32_t n = s.hits.n;
	side_release(&s);
	bq_buf_release(&query);
	return n;
}

/* ---- databases of others --------------------------------------------------------- */

static void test_others(void **state)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	struct bq_doc_head head;
	struct bq_index *ix;
	struct bq_span text;
	struct tmpdir dir;

	(void)state;
	bq_arena_init(&mem, 8 << 20);
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	ix = open_index(dir.path);
	assert_string_equal(ix->text.lang, "en");
	assert_int_equal(ix->n_live, N_TEXTS);
	assert_int_equal(count_hits(ix, "sharing"), 2); /* by its stem */
	assert_int_equal(count_hits(ix, "\"sharing\""), 1);
	assert_int_equal(count_hits(ix, "\"data sharing\""), 1);
	assert_int_equal(count_hits(ix, "\"sharing data\""), 0);
	assert_int_equal(count_hits(ix, "data -biometric"), 1);
	assert_int_equal(bq_leaf_head(ix->leaves[0], 1, &head, &rd), BQ_OK);
	assert_true(bq_span_eq(head.id, BQ_SPAN("2")));
	assert_int_equal(bq_leaf_text(ix->leaves[0], &head, 0, 10, &text, &rd), BQ_ENOTFOUND);
	assert_int_equal(bq_leaf_head(ix->leaves[0], N_TEXTS, &head, &rd), BQ_ENOTFOUND);
	struct bq_term stem, *forms;
	uint32_t n;
	assert_int_equal(bq_leaf_find(ix->leaves[0], BQ_TERM_STEM, BQ_SPAN("share"), &stem, &rd), BQ_OK);
	assert_int_equal(bq_leaf_forms(ix->leaves[0], &stem, &forms, &n, &rd), BQ_OK);
	assert_int_equal(n, 2); /* shared, sharing */
	assert_int_equal(rd.error.status, BQ_OK);
	bq_index_unref(ix);
	bq_arena_release(&mem);
	tmpdir_release(&dir);
}

static void add_as(struct xapian_c_writer *w, const char *data, const char *const *terms, const char *subject)
{
	struct xapian_c_document *d;
	struct xapian_c_error x;

	xapian_ok(xapian_c_document_new(&d, &x), &x);
	xapian_ok(xapian_c_document_set_data(d, xapian_c_str(data), &x), &x);
	for (; *terms != NULL; terms++)
		xapian_ok(xapian_c_document_add_term(d, xapian_c_str(*terms), 1, &x), &x);
	if (subject != NULL) {
		xapian_ok(xapian_c_document_set_number(d, 0, 1.5e9, &x), &x);
		xapian_ok(xapian_c_document_set_value(d, 3, xapian_c_str(subject), &x), &x);
	}
	xapian_ok(xapian_c_writer_add(w, d, NULL, &x), &x);
	xapian_c_document_free(d);
}

static void check_head(const struct bq_index *ix, uint32_t doc, struct bq_span path, const char *id, const char *title)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	struct bq_doc_head head;

	bq_arena_init(&mem, 1 << 20);
	assert_int_equal(bq_leaf_head(ix->leaves[0], doc, &head, &rd), BQ_OK);
	if (!bq_span_eq(head.title, bq_span_of(title)) || !bq_span_eq(head.id, bq_span_of(id)) || !bq_span_eq(head.path, path))
		fail_msg("document %u: \"%.*s\" \"%.*s\" \"%.*s\"", doc, (int)head.id.len, head.id.ptr, (int)head.title.len,
			head.title.ptr, (int)head.path.len, head.path.ptr);
	bq_arena_release(&mem);
}

/* What a hit in databases of Omega, Recoll and notmuch is called. */
static void test_names_of_others(void **state)
{
	static const char *const word[] = { "word", NULL }, *const place[] = { "XDIRECTORYcur", NULL },
		*const mail[] = { "word", "Qone@example.org", "Tmail", "XFDIRENTRY4:1:2,S", NULL },
		*const lost[] = { "word", "Qtwo@example.org", "Tmail", "XFDIRENTRY77:x", NULL },
		*const odd[] = { "word", "Tmail", "XFDIRENTRY99999999999:x", NULL };
	struct xapian_c_writer *w;
	struct xapian_c_error x;
	char path[600], long_sample[300] = "sample=", file[700];
	struct bq_index *ix;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	(void)snprintf(path, sizeof path, "%s/.notmuch", dir.path);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/.notmuch/xapian", dir.path);
	(void)memset(long_sample + 7, 'x', 60);
	(void)strcpy(long_sample + 67, " and words that end after the limit of a title, of which these are no part");
	xapian_ok(xapian_c_writer_open(path, XAPIAN_C_WRITE_CREATE, &w, &x), &x);
	add_as(w, "url=/a\nsample=how it begins\n", word, NULL);
	add_as(w, "url=/b\nabstract=?!#@how it begins\n", word, NULL);
	add_as(w, long_sample, word, NULL);
	add_as(w, "cur", place, NULL);
	add_as(w, "", mail, "Biometric data");
	add_as(w, "", lost, "");
	add_as(w, "", odd, NULL);
	xapian_ok(xapian_c_writer_commit(w, &x), &x);
	xapian_c_writer_free(w);
	ix = open_index(path);
	char *root = realpath(dir.path, NULL);
	(void)snprintf(file, sizeof file, "%s/cur/1:2,S", root);
	free(root);
	check_head(ix, 0, BQ_SPAN("/a"), "1", "how it begins");
	check_head(ix, 1, BQ_SPAN("/b"), "2", "how it begins");
	(void)strcpy(long_sample + 67, " and words that end after the limit of a");
	check_head(ix, 2, BQ_SPAN(""), "3", long_sample + 7);
	check_head(ix, 4, bq_span_of(file), "one@example.org", "Biometric data");
	check_head(ix, 5, BQ_SPAN(""), "two@example.org", "");
	check_head(ix, 6, BQ_SPAN(""), "7", "");
	bq_index_unref(ix);
	tmpdir_release(&dir);
}

/* Numbers without a document are dead, and those of documents stay. */
static void test_gaps(void **state)
{
	struct xapian_c_writer *w;
	struct xapian_c_error x;
	struct bq_index *ix;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &x), &x);
	xapian_ok(xapian_c_writer_delete(w, 2, &x), &x);
	xapian_ok(xapian_c_writer_commit(w, &x), &x);
	xapian_c_writer_free(w);
	ix = open_index(dir.path);
	assert_int_equal(ix->n_live, 2);
	assert_int_equal(ix->leaves[0]->n_dead, 1);
	assert_false(bq_leaf_is_dead(ix->leaves[0], 0));
	assert_true(bq_leaf_is_dead(ix->leaves[0], 1));
	assert_false(bq_leaf_is_dead(ix->leaves[0], 2));
	assert_int_equal(count_hits(ix, "data"), 1);
	assert_int_equal(count_hits(ix, "fishing"), 1);
	bq_index_unref(ix);
	tmpdir_release(&dir);
}

/* Terms that count in a document and stand nowhere in it, as programs other than
 * ours may write them: found as words, in no phrase, and no damage. */
static void test_without_positions(void **state)
{
	struct xapian_c_document *d;
	struct xapian_c_writer *w;
	struct xapian_c_error x;
	struct bq_index *ix;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &x), &x);
	xapian_ok(xapian_c_document_new(&d, &x), &x);
	xapian_ok(xapian_c_document_add_term(d, xapian_c_str("data"), 3, &x), &x);
	xapian_ok(xapian_c_document_add_term(d, xapian_c_str("sharing"), 1, &x), &x);
	xapian_ok(xapian_c_document_add_posting(d, xapian_c_str("biometric"), 7, 5, &x), &x);
	xapian_ok(xapian_c_writer_add(w, d, NULL, &x), &x);
	xapian_ok(xapian_c_writer_commit(w, &x), &x);
	xapian_c_document_free(d);
	xapian_c_writer_free(w);
	ix = open_index(dir.path);
	assert_int_equal(count_hits(ix, "\"data\""), 3);
	assert_int_equal(count_hits(ix, "\"data sharing\""), 1);
	assert_int_equal(count_hits(ix, "\"biometric data sharing\""), 1);
	assert_int_equal(count_hits(ix, "\"biometric data\""), 1);
	bq_index_unref(ix);
	tmpdir_release(&dir);
}

/* Words with a prefix are no words of the text. */
static void test_prefixes_are_no_words(void **state)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	struct bq_terms it;
	struct bq_index *ix;
	struct tmpdir dir;
	unsigned n = 0;

	(void)state;
	bq_arena_init(&mem, 8 << 20);
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	ix = open_index(dir.path);
	bq_terms_init(&it, ix->leaves[0], BQ_TERM_WORD, BQ_SPAN(""), &rd);
	for (; bq_terms_next(&it); n++)
		assert_true(it.word.ptr[0] >= 'a' && it.word.ptr[0] <= 'z' && it.term.df > 0);
	assert_int_equal(n, 10);
	bq_terms_init(&it, ix->leaves[0], BQ_TERM_WORD, BQ_SPAN("shar"), &rd);
	assert_true(bq_terms_next(&it));
	assert_true(bq_span_eq(it.word, BQ_SPAN("shared")));
	assert_true(bq_terms_next(&it));
	assert_false(bq_terms_next(&it));
	assert_int_equal(rd.error.status, BQ_OK);
	bq_index_unref(ix);
	bq_arena_release(&mem);
	tmpdir_release(&dir);
}

/* ---- what cannot be served ---------------------------------------------------------- */

static int try_open(const char *path, struct bq_error *err)
{
	struct bq_index *ix;
	char name[400];

	(void)snprintf(name, sizeof name, "xapian:%s", path);
	int rc = bq_index_open(name, &ix, err);
	if (rc == BQ_OK)
		bq_index_unref(ix);
	else
		assert_null(ix);
	return rc;
}

static void test_refused(void **state)
{
	struct bq_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	assert_int_equal(try_open("/nonesuch", &err), BQ_ENOTFOUND);
	assert_int_equal(try_open(dir.path, &err), BQ_ENOTFOUND);
	assert_non_null(strstr(err.msg, "no Xapian database"));
	tmpdir_put(&dir, "XAPIANDB", BQ_SPAN("remote localhost:1\n"));
	assert_true(try_open(dir.path, &err) < 0);
	tmpdir_put(&dir, "XAPIANDB", BQ_SPAN("auto nowhere\n"));
	assert_int_equal(try_open(dir.path, &err), BQ_ENOTFOUND);
	tmpdir_put(&dir, "XAPIANDB", BQ_SPAN(""));
	assert_true(try_open(dir.path, &err) < 0);
	assert_true(err.msg[0] != '\0');
	tmpdir_release(&dir);
}

/* Each file of a database cut: opening or asking says so, or the answer is
 * right. */
static void test_cut_files(void **state)
{
	static const char *const names[] = { "iamglass", "postlist.glass", "docdata.glass", "termlist.glass",
		"position.glass" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct bq_query_opts opts = { .match = BQ_MATCH_ALL, .limit = 10 };
		struct bq_index *ix;
		struct bq_query *q;
		struct bq_hits hits;
		struct bq_error err = { 0 };
		struct tmpdir dir;
		char name[400];
		tmpdir_init(&dir);
		xapian_db_write(dir.path, texts, N_TEXTS);
		char *path = tmpdir_path(&dir, names[i]);
		assert_int_equal(truncate(path, 60), 0);
		free(path);
		(void)snprintf(name, sizeof name, "xapian:%s", dir.path);
		if (bq_index_open(name, &ix, &err) != BQ_OK) {
			assert_true(err.msg[0] != '\0');
		} else {
			struct side s;
			side_init(&s, ix);
			int rc = bq_query_parse(s.searcher, &s.view, BQ_SPAN("\"data sharing\""), &opts, &s.mem, &q,
				&err);
			if (rc == BQ_OK)
				rc = bq_query_search(q, &hits, &err);
			if (rc != BQ_OK)
				assert_true(err.msg[0] != '\0');
			else if (hits.n > 1)
				fail_msg("%s: %u hits", names[i], hits.n);
			side_release(&s);
			bq_index_unref(ix);
		}
		tmpdir_release(&dir);
	}
}

/* A database that its owner changes: the stamp says so; until it is opened
 * again there is an answer or an error that says so. */
static void test_changed(void **state)
{
	struct bq_index_stamp before, after;
	struct xapian_c_writer *w;
	struct xapian_c_error x;
	struct bq_index *ix;
	struct tmpdir dir;
	char name[400];

	(void)state;
	tmpdir_init(&dir);
	xapian_db_write(dir.path, texts, N_TEXTS);
	(void)snprintf(name, sizeof name, "xapian:%s", dir.path);
	ix = open_index(dir.path);
	assert_int_equal(bq_index_stamp(name, NULL, &before, NULL), BQ_OK);
	assert_int_equal(bq_index_stamp(name, &before, &after, NULL), BQ_OK);
	assert_memory_equal(&before, &after, sizeof before);
	xapian_ok(xapian_c_writer_open(dir.path, 0, &w, &x), &x);
	for (unsigned i = 0; i < 3; i++) {
		xapian_db_add(w, "more data sharing", 100 + i);
		xapian_ok(xapian_c_writer_commit(w, &x), &x);
	}
	xapian_c_writer_free(w);
	assert_int_equal(bq_index_stamp(name, &before, &after, NULL), BQ_OK);
	assert_true(memcmp(&before, &after, sizeof before) != 0);
	bq_index_unref(ix);
	ix = open_index(dir.path);
	assert_int_equal(count_hits(ix, "sharing"), 5);
	bq_index_unref(ix);
	tmpdir_release(&dir);
}

/* ---- generations ----------------------------------------------------------------------- */

static int build(const char *dir, uint32_t shards, unsigned n, struct bq_build_report *report, struct bq_error *err)
{
	struct bq_build_opts o = { .text.lang = "en", .k1 = 0.9f, .b = 0.4f, .memory_bytes = 64 << 20 };
	struct bq_xapian_build *b;
	int rc = bq_xapian_build_open(dir, &o, shards, &b, err);

	for (unsigned i = 0; i < n && rc == BQ_OK; i++) {
		struct bq_doc_in in = { .path = BQ_SPAN("a.TXT"), .text = bq_span_of(texts[i % N_TEXTS]),
			.mtime_us = INT64_MIN, .file_bytes = -1 };
		rc = bq_xapian_build_add(b, &in, err);
	}
	return rc == BQ_OK ? bq_xapian_build_commit(b, report, err) : rc;
}

static bool has(const struct tmpdir *d, const char *name)
{
	char *path = tmpdir_path(d, name);
	struct stat st;
	bool is_there = stat(path, &st) == 0;

	free(path);
	return is_there;
}

static void test_generations(void **state)
{
	struct bq_build_report report;
	struct bq_index *old, *new;
	struct bq_error err;
	struct tmpdir dir;

	(void)state;
	tmpdir_init(&dir);
	assert_int_equal(build(dir.path, 2, 3, &report, &err), BQ_OK);
	assert_int_equal(report.gen, 1);
	assert_int_equal(report.documents, 3);
	assert_true(report.index_bytes > 0 && report.tokens == 11);
	old = open_index(dir.path);
	assert_int_equal(old->n_leaves, 2);
	assert_int_equal(old->leaves[0]->n_docs, 2);
	assert_int_equal(build(dir.path, 1, 4, &report, &err), BQ_OK);
	new = open_index(dir.path);
	assert_int_equal(new->gen, 2);
	assert_int_equal(new->n_docs, 4);
	assert_int_equal(count_hits(old, "\"data sharing\""), 1); /* its files are there yet */
	assert_int_equal(count_hits(new, "\"data sharing\""), 2);
	assert_true(has(&dir, "1"));
	assert_int_equal(build(dir.path, 3, 0, &report, &err), BQ_OK);
	assert_false(has(&dir, "1"));
	assert_true(has(&dir, "2"));
	bq_index_unref(new);
	new = open_index(dir.path);
	assert_int_equal(new->n_docs, 0);
	assert_int_equal(count_hits(new, "data"), 0);
	bq_index_unref(new);
	bq_index_unref(old);
	tmpdir_release(&dir);
}

static void test_build_refuses(void **state)
{
	struct bq_build_opts o = { .text.lang = "en", .k1 = 0.9f, .b = 0.4f, .memory_bytes = 64 << 20 };
	struct bq_xapian_build *b, *c;
	struct bq_build_report report;
	struct bq_error err;
	struct tmpdir dir, other;

	(void)state;
	tmpdir_init(&dir);
	tmpdir_init(&other);
	assert_int_equal(bq_xapian_build_open(dir.path, &o, 0, &b, &err), BQ_EUSAGE);
	assert_int_equal(bq_xapian_build_open(dir.path, &o, BQ_XAPIAN_MAX_SHARDS + 1, &b, &err), BQ_EUSAGE);
	tmpdir_put(&other, "letter.txt", BQ_SPAN("not an index"));
	assert_int_equal(bq_xapian_build_open(other.path, &o, 1, &b, &err), BQ_EUSAGE);
	assert_null(b);
	assert_int_equal(bq_xapian_build_open(dir.path, &o, 1, &b, &err), BQ_OK);
	assert_int_equal(bq_xapian_build_open(dir.path, &o, 1, &c, &err), BQ_ELOCKED);
	bq_xapian_build_abort(b);
	bq_xapian_build_abort(NULL);
	assert_false(has(&dir, "1"));
	assert_int_equal(build(dir.path, 1, 1, &report, &err), BQ_OK); /* what an aborted one left is no hindrance */
	struct bq_build *native;
	assert_int_equal(bq_build_open(dir.path, &o, &native, &err), BQ_EUSAGE);
	o.update = true;
	assert_int_equal(bq_xapian_build_open(dir.path, &o, 1, &b, &err), BQ_EUSAGE);
	tmpdir_release(&dir);
	tmpdir_release(&other);
}

/* ---- threads ------------------------------------------------------------------------------ */

static void *ask_often(void *arg)
{
	struct bq_index *ix = arg;
	struct bq_query_opts opts = { .limit = 5, .total = BQ_TOTAL_EXACT };
	struct rng r = rng_make((uint64_t)(uintptr_t)pthread_self());
	struct bq_buf query = BQ_BUF_INIT;
	struct side s;

	side_init(&s, ix);
	for (int i = 0; i < 100; i++) {
		side_make_query(&r, &query);
		side_ask(&s, &query, &opts);
		for (uint32_t k = 0; k < s.hits.n; k++)
			side_compare_places(&s, &s.hits.hits[k], &s, &s.hits.hits[k]);
	}
	side_release(&s);
	bq_buf_release(&query);
	return NULL;
}

static void test_threads(void **state)
{
	enum { THREADS = 6 };
	static struct corpus c;
	struct rng r = rng_make(3);
	struct xapian_index x;
	pthread_t threads[THREADS];

	(void)state;
	corpus_make(&c, &r, 200, false);
	xapian_index_init(&x, c.docs, c.n, &c.opts, 2);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, x.index), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	xapian_index_release(&x);
	corpus_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_names_of_others),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_without_positions),
		cmocka_unit_test(test_prefixes_are_no_words),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut_files),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_build_refuses),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
