/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What tells one MANIFEST from the next, asked with and without the last answer.
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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/index.h>

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

/* A last line as MANIFEST has it, in `name`, written `age` seconds ago. */
static void write_manifest(const char *name, const char *checksum, time_t age)
{
	char *path = tmpdir_path(&dir, name);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	struct timespec times[2] = { { time(NULL) - age, 0 }, { time(NULL) - age, 0 } };

	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "checksum %s\n", checksum), 26);
	assert_int_equal(futimens(fd, times), 0);
	assert_int_equal(close(fd), 0);
	free(path);
}

static void rename_to_manifest(const char *name)
{
	char *from = tmpdir_path(&dir, name), *to = tmpdir_path(&dir, "MANIFEST");

	assert_int_equal(rename(from, to), 0);
	free(from);
	free(to);
}

static struct bq_index_stamp stamp(const struct bq_index_stamp *last)
{
	struct bq_index_stamp out;

	assert_int_equal(bq_index_stamp(dir.path, last, &out, NULL), BQ_OK);
	return out;
}

static void the_last_answer_does_not_change_the_next(void **state)
{
	(void)state;
	for (time_t age = 0; age < 200; age += 100) {
		write_manifest("MANIFEST", "00000000000000aa", age);
		struct bq_index_stamp first = stamp(NULL), again = stamp(&first), third = stamp(&again);
		assert_int_equal(first.checksum, 0xaa);
		assert_memory_equal(&again, &first, sizeof first);
		assert_memory_equal(&third, &first, sizeof first);
	}
}

static void another_file_is_seen(void **state)
{
	(void)state;
	write_manifest("MANIFEST", "00000000000000aa", 100);
	struct bq_index_stamp first = stamp(NULL);
	write_manifest("other", "00000000000000bb", 100);
	rename_to_manifest("other");
	struct bq_index_stamp second = stamp(&first);
	assert_int_equal(second.checksum, 0xbb);
	assert_int_not_equal(second.inode, first.inode);
}

/* Within a tick of the clock the same inode may be another file.  An hour ahead is
 * young however long this takes. */
static void a_young_file_is_read(void **state)
{
	struct bq_index_stamp first, second;

	(void)state;
	write_manifest("MANIFEST", "00000000000000aa", -3600);
	first = stamp(NULL);
	write_manifest("MANIFEST", "00000000000000bb", -3600);
	second = stamp(&first);
	assert_int_equal(second.inode, first.inode);
	assert_int_equal(second.checksum, 0xbb);
}

static void what_is_gone_is_said(void **state)
{
	struct bq_index_stamp first, out;
	char *path = tmpdir_path(&dir, "MANIFEST");
	struct bq_error err;

	(void)state;
	write_manifest("MANIFEST", "00000000000000aa", 100);
	first = stamp(NULL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bq_index_stamp(dir.path, &first, &out, &err), BQ_ENOTFOUND);
	assert_non_null(strstr(err.msg, "MANIFEST"));
	assert_int_equal(bq_index_stamp(path, &first, &out, &err), BQ_ENOTFOUND);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_last_answer_does_not_change_the_next, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(another_file_is_seen, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_young_file_is_read, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_is_gone_is_said, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
