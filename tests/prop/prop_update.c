/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Updating against building: a tree of files is changed at random, again and
 * again; after each round the updated index holds the documents of the tree,
 * byte for byte, and answers random queries with the same set of paths as an
 * index built from it; optimized, with the same scores to the last bit.
 */
#include <fcntl.h>
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

#include <bq/build.h>
#include <bq/query.h>

#include "lib/docgen.h"
#include "lib/rng.h"
#include "lib/tmpdir.h"
#include "source/source.h"

enum { MAX_FILES = 60, MAX_HITS = 4096 };

struct file {
	char path[32];
	bool exists, is_records;
	int64_t mtime; /* seconds */
};

struct side {
	struct bq_index *index;
	struct bq_view view;
	struct bq_searcher *searcher;
	struct bq_arena mem;
	struct bq_hits hits;
};

/* One answer: which document, how well. */
struct answer {
	char path[64];
	double score;
};

static struct rng rng;
static struct file files[MAX_FILES];
static struct tmpdir tree, updated;
static struct bq_error err;
static int64_t clock_now;

/* ---- the tree ---------------------------------------------------------- */

/* Give the file a time that it never had. */
static void set_time(struct file *f)
{
	struct timespec times[2] = { { .tv_sec = 0 }, { .tv_sec = 0 } };
	char *path = tmpdir_path(&tree, f->path);

	f->mtime = ++clock_now;
	times[1].tv_sec = f->mtime;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	free(path);
}

static void put_record(struct bq_buf *b, uint32_t i)
{
	struct bq_buf text = BQ_BUF_INIT;

	docgen_text(&rng, (uint32_t)rng_below(&rng, 30), 40, &text);
	bq_buf_printf(b, "{\"id\":%u,\"text\":", i);
	bq_buf_put_json(b, bq_buf_span(&text));
	bq_buf_printf(b, ",\"n\":%u}\n", i);
	bq_buf_release(&text);
}

static void write_file(struct file *f)
{
	struct bq_buf b = BQ_BUF_INIT;
	uint32_t n = (uint32_t)rng_below(&rng, 5);

	for (uint32_t i = 0; f->is_records && i < n; i++)
		put_record(&b, i);
	if (!f->is_records)
		docgen_text(&rng, (uint32_t)rng_skewed(&rng, rng_one_in(&rng, 15) ? 900 : 50), 60, &b);
	tmpdir_put(&tree, f->path, bq_buf_span(&b));
	bq_buf_release(&b);
	f->exists = true;
	set_time(f);
}

static void remove_file(struct file *f)
{
	char *path = tmpdir_path(&tree, f->path);

	assert_int_equal(unlink(path), 0);
	free(path);
	f->exists = false;
}

/* Nothing, one file or many: added, written again, touched, removed. */
static void change_tree(void)
{
	uint32_t n = rng_one_in(&rng, 6) ? 0 : (uint32_t)rng_skewed(&rng, MAX_FILES) + 1;

	for (; n > 0; n--) {
		struct file *f = &files[rng_below(&rng, MAX_FILES)];
		if (!f->exists || rng_one_in(&rng, 2))
			write_file(f);
		else if (rng_one_in(&rng, 2))
			remove_file(f);
		else
			set_time(f);
	}
}

static void make_tree(void)
{
	memset(files, 0, sizeof files);
	for (uint32_t i = 0; i < MAX_FILES; i++) {
		struct file *f = &files[i];
		f->is_records = i % 9 == 0;
		(void)snprintf(f->path, sizeof f->path, "%u/%u.%s", i % 4, i, f->is_records ? "jsonl" : "txt");
		if (rng_one_in(&rng, 2))
			write_file(f);
	}
}

/* ---- indexing ---------------------------------------------------------- */

static struct bq_build *building;
static uint64_t n_opened; /* documents read from files */

static bool keep(void *index, const struct source_file *f)
{
	(void)index;
	return bq_build_keep(building, f->source, f->path, f->mtime_us, f->file_bytes);
}

