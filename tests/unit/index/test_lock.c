/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "index/lock.h"
#include "lib/tmpdir.h"

static struct tmpdir dir;
static int dirfd_;

static int make_dir(void **state)
{
	(void)state;
	tmpdir_init(&dir);
	dirfd_ = open(dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	(void)close(dirfd_);
	tmpdir_release(&dir);
	return 0;
}

static void test_a_second_writer_learns_the_first(void **state)
{
	struct bq_error err;
	char want[64];
	int first = lock_open(dirfd_, NULL);

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(lock_open(dirfd_, &err), BQ_ELOCKED);
	(void)snprintf(want, sizeof want, "locked by %ld", (long)getpid());
	assert_string_equal(err.msg, want);
	lock_close(first);
	first = lock_open(dirfd_, &err);
	assert_true(first >= 0);
	lock_close(first);
	lock_close(-1);
}

static void test_a_killed_writer_leaves_no_lock(void **state)
{
	int ready[2], status, fd;
	pid_t child;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (lock_open(dirfd_, NULL) >= 0)
			(void)!write(ready[1], "x", 1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(lock_open(dirfd_, NULL), BQ_ELOCKED);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	fd = lock_open(dirfd_, NULL);
	assert_true(fd >= 0);
	lock_close(fd);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

static void test_a_link_is_no_lock(void **state)
{
	(void)state;
	assert_int_equal(symlinkat("target", dirfd_, LOCK_NAME), 0);
	assert_int_equal(lock_open(dirfd_, NULL), BQ_EIO);
	assert_int_equal(faccessat(dirfd_, "target", F_OK, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_second_writer_learns_the_first, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_a_killed_writer_leaves_no_lock, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_a_link_is_no_lock, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
