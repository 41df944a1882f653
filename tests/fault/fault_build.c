/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A build, an update or an optimize over an older generation, in which the n-th allocation or file call
 * fails, for n = 1, 2, 3 .. until none does.  It either says why it failed and
 * leaves the old generation, or publishes byte for byte what it publishes without
 * failures.  Nothing leaks, nothing is fsync'd again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>
#include <bq/index.h>

#include "index/manifest.h"
#include "lib/descriptors.h"
#include "lib/docgen.h"
#include "lib/fault.h"
#include "lib/tmpdir.h"

enum { DOCS = 12, REORDERED = 40, WORDS = 30, MAX_CALLS = 100000 };

/* What every build is compared with. */
struct bench {
	struct tmpdir old_dir;   /* the generation before */
	struct bq_buf old, new; /* its MANIFEST, and that of the build without failures */
};

/* TSan takes ten times as long, and has nothing to say of one thread; what three of
 * them do after a failure is alike after the next. */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define ONLY_THREADS 1
#endif
#endif
#ifndef ONLY_THREADS
#define ONLY_THREADS 0
#endif
enum { STEP = ONLY_THREADS ? 4 : 1 };

/* ---- building ------------------------------------------------------------- */

struct plan {
	const char *name;
	enum fault_kind kind; /* the table and `error` tell it */
	int error;            /* 0: writes are cut short */
	bool for_good;
	uint32_t keep;     /* of the documents that are there; 0: a build, not an update */
	bool optimize;
	bool reorder;      /* of more documents: so few have one order only */
	bool small_budget; /* as much memory as makes it write words out */
	uint32_t threads;  /* 0: one */
};

static uint32_t docs_of(const struct plan *p) { return p->reorder ? REORDERED : DOCS; }

/* Where documents get another order, records of one file are torn apart. */
static void name_file(const struct plan *p, uint32_t d, char *path, size_t size)
{
	if (p->reorder && d % 4 == 2)
		(void)snprintf(path, size, "%u.jsonl", d / docs_of(p));
	else
		(void)snprintf(path, size, "%u.txt", d);
}

/* An update keeps the last of the documents that are there, some with another
 * time; the others are dropped. */
static int add_documents(struct bq_build *b, const struct plan *p, uint32_t first, uint32_t keep, struct bq_error *err)
{
	static struct bq_buf text;
	int rc = BQ_OK;

	for (uint32_t d = first - keep; d < first + docs_of(p) && rc == BQ_OK; d++) {
		struct rng r = rng_make(d);
		char path[16];
		int64_t mtime = 1000 + (p->reorder ? 0 : d) + (d < first && d % 3 == 0);
		name_file(p, d, path, sizeof path);
		if (d < first && bq_build_keep(b, 0, bq_span_of(path), mtime, 100))
			continue;
		bq_buf_clear(&text);
		docgen_text(&r, d % docs_of(p) == 3 ? 20 * WORDS : WORDS, 20, &text);
		struct bq_doc_in in = { .path = bq_span_of(path), .id = BQ_SPAN("id"), .text = bq_buf_span(&text),
			.title = d % 4 == 0 ? BQ_SPAN("Caf\xc3\xa9 sharing shares") : BQ_SPAN(""),
			.fields = d % 4 == 1 ? BQ_SPAN("{\"a\":1}") : BQ_SPAN(""), .at = BQ_AT_RECORD,
			.file_line = d + 1, .mtime_us = mtime, .file_bytes = 100 };
		rc = bq_build_add(b, &in, err);
	}
	return rc;
}

static int build(const char *dir, const struct plan *p, uint32_t first_doc, struct bq_error *err)
{
	struct bq_build_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f,
		.memory_bytes = p->small_budget ? 1 : 1 << 30, .reorder = p->reorder,
		.pairs_min = 6, .pairs_percent = 1000, .n_sources = 1, .sources = &BQ_SPAN("/src"),
		.update = p->keep != 0 && first_doc != 0, .threads = p->threads };
	struct bq_build_report report;
	struct bq_build *b;
	int rc = bq_build_open(dir, &opts, &b, err);

	if (rc != BQ_OK)
		return rc;
	rc = add_documents(b, p, first_doc, opts.update ? p->keep : 0, err);
	if (rc == BQ_OK)
		return bq_build_commit(b, &report, err);
	bq_build_abort(b);
	return rc;
}

