/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/build.h>
#include <bq/index.h>

#include "lib/tmpdir.h"

static struct tmpdir dir;
static struct bq_build_opts opts;
static struct bq_error err;

static int prepare(void **state)
{
	(void)state;
	tmpdir_init(&dir);
	opts = (struct bq_build_opts){ .text = { .lang = "en" }, .k1 = 0.9f, .b = 0.4f, .memory_bytes = 1ull << 30 };
	return 0;
}

static int release(void **state)
{
	(void)state;
	tmpdir_release(&dir);
	return 0;
}

static struct bq_build *start(void)
{
	struct bq_build *b;

	if (bq_build_open(dir.path, &opts, &b, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	return b;
}

static void add(struct bq_build *b, const char *text)
{
	struct bq_doc_in doc = { .path = BQ_SPAN("p.txt"), .text = bq_span_of(text), .mtime_us = 1, .file_bytes = 1 };

	assert_int_equal(bq_build_add(b, &doc, &err), BQ_OK);
}

static struct bq_build_report finish(struct bq_build *b)
{
	struct bq_build_report report;

	if (bq_build_commit(b, &report, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	return report;
}

/* The directory's files in a row, sorted: what a build may leave. */
static void expect_files(const char *want)
{
	struct dirent **list;
	char got[512] = "";
	int n = scandir(dir.path, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			strncat(got, list[i]->d_name, sizeof got - strlen(got) - 2);
			strcat(got, " ");
		}
		free(list[i]);
	}
	free(list);
	assert_string_equal(got, want);
}

static void expect_index(uint64_t gen, uint32_t n_leaves, uint64_t n_docs)
{
	struct bq_index *ix;

	if (bq_index_open(dir.path, &ix, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(ix->gen, gen);
	assert_int_equal(ix->n_leaves, n_leaves);
	assert_int_equal(ix->n_docs, n_docs);
	assert_int_equal(ix->n_live, n_docs);
	assert_true(ix->avg_len > 0);
	bq_index_unref(ix);
	assert_int_equal(bq_index_verify(dir.path, &err), BQ_OK);
}

/* That some words have pair lists. */
static void expect_pairs(void)
{
	struct bq_index *ix;

	assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK);
	assert_true(ix->pairs < 100);
	bq_index_unref(ix);
}

static void test_generations_follow_one_another(void **state)
{
	struct bq_build *b = start();
	struct bq_build_report r;

	(void)state;
	add(b, "one two two");
	add(b, "three");
	r = finish(b);
	assert_int_equal(r.gen, 1);
	assert_int_equal(r.documents, 2);
	assert_int_equal(r.tokens, 4);
	assert_int_equal(r.text_bytes, 16);
	assert_int_equal(r.words, 3);
	assert_true(r.index_bytes > 0 && r.peak_bytes > 0);
	expect_files("00000001.seg LOCK MANIFEST ");
	expect_index(1, 1, 2);
	b = start();
	add(b, "four");
	expect_index(1, 1, 2);
	r = finish(b);
	assert_int_equal(r.gen, 2);
	expect_files("00000002.seg LOCK MANIFEST ");
	expect_index(2, 1, 1);
}

static void test_an_index_of_nothing(void **state)
{
	struct bq_build_report r = finish(start());

	(void)state;
	assert_int_equal(r.documents, 0);
	expect_files("LOCK MANIFEST ");
	expect_index(1, 0, 0);
	finish(start());
	expect_index(2, 0, 0);
}

static void test_documents_without_words(void **state)
{
	struct bq_build *b = start();

	(void)state;
	add(b, "");
	add(b, " .,- \n");
	finish(b);
	expect_index(1, 1, 2);
}

static void test_aborting_leaves_the_old_generation(void **state)
{
	struct bq_build *b = start();

	(void)state;
	add(b, "one");
	finish(b);
	opts.memory_bytes = 1; /* finished segments and one in the making */
	b = start();
	add(b, "two");
	add(b, "three");
	add(b, "four");
	bq_build_abort(b);
	bq_build_abort(NULL);
	expect_files("00000001.seg LOCK MANIFEST ");
	expect_index(1, 1, 1);
	finish(start()); /* and nobody holds the lock */
}

static void test_segments_up_to_the_limit(void **state)
{
	struct bq_build *b;

	(void)state;
	opts.segment_docs = 1;
	b = start();
	for (unsigned i = 0; i < BQ_MAX_SEGMENTS + 10; i++)
		add(b, "a word or two");
	assert_int_equal(finish(b).documents, BQ_MAX_SEGMENTS + 10);
	expect_index(1, BQ_MAX_SEGMENTS, BQ_MAX_SEGMENTS + 10);
}

/* The one segment's bytes; free() them. */
static char *read_segment(size_t *len)
{
	char *path = tmpdir_path(&dir, "00000001.seg"), *bytes;
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	*len = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*len);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *len, f), *len);
	(void)fclose(f);
	free(path);
	return bytes;
}

/* A run for every document, and runs of runs, with one thread and several: the same
 * bytes, pair lists among them. */
static void test_memory_and_threads_do_not_show(void **state)
{
	/* The last: chunks of few documents. */
	static const uint64_t memory[] = { 1 << 30, 1, 1 << 30, 1, 40000, 100000 };
	enum { ROUNDS = sizeof memory / sizeof memory[0] };
	char *bytes[ROUNDS];
	size_t len[ROUNDS];

	(void)state;
	opts.pairs_min = 2;
	for (int round = 0; round < ROUNDS; round++) {
		struct bq_build *b;
		opts.memory_bytes = memory[round];
		opts.threads = round < 2 ? 1 : (uint32_t)round;
		b = start();
		for (unsigned i = 0; i < 100; i++) {
			char text[100];
			(void)snprintf(text, sizeof text, "share shares word%u the Caf\xc3\xa9 sharing %u", i % 7, i);
			add(b, text);
			if (i == 50)
				expect_files("00000001.seg LOCK "); /* runs have no names */
		}
		assert_int_equal(finish(b).documents, 100);
		expect_pairs();
		expect_files("00000001.seg LOCK MANIFEST ");
		expect_index(1, 1, 100);
		bytes[round] = read_segment(&len[round]);
		tmpdir_release(&dir);
		tmpdir_init(&dir);
	}
	for (int round = ROUNDS - 1; round >= 0; round--) {
		assert_int_equal(len[0], len[round]);
		assert_memory_equal(bytes[0], bytes[round], len[0]);
		free(bytes[round]);
	}
}

static void test_one_writer(void **state)
{
	struct bq_build *b = start(), *second;
	char want[64];

	(void)state;
	assert_int_equal(bq_build_open(dir.path, &opts, &second, &err), BQ_ELOCKED);
	(void)snprintf(want, sizeof want, "locked by %ld", (long)getpid());
	assert_string_equal(err.msg, want);
	assert_null(second);
	bq_build_abort(b);
}

static void test_bad_options(void **state)
{
	struct bq_build *b;

	(void)state;
	opts.k1 = -1;
	assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_EUSAGE);
	opts.k1 = 1;
	opts.b = 1.5f;
	assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_EUSAGE);
	opts.b = 1;
	memcpy(opts.text.lang, "xx", 3);
	assert_int_equal(bq_build_open(dir.path, &opts, &b, &err), BQ_EUSAGE);
	expect_files("");
}