static void add_all(struct source *s)
{
	struct bq_doc_in doc;
	int rc;

	while ((rc = source_next(s, &doc, &err)) == BQ_OK) {
		assert_int_equal(bq_build_add(building, &doc, &err), BQ_OK);
		n_opened++;
	}
	assert_int_equal(rc, BQ_END);
}

static struct bq_build_report make_index(const char *dir, bool is_update, uint32_t segment_docs)
{
	struct skips skips;
	struct source_opts source_opts = { .skips = &skips, .is_known = is_update ? keep : NULL };
	struct bq_build_opts opts = { .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .update = is_update,
		.memory_bytes = rng_one_in(&rng, 3) ? 1 : 1 << 30, .n_sources = 1,
		.segment_docs = segment_docs, .reorder = rng_one_in(&rng, 3), .threads = (uint32_t)rng_below(&rng, 4) };
	struct bq_build_report report;
	struct source *s;

	skips_init(&skips);
	if (source_open(tree.path, &source_opts, &s, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	opts.sources = &s->root;
	if (bq_build_open(dir, &opts, &building, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	n_opened = 0;
	add_all(s);
	if (bq_build_commit(building, &report, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	source_close(s);
	assert_int_equal(skips.n_broken, 0);
	skips_release(&skips);
	return report;
}

/* ---- comparing --------------------------------------------------------- */

static void side_init(struct side *s, const char *dir)
{
	memset(s, 0, sizeof *s);
	if (bq_index_open(dir, &s->index, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	s->view = (struct bq_view){ &s->index, 1 };
	s->searcher = bq_searcher_new();
	assert_non_null(s->searcher);
	bq_arena_init(&s->mem, 256 << 20);
}

static void side_release(struct side *s)
{
	bq_searcher_free(s->searcher);
	bq_arena_release(&s->mem);
	bq_index_unref(s->index);
}

/* A document as one string: everything that is kept of it. */
static int describe_doc(const struct bq_leaf *l, uint32_t doc, struct bq_buf *out)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	struct bq_doc_head h;
	struct bq_span text, fields;
	struct bq_mark m;

	bq_arena_init(&mem, 1 << 24);
	assert_int_equal(bq_leaf_head(l, doc, &h, &rd), BQ_OK);
	assert_int_equal(bq_leaf_text(l, &h, 0, UINT64_MAX, &text, &rd), BQ_OK);
	assert_int_equal(bq_leaf_fields(l, &h, &fields, &rd), BQ_OK);
	bq_buf_printf(out, "%.*s #%.*s %lld %lld %u %u %u %u ", (int)h.path.len, h.path.ptr, (int)h.id.len, h.id.ptr,
		(long long)h.mtime_us, (long long)h.file_bytes, h.words, h.title_words, h.body_pos, l->norms[doc]);
	bq_buf_printf(out, "%u %.*s ", (unsigned)h.file_line, (int)h.title.len, h.title.ptr);
	for (uint32_t ord = 0; ord < h.words; ord += BQ_MARK_WORDS) {
		assert_int_equal(bq_leaf_mark(l, &h, ord, &m, &rd), BQ_OK);
		bq_buf_printf(out, "%llu:%llu ", (unsigned long long)m.off, (unsigned long long)m.line);
	}
	bq_buf_put_span(out, text);
	bq_buf_put_span(out, fields);
	bq_buf_put_u8(out, 0);
	bq_arena_release(&mem);
	return out->oom ? BQ_ENOMEM : BQ_OK;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The live documents, sorted; each malloc'd. */
static uint32_t list_docs(const struct bq_index *ix, char *list[MAX_HITS])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ix->n_leaves; i++)
		for (uint32_t doc = 0; doc < ix->leaves[i]->n_docs; doc++) {
			struct bq_buf b = BQ_BUF_INIT;
			if (bq_leaf_is_dead(ix->leaves[i], doc))
				continue;
			assert_int_equal(describe_doc(ix->leaves[i], doc, &b), BQ_OK);
			assert_true(n < MAX_HITS);
			list[n++] = (char *)b.ptr;
		}
	qsort(list, n, sizeof *list, compare_strings);
	return n;
}

static void compare_docs(const struct side *a, const struct side *b)
{
	static char *la[MAX_HITS], *lb[MAX_HITS];
	uint32_t na = list_docs(a->index, la), nb = list_docs(b->index, lb);

	assert_int_equal(na, nb);
	assert_int_equal(a->index->n_live, nb);
	for (uint32_t i = 0; i < na; i++) {
		assert_string_equal(la[i], lb[i]);
		free(la[i]);
		free(lb[i]);
	}
}

static int compare_answers(const void *pa, const void *pb)
{
	return strcmp(((const struct answer *)pa)->path, ((const struct answer *)pb)->path);
}

static uint32_t ask(struct side *s, const struct bq_buf *text, struct answer *out)
{
	struct bq_query_opts opts = { .match = BQ_MATCH_ANY, .total = BQ_TOTAL_EXACT, .limit = MAX_HITS / 8 };
	struct bq_read rd = { .mem = &s->mem };
	struct bq_query *q;

	bq_arena_reset(&s->mem);
	if (bq_query_parse(s->searcher, &s->view, bq_buf_span(text), &opts, &s->mem, &q, &err) != BQ_OK
		|| bq_query_search(q, &s->hits, &err) != BQ_OK)
		fail_msg("%.*s: %s", (int)text->len, (const char *)text->ptr, err.msg);
	for (uint32_t i = 0; i < s->hits.n; i++) {
		const struct bq_hit *hit = &s->hits.hits[i];
		struct bq_doc_head h;
		assert_int_equal(bq_leaf_head(s->index->leaves[hit->leaf], hit->doc, &h, &rd), BQ_OK);
		(void)snprintf(out[i].path, sizeof out[i].path, "%.*s#%.*s", (int)h.path.len, h.path.ptr, (int)h.id.len,
			h.id.ptr);
		out[i].score = hit->score;
	}
	qsort(out, s->hits.n, sizeof *out, compare_answers);
	return s->hits.n;
}

static void make_query(struct bq_buf *out)
{
	uint32_t n = (uint32_t)rng_between(&rng, 1, 3);

	bq_buf_clear(out);
	for (uint32_t i = 0; i < n; i++) {
		bool is_phrase = rng_one_in(&rng, 3);
		bq_buf_printf(out, "%s%s%s", i == 0 ? "" : rng_one_in(&rng, 3) ? " -" : " ", rng_one_in(&rng, 9) ?
			"title:" : "", is_phrase ? "\"" : "");
		docgen_query(&rng, is_phrase ? 2 : 1, 60, out);
		bq_buf_printf(out, "%s", is_phrase ? "\"" : "");
	}
}

static void compare_queries(struct side *a, struct side *b, bool with_scores)
{
	static struct answer from_a[MAX_HITS], from_b[MAX_HITS];
	struct bq_buf text = BQ_BUF_INIT;

	for (int i = 0; i < 15; i++) {
		make_query(&text);
		uint32_t na = ask(a, &text, from_a), nb = ask(b, &text, from_b);
		if (na != nb)
			fail_msg("%.*s: %u hits, built anew %u", (int)text.len, (const char *)text.ptr, na, nb);
		for (uint32_t h = 0; h < na; h++) {
			assert_string_equal(from_a[h].path, from_b[h].path);
			if (with_scores)
				assert_memory_equal(&from_a[h].score, &from_b[h].score, sizeof from_a[h].score);
		}
	}
	bq_buf_release(&text);
}

/* The average that bounds are under is near the true one. */
static void expect_average(const struct bq_index *ix)
{
	double now = ix->n_tokens == 0 ? 1 : (double)ix->n_tokens / (double)ix->n_docs;

	assert_true(now < 1.26 * (double)ix->avg_len && now > 0.74 * (double)ix->avg_len);
}

/* Compare the updated index with one built from the tree as it is. */
static void compare_with_fresh(bool with_scores)
{
	struct tmpdir fresh;
	struct side a, b;

	tmpdir_init(&fresh);
	(void)make_index(fresh.path, false, 0);
	if (bq_index_verify(updated.path, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	side_init(&a, updated.path);
	side_init(&b, fresh.path);
	assert_true(a.index->n_leaves <= BQ_MAX_SEGMENTS);
	expect_average(a.index);
	compare_docs(&a, &b);
	compare_queries(&a, &b, with_scores);
	side_release(&a);
	side_release(&b);
	tmpdir_release(&fresh);
}

/* ---- tests ------------------------------------------------------------- */

static void run_rounds(int rounds)
{
	struct bq_build_report report;
	bool is_new;

	tmpdir_init(&tree);
	tmpdir_init(&updated);
	make_tree();
	(void)make_index(updated.path, true, 0);
	for (int i = 0; i < rounds; i++) {
		change_tree();
		report = make_index(updated.path, true, rng_one_in(&rng, 3) ? 9 : 0);
		assert_int_equal(report.added + report.restamped, n_opened); /* what was kept was not opened */
		assert_int_equal(report.documents, report.added + report.kept);
		compare_with_fresh(false);
		report = make_index(updated.path, true, 0);
		assert_false(report.is_new);
		assert_int_equal(n_opened, 0);
		if (!rng_one_in(&rng, 4))
			continue;
		struct bq_optimize_opts opts = { .reorder = rng_one_in(&rng, 2) };
		if (bq_build_optimize(updated.path, &opts, &report, &is_new, &err) != BQ_OK)
			fail_msg("%s", err.msg);
		compare_with_fresh(true);
		report = make_index(updated.path, true, 0); /* in whatever order, its files are known */
		assert_false(report.is_new);
		assert_int_equal(n_opened, 0);
	}
	tmpdir_release(&tree);
	tmpdir_release(&updated);
}

static void test_random_changes(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		run_rounds(8);
}

/* Files that got another time and nothing else are compared, not indexed again. */
static void test_touching(void **state)
{
	struct bq_build_report report;
	bool is_new;

	(void)state;
	tmpdir_init(&tree);
	tmpdir_init(&updated);
	make_tree();
	(void)make_index(updated.path, true, 9);
	if (bq_build_optimize(updated.path, &(struct bq_optimize_opts){ .reorder = true }, &report, &is_new,
		&err) != BQ_OK)
		fail_msg("%s", err.msg);
	for (int round = 0; round < 6; round++) {
		for (uint32_t i = 0; i < MAX_FILES; i++)
			if (files[i].exists && (round == 0 || rng_one_in(&rng, 2)))
				set_time(&files[i]);
		report = make_index(updated.path, true, 0);
		assert_int_equal(report.added, 0);
		assert_int_equal(report.dropped, 0);
		assert_int_equal(report.restamped, n_opened);
		assert_true(round != 0 || report.restamped == report.documents);
		compare_with_fresh(false);
		if (!rng_one_in(&rng, 2))
			continue;
		change_tree(); /* now some of those with new times are dead */
		(void)make_index(updated.path, true, 0);
		compare_with_fresh(false);
	}
	change_tree();
	(void)make_index(updated.path, true, 0);
	if (bq_build_optimize(updated.path, NULL, &report, &is_new, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	compare_with_fresh(true);
	tmpdir_release(&tree);
	tmpdir_release(&updated);
}

/* Many small changes: merges by size class. */
static void test_many_generations(void **state)
{
	struct bq_index *ix;
	uint32_t most = 0, merges = 0;

	(void)state;
	tmpdir_init(&tree);
	tmpdir_init(&updated);
	make_tree();
	(void)make_index(updated.path, true, 0);
	for (int i = 0; i < 40; i++) {
		write_file(&files[rng_below(&rng, MAX_FILES)]);
		merges += make_index(updated.path, true, 0).merges;
		assert_int_equal(bq_index_open(updated.path, &ix, &err), BQ_OK);
		most = ix->n_leaves > most ? ix->n_leaves : most;
		bq_index_unref(ix);
	}
	assert_true(most > 1 && most <= BQ_MAX_SEGMENTS);
	assert_true(merges > 0);
	compare_with_fresh(false);
	tmpdir_release(&tree);
	tmpdir_release(&updated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_touching),
		cmocka_unit_test(test_many_generations),
	};

	rng = rng_start("prop_update");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
