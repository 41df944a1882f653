/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Import and export, with the n-th allocation failing for n = 1, 2, 3 .. until
 * none does: ours, jansson's, and every operator new (operator_new.cc calls the
 * malloc that can fail), libxapian's own included.
 * Databases of ours and of others are read as documents and printed as JSON
 * lines; documents are written as Xapian databases, over a generation before.
 * Each either fails for want of memory or gives what it gives without failures;
 * nothing of ours is lost.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <bq/xapian.h>

#include "lib/descriptors.h"
#include "lib/fault.h"
#include "lib/made_index.h"
#include "lib/tmpdir.h"
#include "lib/xapian_db.h"
#include "source/jsonline.h"
#include "source/reread.h"

enum { DOCS = 3, MAX_CALLS = 20000, ALL_DONE = 77 };

static struct tmpdir root;
static char native[512], ours[512], others[512], written[512];
static struct bq_buf lines; /* what was printed last */

/* ---- what is there ------------------------------------------------------------- */

static void make_doc(uint32_t d, struct bq_buf *text, struct bq_doc_in *in)
{
	bq_buf_printf(text, "document %u shares data, and a text longer than what strings hold themselves", d);
	in->title = d % 2 == 0 ? BQ_SPAN("a title of its own") : BQ_SPAN("");
	in->fields = d % 3 != 0 ? BQ_SPAN("{\"path\":\"/of/it\",\"k\":[1,2.5,{\"a\":null}]}") : BQ_SPAN("");
	in->mtime_us = d;
}

/* As Omega, Recoll, programs with JSON, notmuch, and who keeps nothing. */
static void write_others(void)
{
	static const char *const data[] = {
		"url=/a/long/path/of/a/file.html\nsample=the beginning of it, more than a string holds\ncaption=title\n"
		"x=1\nx=2\nx=3\n",
		"{\"id\":7,\"title\":\"of JSON\",\"text\":\"a text in JSON, more than a string holds\","
		"\"more\":[1,{\"a\":2}]}", "",
		"a key of somebody else's", "{ no JSON"
	};
	struct xapian_c_document *d;
	struct xapian_c_writer *w;
	struct xapian_c_error x;

	xapian_ok(xapian_c_writer_open(others, XAPIAN_C_WRITE_CREATE, &w, &x), &x);
	for (uint32_t i = 0; i < sizeof data / sizeof *data; i++) {
		xapian_ok(xapian_c_document_new(&d, &x), &x);
		xapian_ok(xapian_c_document_set_data(d, xapian_c_str(data[i]), &x), &x);
		for (uint32_t p = 1; p < 40; p++)
			xapian_ok(xapian_c_document_add_posting(d, xapian_c_str(p % 2 == 0 ? "biometric" : "sharing"),
				p, 1, &x), &x);
		if (i == 2) {
			xapian_ok(xapian_c_document_add_term(d, xapian_c_str("Tmail"), 0, &x), &x);
			xapian_ok(xapian_c_document_add_term(d, xapian_c_str("Kinbox"), 0, &x), &x);
			xapian_ok(xapian_c_document_add_term(d, xapian_c_str("Qmessage@example.org"), 0, &x), &x);
			xapian_ok(xapian_c_document_set_number(d, 0, 1e9, &x), &x);
			xapian_ok(xapian_c_document_set_value(d, 2, xapian_c_str("Jane Doe <jane@example.org>"), &x),
				&x);
			xapian_ok(xapian_c_document_set_value(d, 3, xapian_c_str("a subject longer than a string"), &x),
				&x);
		}
		xapian_ok(xapian_c_writer_add(w, d, NULL, &x), &x);
		xapian_c_document_free(d);
	}
	xapian_ok(xapian_c_writer_commit(w, &x), &x);
	xapian_c_writer_free(w);
}

/* ---- what is done ---------------------------------------------------------------- */

/* Every document of `dir` to `b` if there is one, else to `lines`. */
static int copy_documents(const char *dir, struct bq_xapian_build *b, struct bq_error *err)
{
	struct bq_buf line = BQ_BUF_INIT;
	struct bq_doc_in doc;
	struct skips skips;
	struct source_opts opts = { .skips = &skips };
	struct source *s;

	bq_buf_clear(&lines);
	skips_init(&skips);
	int rc = reread_open_dir(dir, &opts, &s, err);
	while (rc == BQ_OK && (rc = source_next(s, &doc, err)) == BQ_OK) {
		rc = b != NULL ? bq_xapian_build_add(b, &doc, err) : jsonline_write(&doc, &line, err);
		if (rc == BQ_OK)
			bq_buf_put_span(&lines, bq_buf_span(&line));
	}
	source_close(s);
	assert_int_equal(skips.n, 0);
	skips_release(&skips);
	bq_buf_release(&line);
	if (rc == BQ_END && lines.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "the test's own");
	return rc == BQ_END ? BQ_OK : rc;
}

static int print_native(struct bq_error *err) { return copy_documents(native, NULL, err); }
static int print_ours(struct bq_error *err) { return copy_documents(ours, NULL, err); }

static int print_others(struct bq_error *err)
{
	char name[600];

	(void)snprintf(name, sizeof name, "xapian:%s", others);
	return copy_documents(name, NULL, err);
}