/* Four gigabytes of addresses, none of them touched. */
static void test_a_text_of_4_gib_is_refused(void **state)
{
	size_t len = (size_t)1 << 32;
	void *huge = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct bq_doc_in doc = { .path = BQ_SPAN("p"), .text = bq_span_make(huge, len), .mtime_us = 1,
		.file_bytes = 1 };
	struct bq_build *b = start();

	(void)state;
	assert_true(huge != MAP_FAILED);
	assert_int_equal(bq_build_add(b, &doc, &err), BQ_ELIMIT);
	assert_non_null(strstr(err.msg, "4 GiB"));
	doc.text = BQ_SPAN("");
	doc.id = bq_span_make(huge, 65536);
	assert_int_equal(bq_build_add(b, &doc, &err), BQ_ELIMIT);
	add(b, "the build goes on");
	assert_int_equal(finish(b).documents, 1);
	expect_index(1, 1, 1);
	(void)munmap(huge, len);
}

static void test_a_damaged_manifest_is_replaced(void **state)
{
	struct bq_build *b = start();

	(void)state;
	add(b, "one");
	finish(b);
	tmpdir_put(&dir, "MANIFEST", BQ_SPAN("format bq 1\nnonsense\n"));
	assert_int_equal(bq_index_open(dir.path, &(struct bq_index *){ NULL }, &err), BQ_EFORMAT);
	b = start();
	expect_files("00000001.seg LOCK MANIFEST "); /* nothing is thrown away before something better is there */
	add(b, "two");
	assert_true(finish(b).gen > 1);
	expect_files("00000002.seg LOCK MANIFEST ");
	assert_int_equal(bq_index_verify(dir.path, &err), BQ_OK);
}