/* What is to fail, and what went before it. */
static int run(const char *dir, const struct plan *p, struct bq_error *err)
{
	struct bq_optimize_opts opts = { .reorder = p->reorder, .memory_bytes = p->small_budget ? 1 : 1 << 30,
		.threads = p->threads };
	struct bq_build_report report;
	bool is_new;

	return p->optimize ? bq_build_optimize(dir, &opts, &report, &is_new, err) : build(dir, p, docs_of(p), err);
}

static int prepare(const char *dir, const struct plan *p, struct bq_error *err)
{
	int rc = build(dir, p, 0, err);

	return rc == BQ_OK && p->optimize ? build(dir, p, docs_of(p), err) : rc;
}

/* ---- directories ---------------------------------------------------------- */

static struct bq_buf read_file(const char *dir, const char *name)
{
	struct bq_buf b = BQ_BUF_INIT;
	char path[512];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	for (size_t n = 1; n != 0; b.len += n)
		n = fread(bq_buf_room(&b, 65536), 1, 65536, f);
	(void)fclose(f);
	return b;
}

static void copy_directory(const char *from, const struct tmpdir *to)
{
	DIR *d = opendir(from);

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		struct bq_buf b = read_file(from, e->d_name);
		tmpdir_put(to, e->d_name, bq_buf_span(&b));
		bq_buf_release(&b);
	}
	(void)closedir(d);
}

/* ---- one failure ---------------------------------------------------------- */

static void check_outcome(const struct bench *b, const struct plan *p, unsigned n, const char *dir, int rc,
	const struct bq_error *err)
{
	struct bq_buf manifest = read_file(dir, MANIFEST_NAME);
	bool is_old = bq_span_eq(bq_buf_span(&manifest), bq_buf_span(&b->old));
	bool is_new = bq_span_eq(bq_buf_span(&manifest), bq_buf_span(&b->new));
	struct bq_error why = { 0 };

	if (rc < 0 && err->msg[0] == '\0')
		fail_msg("%s, call %u: %d without a message", p->name, n, rc);
	if (rc == BQ_OK ? !is_new : !is_old && !is_new)
		fail_msg("%s, call %u: %d %s: neither the old generation nor the new one", p->name, n, rc, err->msg);
	if (rc < 0 && is_new && p->kind != FAULT_FILES)
		fail_msg("%s, call %u: published and said %s", p->name, n, err->msg);
	if (bq_index_verify(dir, &why) != BQ_OK)
		fail_msg("%s, call %u: %d %s: afterwards %s", p->name, n, rc, err->msg, why.msg);
	bq_buf_release(&manifest);
}

/* Whether the n-th call was made, and failed. */
static bool try_failure(const struct bench *b, const struct plan *p, unsigned n)
{
	unsigned descriptors = descriptors_count();
	struct bq_error err = { 0 };
	struct tmpdir dir;

	tmpdir_init(&dir);
	copy_directory(b->old_dir.path, &dir);
	fault_arm(p->kind, n, p->error, p->for_good);
	int rc = run(dir.path, p, &err);
	bool has_failed = fault_disarm();
	check_outcome(b, p, n, dir.path, rc, &err);
	if (!has_failed || p->kind == FAULT_SHORT)
		assert_int_equal(rc, BQ_OK);
	if (rc != BQ_OK && run(dir.path, p, &err) != BQ_OK)
		fail_msg("%s, call %u: the next build: %s", p->name, n, err.msg);
	assert_int_equal(bq_index_verify(dir.path, NULL), BQ_OK);
	assert_int_equal(descriptors_count(), descriptors);
	tmpdir_release(&dir);
	return has_failed;
}

