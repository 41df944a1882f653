/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bq/log.h>

/* What one call writes to standard error. */
static void capture(const char *text, char *out, size_t cap)
{
	int pipe_fds[2], saved = dup(STDERR_FILENO);

	assert_int_equal(pipe(pipe_fds), 0);
	(void)fflush(stderr);
	assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
	bq_log(BQ_LOG_WARN, "file=%s", text);
	(void)fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	(void)close(pipe_fds[1]);
	ssize_t n = read(pipe_fds[0], out, cap - 1);
	assert_true(n > 0);
	out[n] = '\0';
	(void)close(pipe_fds[0]);
}

static void no_control_reaches_a_terminal(void **state)
{
	char line[256];

	(void)state;
	bq_log_open("t", BQ_LOG_INFO);
	capture("a\x1b]0;x\x07\nb\x7f\xc2\x9b" "31m caf\xc3\xa9", line, sizeof line);
	assert_string_equal(line, "t: file=a?]0;x??b?\xc2?31m caf\xc3\xa9\n");
}

static void levels_are_words(void **state)
{
	(void)state;
	assert_int_equal(bq_log_level_parse("debug"), BQ_LOG_DEBUG);
	assert_int_equal(bq_log_level_parse("loud"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_control_reaches_a_terminal),
		cmocka_unit_test(levels_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
