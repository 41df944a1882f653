/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line of bq.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cmdline.h"

#define MAX_ARGS 12

/* Parse `line`, words between single blanks; what it says goes to /dev/null. */
static int parse(const char *line, struct cmdline *o)
{
	static char text[512];
	char *argv[MAX_ARGS + 1] = { NULL };
	int argc = 0;

	snprintf(text, sizeof text, "bq %s", line);
	for (char *save = NULL, *w = strtok_r(text, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		assert_true(argc < MAX_ARGS);
		argv[argc++] = w;
	}
	return cmdline_parse(argc, argv, o);
}

static void test_words_and_options(void **state)
{
	struct cmdline o;

	(void)state;
	assert_int_equal(parse("foo -n 5 bar --json -C2 --sort=date", &o), 0);
	assert_true(o.verb == VERB_SEARCH && o.n_words == 2 && o.limit == 5 && o.context == 2 && o.as_json);
	assert_string_equal(o.words[1], "bar");
	assert_string_equal(o.sort, "date");
	cmdline_release(&o);
	assert_int_equal(parse("-i a -i ./b -0 -l foo", &o), 0);
	assert_true(o.n_indexes == 2 && o.end_with_nul && o.list_paths && o.n_words == 1);
	cmdline_release(&o);
	assert_int_equal(parse("-n5 foo", &o), 0);
	assert_int_equal(o.limit, 5);
	cmdline_release(&o);
	assert_int_equal(parse("foo -", &o), 0);
	assert_int_equal(o.n_words, 2);
	cmdline_release(&o);
}

/* A phrase may start with a dash; a value may hold blanks. */
static void test_dashes(void **state)
{
	char bq[] = "bq", phrase[] = "-city hall", raw[] = "-\"city hall\"", glob[] = "--glob=my dir/*";
	char *argv[] = { bq, phrase, raw, glob, NULL };
	struct cmdline o;

	(void)state;
	assert_int_equal(cmdline_parse(4, argv, &o), 0);
	assert_int_equal(o.n_words, 2);
	assert_string_equal(o.words[0], "-city hall");
	assert_string_equal(o.glob, "my dir/*");
	cmdline_release(&o);
}

static void test_verbs(void **state)
{
	struct cmdline o;

	(void)state;
	assert_int_equal(parse("status", &o), 0);
	assert_int_equal(o.verb, VERB_STATUS);
	cmdline_release(&o);
	assert_int_equal(parse("-n 3 batch f", &o), 0);
	assert_true(o.verb == VERB_BATCH && o.n_words == 1 && o.limit == 3);
	cmdline_release(&o);
	assert_int_equal(parse("batch f -e --format trec", &o), 0);
	assert_true(o.raw_lines && o.raw == NULL);
	cmdline_release(&o);
	assert_int_equal(parse("--format json batch f", &o), 0);
	assert_int_equal(o.verb, VERB_BATCH);
	cmdline_release(&o);
	assert_int_equal(parse("-- status", &o), 0);
	assert_true(o.verb == VERB_SEARCH && o.n_words == 1);
	cmdline_release(&o);
	assert_int_equal(parse("foo status", &o), 0);
	assert_true(o.verb == VERB_SEARCH && o.n_words == 2);
	cmdline_release(&o);
	assert_int_equal(parse("-e status", &o), 0);
	assert_true(o.verb == VERB_SEARCH && o.n_words == 0 && strcmp(o.raw, "status") == 0);
	cmdline_release(&o);
	assert_int_equal(parse("-- foo -city --x", &o), 0);
	assert_int_equal(o.n_words, 3);
	cmdline_release(&o);
	assert_int_equal(parse("generate report", &o), 0);
	assert_true(o.verb == VERB_SEARCH && o.n_words == 2);
	cmdline_release(&o);
}

static void test_refused(void **state)
{
	static const char *const lines[] = { "foo -city", "foo -cl", "foo --no-such", "foo -n", "foo -n 0", "foo -n x",
		"foo -n -1", "foo -n 99999999999999999999", "foo -C 21", "foo -n5x", "foo --json=1", "foo --sort name",
		"foo --sort=", "foo --color", "foo --sort score|date", "status --vimgrep", "foo --format csv",
		"status now", "index", "batch", "batch a b", "stop it", "open", "suggest", "serve everything" };

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct cmdline o;
		int rc = parse(lines[i], &o);
		if (rc != 2)
			print_error("taken: %s\n", lines[i]);
		assert_int_equal(rc, 2);
		cmdline_release(&o);
	}
}

/* What a refusal says, from standard error. */
static void said_of(const char *line, char *out, size_t cap)
{
	int ends[2], saved = dup(STDERR_FILENO);
	struct cmdline o;

	assert_int_equal(pipe(ends), 0);
	fflush(stderr);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	assert_int_equal(parse(line, &o), 2);
	cmdline_release(&o);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t n = read(ends[0], out, cap - 1);
	out[n < 0 ? 0 : n] = '\0';
	close(ends[0]);
}

static void test_advice(void **state)
{
	char said[1024];

	(void)state;
	said_of("foo -city", said, sizeof said);
	assert_non_null(strstr(said, "to leave a word out: bq foo NOT city"));
	said_of("open data for all", said, sizeof said);
	assert_non_null(strstr(said, "bq -- open data for all"));
	said_of("status $(x)", said, sizeof said);
	assert_non_null(strstr(said, "bq -- status '$(x)'"));
}

/* Every option stands in the help, the manual and the completions. */
static void test_one_table(void **state)
{
	struct cmdline_row row;
	char *help = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&help, &len);

	(void)state;
	cmdline_help(f);
	fclose(f);
	for (size_t i = 0; cmdline_row_get(i, &row); i++) {
		assert_non_null(strstr(help, row.name));
		assert_true(strlen(row.help) > 0);
	}
	free(help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_options),
		cmocka_unit_test(test_dashes),
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_one_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
