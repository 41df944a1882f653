/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Databases of others as documents: what their data and terms tell, in the
 * forms of Omega, notmuch, JSON and plain text, and what tells nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tmpdir.h"
#include "lib/xapian_db.h"
#include "source/reread.h"

enum { MAX_TERMS = 8 };

/* A document to write: `words` at positions from `from` on. */
struct written {
	const char *data;
	size_t data_len; /* 0: strlen */
	const char *words[MAX_TERMS];
	uint32_t from, step;
	const char *filters[MAX_TERMS];
	const char *values[4];
	double time; /* value 0, if there */
};

static struct tmpdir dir;
static struct skips skips;
static struct source_opts opts = { .skips = &skips };
static struct source *source;
static struct bq_doc_in doc;
static struct bq_error err;

static int set_up(void **state)
{
	(void)state;
	tmpdir_init(&dir);
	skips_init(&skips);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	source_close(source);
	source = NULL;
	skips_release(&skips);
	tmpdir_release(&dir);
	return 0;
}

static void add(struct xapian_c_writer *w, const struct written *in)
{
	struct xapian_c_document *d;
	struct xapian_c_error x;

	xapian_ok(xapian_c_document_new(&d, &x), &x);
	if (in->data != NULL) {
		struct xapian_c_bytes data = { in->data, in->data_len == 0 ? strlen(in->data) : in->data_len };
		xapian_ok(xapian_c_document_set_data(d, data, &x), &x);
	}
	for (uint32_t i = 0; i < MAX_TERMS && in->words[i] != NULL; i++)
		xapian_ok(xapian_c_document_add_posting(d, xapian_c_str(in->words[i]),
			in->from + i * (in->step == 0 ? 1 : in->step), 1, &x), &x);
	for (uint32_t i = 0; i < MAX_TERMS && in->filters[i] != NULL; i++)
		xapian_ok(xapian_c_document_add_term(d, xapian_c_str(in->filters[i]), 0, &x), &x);
	for (uint32_t i = 0; i < 4; i++)
		if (in->values[i] != NULL)
			xapian_ok(xapian_c_document_set_value(d, i, xapian_c_str(in->values[i]), &x), &x);
	if (in->time != 0)
		xapian_ok(xapian_c_document_set_number(d, 0, in->time, &x), &x);
	xapian_ok(xapian_c_writer_add(w, d, NULL, &x), &x);
	xapian_c_document_free(d);
}

/* Write them to a database, and open that as a source. */
static void put(const struct written *docs, unsigned n)
{
	struct xapian_c_writer *w;
	struct xapian_c_error x;
	char name[300];

	xapian_ok(xapian_c_writer_open(dir.path, XAPIAN_C_WRITE_CREATE_OR_OPEN, &w, &x), &x);
	for (unsigned i = 0; i < n; i++)
		add(w, &docs[i]);
	xapian_ok(xapian_c_writer_commit(w, &x), &x);
	xapian_c_writer_free(w);
	(void)snprintf(name, sizeof name, "xapian:%s", dir.path);
	if (reread_open_dir(name, &opts, &source, &err) != BQ_OK)
		fail_msg("%s", err.msg);
}

static void next(void)
{
	if (source_next(source, &doc, &err) != BQ_OK)
		fail_msg("no document");
}

static void no_more(void) { assert_int_equal(source_next(source, &doc, &err), BQ_END); }

static void assert_span(struct bq_span s, const char *want)
{
	if (!bq_span_eq(s, bq_span_of(want)))
		fail_msg("\"%.*s\", not \"%s\"", (int)s.len, s.ptr, want);
}

static void test_omega(void **state)
{
	static const struct written docs[] = {
		{ .data = "url=https://example.org/a.html\nsample=The start of it ..\ncaption=A page\ntype=text/html\n"
			"modtime=1700000000\nsize=1234\n", .words = { "the", "start", "of", "it", "and", "its", "end" },
			.from = 101, .filters = { "Zstart", "Uhttps://example.org/a.html", "Spage", "D20231114" } },
		{ .data = "url=file:///home/me/b.txt\nsample=only a sample\nmodtime=soon\n" },
		{ .data = "caption=only a caption\nkeyword=a\nkeyword=b\nkeyword=c\nbad=\xff\n" },
	};

	(void)state;
	put(docs, 3);
	next();
	assert_span(doc.id, "1");
	assert_span(doc.path, "https://example.org/a.html");
	assert_span(doc.title, "A page");
	assert_span(doc.text, "the start of it and its end"); /* whole, not the sample */
	assert_span(doc.fields,
		"{\"url\":\"https://example.org/a.html\",\"sample\":\"The start of it ..\",\"type\":\"text/html\"}");
	assert_true(doc.mtime_us == 1700000000000000 && doc.file_bytes == 1234 && doc.at == BQ_AT_TEXT);
	assert_span(reread_index(source)->sources[doc.source], "");
	next();
	assert_span(doc.path, "home/me/b.txt");
	assert_span(reread_index(source)->sources[doc.source], "/");
	assert_span(doc.text, "only a sample");
	assert_span(doc.fields,
		"{\"url\":\"file:///home/me/b.txt\",\"sample\":\"only a sample\",\"modtime\":\"soon\"}");
	assert_true(doc.mtime_us == INT64_MIN);
	next();
	assert_span(doc.title, "only a caption");
	assert_span(doc.text, "");
	assert_span(doc.path, "-");
	assert_span(doc.fields, "{\"keyword\":[\"a\",\"b\",\"c\"],\"bad\":\"\xef\xbf\xbd\"}");
	assert_int_equal(doc.at, BQ_AT_RECORD);
	no_more();
}