static void try_all(const struct plan *p)
{
	struct bench b = { .old = BQ_BUF_INIT };
	struct bq_error err;
	struct tmpdir dir;
	unsigned n = 1;

	tmpdir_init(&b.old_dir);
	if (prepare(b.old_dir.path, p, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	b.old = read_file(b.old_dir.path, MANIFEST_NAME);
	tmpdir_init(&dir);
	copy_directory(b.old_dir.path, &dir);
	assert_int_equal(run(dir.path, p, &err), BQ_OK);
	b.new = read_file(dir.path, MANIFEST_NAME);
	tmpdir_release(&dir);
	while (try_failure(&b, p, n) && n < MAX_CALLS)
		n += STEP;
	print_message("%s: %u calls, every %d\n", p->name, n - 1, STEP);
	assert_true(n > 1 && n < MAX_CALLS);
	assert_int_equal(fault_repeated_fsyncs(), 0);
	tmpdir_release(&b.old_dir);
	bq_buf_release(&b.old);
	bq_buf_release(&b.new);
}

/* All calls fail once, with memory for all documents and with next to none. */
enum { HALF = DOCS / 2, SOME = REORDERED / 2 };

static const struct plan without_memory[] = {
	{ .name = "build, memory" },
	{ .name = "build, memory, small budget", .small_budget = true },
	{ .name = "build, memory, 3 threads", .threads = 3 },
	{ .name = "build, memory, for good", .for_good = true },
	{ .name = "build, memory, for good, 3 threads", .for_good = true, .threads = 3 },
	{ .name = "update, memory", .keep = HALF },
	{ .name = "update of times, memory", .keep = DOCS },
	{ .name = "optimize, memory", .keep = HALF, .optimize = true },
};

static const struct plan reordered_without_memory[] = {
	{ .name = "build in a new order, memory", .reorder = true },
	{ .name = "build in a new order, memory, for good, 3 threads", .reorder = true, .for_good = true,
		.threads = 3 },
	{ .name = "update of a new order, memory", .reorder = true, .keep = SOME },
	{ .name = "optimize to a new order, memory", .reorder = true, .keep = SOME, .optimize = true },
};

static const struct plan with_bad_files[] = {
	{ .name = "build, EIO, small budget", .error = EIO, .small_budget = true },
	{ .name = "build, ENOSPC for good", .error = ENOSPC, .for_good = true },
	{ .name = "build, ENOSPC for good, 3 threads", .error = ENOSPC, .for_good = true, .small_budget = true,
		.threads = 3 },
	{ .name = "build, EINTR", .error = EINTR },
	{ .name = "update, EIO", .error = EIO, .keep = HALF },
	{ .name = "update, ENOSPC for good", .error = ENOSPC, .for_good = true, .keep = HALF },
	{ .name = "update of times, EIO", .error = EIO, .keep = DOCS },
	{ .name = "update, short writes", .keep = HALF, .small_budget = true },
	{ .name = "optimize, EIO", .error = EIO, .keep = HALF, .optimize = true },
	{ .name = "optimize, ENOSPC for good", .error = ENOSPC, .for_good = true, .keep = HALF, .optimize = true },
	{ .name = "optimize, short writes", .keep = HALF, .optimize = true, .small_budget = true },
	{ .name = "build in a new order, EIO", .reorder = true, .error = EIO },
	{ .name = "optimize to a new order, ENOSPC for good", .reorder = true, .error = ENOSPC, .for_good = true,
		.keep = SOME, .optimize = true },
	{ .name = "optimize to a new order, short writes", .reorder = true, .keep = SOME, .optimize = true },
};

static void try_plans(const struct plan *plans, size_t n, bool is_memory)
{
	for (size_t i = 0; i < n; i++) {
		struct plan p = plans[i];
		if (ONLY_THREADS && p.threads < 2)
			continue;
		p.kind = is_memory ? FAULT_MEMORY : p.error != 0 ? FAULT_FILES : FAULT_SHORT;
		if (is_memory)
			p.error = ENOMEM;
		try_all(&p);
	}
}

static void test_memory(void **state)
{
	(void)state;
	try_plans(without_memory, sizeof without_memory / sizeof *without_memory, true);
}

static void test_memory_for_an_order(void **state)
{
	(void)state;
	try_plans(reordered_without_memory, sizeof reordered_without_memory / sizeof *reordered_without_memory, true);
}

static void test_files(void **state)
{
	(void)state;
	try_plans(with_bad_files, sizeof with_bad_files / sizeof *with_bad_files, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_for_an_order),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
