/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "index/publish.h"
#include "lib/tmpdir.h"

static struct tmpdir dir;

static int make_dir(void **state)
{
	(void)state;
	tmpdir_init(&dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	tmpdir_release(&dir);
	return 0;
}

static bool exists(const char *name)
{
	char *path = tmpdir_path(&dir, name);
	struct stat st;
	bool found = lstat(path, &st) == 0;

	free(path);
	return found;
}

static unsigned mode_of(const char *name)
{
	char *path = tmpdir_path(&dir, name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_mode & 07777;
}

static int open_index(const char *name, struct bq_error *err)
{
	char *path = tmpdir_path(&dir, name);
	int fd = publish_dir_open(path, err);

	free(path);
	return fd;
}

static struct manifest sample(void)
{
	struct manifest m = { .gen = 3, .next_segment = 9, .text = { .lang = "none", .stopwords = BQ_SPAN_INIT("") },
		.k1 = 0.9f, .b = 0.4f, .avg_len = 1, .pairs = BQ_PAIRS_OFF, .n_docs = 5, .n_live = 4, .n_segments = 1 };

	m.segments[0] = (struct manifest_segment){ .number = 8, .bytes = 1, .n_docs = 5, .n_dead = 1, .del_gen = 3 };
	return m;
}

static void test_a_missing_directory_is_made(void **state)
{
	int fd = open_index("a/b/index", NULL);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(mode_of("a/b/index"), 0700);
	assert_int_equal(mode_of("a"), 0700);
	(void)close(fd);
}

static void test_an_empty_one_becomes_ours(void **state)
{
	char *path = tmpdir_path(&dir, "index");
	int fd;

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0);
	fd = open_index("index", NULL);
	assert_true(fd >= 0);
	assert_int_equal(mode_of("index"), 0700);
	(void)close(fd);
	free(path);
}

static void refuse(const char *name)
{
	struct bq_error err;

	assert_int_equal(open_index(name, &err), BQ_EUSAGE);
}

static void test_foreign_directories_are_refused(void **state)
{
	(void)state;
	tmpdir_put(&dir, "photos/cat.jpg", BQ_SPAN("meow"));
	refuse("photos");
	tmpdir_put(&dir, "almost/00000001.seg", BQ_SPAN("")); /* ours by name, but never locked by us */
	refuse("almost");
	tmpdir_put(&dir, "leveldb/LOCK", BQ_SPAN(""));
	tmpdir_put(&dir, "leveldb/CURRENT", BQ_SPAN(""));
	refuse("leveldb");
	tmpdir_put(&dir, "java/MANIFEST", BQ_SPAN("Manifest-Version: 1.0\n"));
	refuse("java");
	tmpdir_put(&dir, "file", BQ_SPAN("I am a file"));
	refuse("file");
	refuse("file/below");
	assert_true(exists("photos/cat.jpg"));
}

static void test_leftovers_of_a_first_build_are_taken(void **state)
{
	int fd;

	(void)state;
	tmpdir_put(&dir, "index/LOCK", BQ_SPAN(""));
	tmpdir_put(&dir, "index/00000001.seg", BQ_SPAN("half"));
	tmpdir_put(&dir, "index/MANIFEST.tmp", BQ_SPAN("half"));
	tmpdir_put(&dir, "index/MANIFEST", BQ_SPAN("damaged"));
	fd = open_index("index", NULL);
	assert_true(fd >= 0);
	(void)close(fd);
}

static void test_publish_and_sweep(void **state)
{
	static const char *const stay[] = { "LOCK", "MANIFEST", "00000008.seg", "00000008.del.3", "notes.txt", "1.seg",
		"00000007.seg.bak", "00000007.del." };
	static const char *const go[] = { "00000007.seg", "00000009.seg", "00000008.del.2", "00000007.del.3",
		"MANIFEST.tmp" };
	struct manifest m = sample(), r;
	struct bq_arena mem;
	int fd = open_index(".", NULL);

	(void)state;
	assert_true(fd >= 0);
	bq_arena_init(&mem, 1 << 20);
	assert_int_equal(publish_manifest(fd, &m, NULL), BQ_OK);
	assert_int_equal(mode_of("MANIFEST"), 0600);
	assert_int_equal(manifest_read(fd, &mem, &r, NULL, NULL), BQ_OK);
	assert_int_equal(r.gen, 3);
	assert_int_equal(r.checksum, m.checksum);
	for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
		if (strcmp(stay[i], "MANIFEST") != 0)
			tmpdir_put(&dir, stay[i], BQ_SPAN("x"));
	for (size_t i = 0; i < sizeof go / sizeof go[0]; i++)
		tmpdir_put(&dir, go[i], BQ_SPAN("x"));
	publish_sweep(fd, &m);
	for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
		if (!exists(stay[i]))
			fail_msg("%s is gone", stay[i]);
	for (size_t i = 0; i < sizeof go / sizeof go[0]; i++)
		if (exists(go[i]))
			fail_msg("%s is still there", go[i]);
	bq_arena_release(&mem);
	(void)close(fd);
}

static void test_a_manifest_that_readers_refuse_is_not_published(void **state)
{
	struct manifest m = sample();
	int fd = open_index("index", NULL);

	(void)state;
	m.n_live = 5;
	assert_int_equal(publish_manifest(fd, &m, NULL), BQ_EFORMAT);
	assert_false(exists("index/MANIFEST"));
	assert_false(exists("index/MANIFEST.tmp"));
	(void)close(fd);
}

static void test_a_full_disk_leaves_the_old_one(void **state)
{
	struct manifest m = sample(), r;
	struct rlimit old, tiny;
	struct bq_error err;
	struct bq_arena mem;
	int fd = open_index("index", NULL), rc;

	(void)state;
	assert_int_equal(publish_manifest(fd, &m, NULL), BQ_OK);
	m.gen = 4;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = (struct rlimit){ 10, old.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	rc = publish_manifest(fd, &m, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(rc, BQ_EIO);
	assert_non_null(strstr(err.msg, strerror(EFBIG)));
	assert_false(exists("index/MANIFEST.tmp"));
	bq_arena_init(&mem, 1 << 20);
	assert_int_equal(manifest_read(fd, &mem, &r, NULL, NULL), BQ_OK);
	assert_int_equal(r.gen, 3);
	bq_arena_release(&mem);
	(void)close(fd);
}

static void test_numbers_of_files(void **state)
{
	uint64_t number, gen;
	int fd = open_index("index", NULL);

	(void)state;
	tmpdir_put(&dir, "index/00000012.seg", BQ_SPAN(""));
	tmpdir_put(&dir, "index/00000007.del.31", BQ_SPAN(""));
	tmpdir_put(&dir, "index/99999999.bak", BQ_SPAN(""));
	publish_numbers(fd, &number, &gen);
	assert_int_equal(number, 12);
	assert_int_equal(gen, 31);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_missing_directory_is_made, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_an_empty_one_becomes_ours, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_foreign_directories_are_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_leftovers_of_a_first_build_are_taken, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_publish_and_sweep, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_a_manifest_that_readers_refuse_is_not_published, make_dir,
			remove_dir),
		cmocka_unit_test_setup_teardown(test_a_full_disk_leaves_the_old_one, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_numbers_of_files, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