static void test_leftovers_are_swept(void **state)
{
	struct bq_build *b = start();

	(void)state;
	add(b, "one");
	finish(b);
	tmpdir_put(&dir, "00000002.seg", BQ_SPAN("half")); /* a writer was killed */
	tmpdir_put(&dir, "MANIFEST.tmp", BQ_SPAN("half"));
	b = start();
	expect_files("00000001.seg LOCK MANIFEST ");
	add(b, "two");
	finish(b);
	expect_index(2, 1, 1);
}

static void test_a_full_disk_leaves_the_old_generation(void **state)
{
	struct rlimit old, tiny;
	struct bq_build *b = start();
	struct bq_build_report r;
	int rc;

	(void)state;
	add(b, "one");
	finish(b);
	b = start();
	add(b, "two");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = (struct rlimit){ 100, old.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	rc = bq_build_commit(b, &r, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(rc, BQ_EIO);
	assert_non_null(strstr(err.msg, strerror(EFBIG)));
	expect_files("00000001.seg LOCK MANIFEST ");
	expect_index(1, 1, 1);
}

static void test_what_the_manifest_remembers(void **state)
{
	static const struct bq_span roots[] = { BQ_SPAN_INIT("/a b/%"), BQ_SPAN_INIT("") };
	struct bq_index *ix;

	(void)state;
	opts.sources = roots;
	opts.n_sources = 2;
	opts.text.stopwords = BQ_SPAN("foo bar");
	opts.k1 = 1.25f;
	finish(start());
	assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK);
	assert_int_equal(ix->n_sources, 2);
	assert_true(bq_span_eq(ix->sources[0], roots[0]));
	assert_int_equal(ix->sources[1].len, 0);
	assert_true(bq_span_eq(ix->text.stopwords, BQ_SPAN("bar foo")));
	assert_string_equal(ix->text.lang, "en");
	assert_true(ix->k1 == 1.25f);
	bq_index_unref(ix);
}

/* Whether the kernel takes the mapped segment for one that is read here and
 * there: flag `rr` of its map. */
static bool is_read_here_and_there(void)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	bool is_ours = false, found = false;
	char line[4500];

	assert_non_null(maps);
	while (!found && fgets(line, sizeof line, maps) != NULL) {
		if (strstr(line, dir.path) != NULL && strstr(line, ".seg") != NULL)
			is_ours = true;
		else if (strncmp(line, "VmFlags:", 8) == 0) {
			found = is_ours && strstr(line, " rr ") != NULL;
			is_ours = false;
		}
	}
	(void)fclose(maps);
	return found;
}

static void test_what_is_checked_is_then_read_here_and_there(void **state)
{
	struct bq_build *b = start();
	struct bq_index *ix;

	(void)state;
	add(b, "one");
	finish(b);
	assert_int_equal(bq_index_open(dir.path, &ix, &err), BQ_OK);
	assert_false(is_read_here_and_there());
	assert_int_equal(bq_index_check_sums(ix, NULL, &err), BQ_OK);
	assert_true(is_read_here_and_there());
	bq_index_unref(ix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_generations_follow_one_another, prepare, release),
		cmocka_unit_test_setup_teardown(test_an_index_of_nothing, prepare, release),
		cmocka_unit_test_setup_teardown(test_what_is_checked_is_then_read_here_and_there, prepare, release),
		cmocka_unit_test_setup_teardown(test_documents_without_words, prepare, release),
		cmocka_unit_test_setup_teardown(test_aborting_leaves_the_old_generation, prepare, release),
		cmocka_unit_test_setup_teardown(test_segments_up_to_the_limit, prepare, release),
		cmocka_unit_test_setup_teardown(test_memory_and_threads_do_not_show, prepare, release),
		cmocka_unit_test_setup_teardown(test_one_writer, prepare, release),
		cmocka_unit_test_setup_teardown(test_bad_options, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_text_of_4_gib_is_refused, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_damaged_manifest_is_replaced, prepare, release),
		cmocka_unit_test_setup_teardown(test_leftovers_are_swept, prepare, release),
		cmocka_unit_test_setup_teardown(test_a_full_disk_leaves_the_old_generation, prepare, release),
		cmocka_unit_test_setup_teardown(test_what_the_manifest_remembers, prepare, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