static int write_databases(const char *dir, struct bq_error *err)
{
	struct bq_build_opts opts = made_index_opts(0);
	struct bq_build_report report;
	struct bq_xapian_build *b;
	int rc = bq_xapian_build_open(dir, &opts, 2, &b, err);

	if (rc != BQ_OK)
		return rc;
	rc = copy_documents(native, b, err);
	if (rc == BQ_OK)
		return bq_xapian_build_commit(b, &report, err);
	bq_xapian_build_abort(b);
	return rc;
}

static int write_again(struct bq_error *err) { return write_databases(written, err); }

/* ---- the n-th fails --------------------------------------------------------------- */

struct job {
	const char *name;
	int (*once)(struct bq_error *err);
	const char *writes; /* where, if it does */
};

static void check_outcome(const struct job *j, unsigned n, int rc, bool has_failed, const struct bq_error *err)
{
	if (rc != BQ_OK && (!has_failed || rc != BQ_ENOMEM || err->msg[0] == '\0'))
		fail_msg("%s, call %u%s: %d %s", j->name, n, has_failed ? "" : ", which did not fail", rc, err->msg);
}

static void compare_lines(const struct job *j, unsigned n, const struct bq_buf *want)
{
	if (!bq_span_eq(bq_buf_span(&lines), bq_buf_span(want)))
		fail_msg("%s, call %u: it says\n%.*s, not\n%.*s", j->name, n, (int)lines.len, (const char *)lines.ptr,
			(int)want->len, (const char *)want->ptr);
}

/* One generation is there, old or new, and says what it said. */
static void check_written(const struct job *j, unsigned n)
{
	char name[600];
	struct bq_error err;

	(void)snprintf(name, sizeof name, "xapian:%s", j->writes);
	if (copy_documents(name, NULL, &err) != BQ_OK)
		fail_msg("%s, call %u: afterwards %s", j->name, n, err.msg);
}

/* Whether the n-th call was made, and failed. */
static bool try_call(const struct job *j, unsigned n, const struct bq_buf *want)
{
	unsigned descriptors = descriptors_count();
	struct bq_error err = { 0 };

	fault_arm(FAULT_MEMORY, n, ENOMEM, false);
	int rc = j->once(&err);
	bool has_failed = fault_disarm();
	check_outcome(j, n, rc, has_failed, &err);
	if (j->writes != NULL)
		check_written(j, n);
	if (j->writes != NULL || rc == BQ_OK)
		compare_lines(j, n, want);
	assert_int_equal(descriptors_count(), descriptors);
	return has_failed;
}

/* In a process of its own: libxapian 1.4 ends it when memory is short where it
 * lets nothing be thrown.  What is written is whole then, too. */
static bool try_call_apart(const struct job *j, unsigned n, const struct bq_buf *want, unsigned *n_ended)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(try_call(j, n, want) ? 0 : ALL_DONE);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) {
		++*n_ended;
		check_written(j, n);
		compare_lines(j, n, want);
		return true;
	}
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != ALL_DONE))
		fail_msg("%s, call %u: status %x", j->name, n, (unsigned)status);
	return WEXITSTATUS(status) == 0;
}

static void try_job(const struct job *j)
{
	struct bq_buf want = BQ_BUF_INIT;
	struct bq_error err = { 0 };
	unsigned n = 0, n_ended = 0;

	if (j->once(&err) != BQ_OK)
		fail_msg("%s: %s", j->name, err.msg);
	if (j->writes != NULL)
		check_written(j, 0);
	bq_buf_put_span(&want, bq_buf_span(&lines));
	assert_true(want.len > 100);
	do
		n++;
	while ((j->writes == NULL ? try_call(j, n, &want) : try_call_apart(j, n, &want, &n_ended)) && n < MAX_CALLS);
	print_message("%s: %u calls, %u ended by libxapian\n", j->name, n - 1, n_ended);
	assert_true(n > 100 && n < MAX_CALLS && n_ended <= n / 50);
	bq_buf_release(&want);
}

static void test_native(void **state)
{
	(void)state;
	try_job(&(struct job){ "export of an index", print_native, NULL });
}

static void test_ours(void **state)
{
	(void)state;
	try_job(&(struct job){ "export of databases of ours", print_ours, NULL });
}

static void test_others(void **state)
{
	(void)state;
	try_job(&(struct job){ "export of a database of others", print_others, NULL });
}

static void test_write(void **state)
{
	(void)state;
	try_job(&(struct job){ "databases from an index", write_again, written });
}

/* ---- all ---------------------------------------------------------------------------- */

/* For AddressSanitizer's runtime, where there is one. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void) { return "leak:libxapian.so\n"; }

static int set_up(void **state)
{
	struct bq_build_opts opts = made_index_opts(0);
	struct bq_error err;
	char dir[400];

	(void)state;
	json_set_alloc_funcs(malloc, free); /* until safejson.c sets its own: calls that can fail */
	tmpdir_init(&root);
	(void)snprintf(native, sizeof native, "%s/native", root.path);
	(void)snprintf(others, sizeof others, "%s/others", root.path);
	(void)snprintf(written, sizeof written, "%s/written", root.path);
	(void)snprintf(dir, sizeof dir, "%s/ours", root.path);
	(void)snprintf(ours, sizeof ours, "xapian:%s", dir);
	made_index_build(native, &opts, DOCS, make_doc);
	write_others();
	return write_databases(dir, &err) == BQ_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	bq_buf_release(&lines);
	tmpdir_release(&root);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