static void test_mail(void **state)
{
	static const struct written docs[] = {
		{ .words = { "dear", "bob" }, .from = 5, .filters = { "Tmail", "Qm1@example.org", "Kinbox", "Kunread",
			"XFROMann" }, .values = { NULL, "m1@example.org", "Ann <ann@example.org>", "Data treaty" },
			.time = 1672653600.5 },
		{ .filters = { "Tghost", "Qm0@example.org" } },
		{ .words = { "x" }, .filters = { "Ka", "Q1", "Q2" } }, /* keywords of anybody else, two ids */
	};

	(void)state;
	put(docs, 3);
	next();
	assert_span(doc.id, "m1@example.org");
	assert_span(doc.title, "Data treaty");
	assert_span(doc.text, "dear bob");
	assert_span(doc.fields, "{\"from\":\"Ann <ann@example.org>\",\"tags\":[\"inbox\",\"unread\"]}");
	assert_true(doc.mtime_us == 1672653600500000);
	next();
	assert_span(doc.id, "3");
	assert_span(doc.fields, "");
	no_more();
	assert_int_equal(skips.n, 1);
	assert_string_equal(skips.list[0].reason, "neither text nor words by their positions");
	assert_int_equal(skips.n_broken, 0);
}

static void test_data(void **state)
{
	static const struct written docs[] = {
		{ .data = "{\"id\":7,\"title\":\"T\",\"text\":\"As it was.\",\"k\":[1,{}]}",
			.words = { "as", "it", "was" } },
		{ .data = "{\"about\":\"no text\"}", .words = { "said", "so" } },
		{ .data = "Data-sharing, as it was written.\n", .words = { "data", "sharing", "as", "it", "was",
			"written" } },
		{ .data = "4711", .words = { "a", "key", "is", "no", "text" } },
		{ .data = "bytes\0\1", .data_len = 7, .words = { "far" , "apart" }, .step = 11 },
		{ .data = "no words, a text\nof two lines = 2" },
	};

	(void)state;
	put(docs, 6);
	next();
	assert_span(doc.id, "7");
	assert_span(doc.title, "T");
	assert_span(doc.text, "As it was.");
	assert_span(doc.fields, "{\"k\":[1,{}]}");
	next();
	assert_span(doc.text, "said so");
	assert_span(doc.fields, "{\"about\":\"no text\"}");
	next();
	assert_span(doc.text, "Data-sharing, as it was written.\n");
	assert_span(doc.fields, "");
	next();
	assert_span(doc.text, "a key is no text");
	assert_span(doc.fields, "{\"data\":\"4711\"}");
	next();
	assert_span(doc.text, "far\napart");
	assert_span(doc.fields, "{\"data\":\"bytes\\u0000\\u0001\"}");
	next();
	assert_span(doc.text, "no words, a text\nof two lines = 2");
	no_more();
}

/* Documents that are gone leave their numbers to nobody. */
static void test_gaps(void **state)
{
	static const struct written docs[] = { { .data = "one" }, { .data = "two" }, { .data = "three" } };
	struct xapian_c_writer *w;
	struct xapian_c_error x;

	(void)state;
	put(docs, 3);
	source_close(source);
	xapian_ok(xapian_c_writer_open(dir.path, XAPIAN_C_WRITE_OPEN, &w, &x), &x);
	xapian_ok(xapian_c_writer_delete(w, 2, &x), &x);
	xapian_ok(xapian_c_writer_commit(w, &x), &x);
	xapian_c_writer_free(w);
	put(NULL, 0);
	next();
	assert_span(doc.id, "1");
	next();
	assert_span(doc.id, "3");
	assert_span(doc.text, "three");
	no_more();
}

static void test_stop(void **state)
{
	static const struct written docs[] = { { .data = "one" }, { .data = "two" } };
	static volatile sig_atomic_t stop;

	(void)state;
	opts.stop = &stop;
	put(docs, 2);
	next();
	stop = 1;
	assert_int_equal(source_next(source, &doc, &err), BQ_ECANCELLED);
	opts.stop = NULL;
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(reread_open_dir("xapian:/nonesuch", &opts, &source, &err), BQ_ENOTFOUND);
	assert_null(source);
	assert_int_equal(reread_open_dir("/nonesuch", &opts, &source, &err), BQ_ENOTFOUND);
	tmpdir_put(&dir, "MANIFEST", BQ_SPAN("x"));
	char name[300];
	(void)snprintf(name, sizeof name, "xapian:%s", dir.path);
	assert_int_equal(reread_open_dir(name, &opts, &source, &err), BQ_ENOTFOUND);
	assert_non_null(strstr(err.msg, "no Xapian database here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_omega, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mail, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_data, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gaps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
