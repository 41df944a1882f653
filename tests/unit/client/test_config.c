/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The configuration file of recorded indexes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/reach/config.h"
#include "cli/reach/files.h"
#include "lib/tmpdir.h"

static struct tmpdir tmp;

static char *put(const char *name, const char *text)
{
	tmpdir_put(&tmp, name, bq_span_of(text));
	return tmpdir_path(&tmp, name);
}

static void test_read(void **state)
{
	char *file = put("c.ini",
		"# mine\n\n[index.notes]\r\npath = /x/notes ; not a comment\nsource=/a b\n  source =  /c\n"
				  "other = 1\n[colors]\npath = none\n[index.mail]\npath=/m");
	struct config c;
	struct bq_error err;

	(void)state;
	assert_int_equal(config_read(file, &c, &err), BQ_OK);
	assert_int_equal(c.n_indexes, 2);
	assert_string_equal(config_find(&c, "notes")->path, "/x/notes ; not a comment");
	assert_int_equal(config_find(&c, "notes")->n_sources, 2);
	assert_string_equal(config_find(&c, "notes")->sources[1], "/c");
	assert_string_equal(config_find(&c, "mail")->path, "/m");
	assert_null(config_find(&c, "colors"));
	config_release(&c);
	free(file);
}

/* Long paths are paths, too. */
static void test_long_lines(void **state)
{
	static char text[9000];
	struct config c;
	struct bq_error err;
	size_t n = (size_t)sprintf(text, "[index.a]\npath = /");

	(void)state;
	memset(text + n, 'p', 4000);
	strcpy(text + n + 4000, "\n");
	char *file = put("long.ini", text);
	assert_int_equal(config_read(file, &c, &err), BQ_OK);
	assert_int_equal(strlen(c.indexes[0].path), 4001);
	config_release(&c);
	free(file);
}

static void test_refused(void **state)
{
	static const char *const texts[] = { "[index.a\npath=/x\n", "[index.a]\nnonsense\n", "[index.a]\n= x\n",
		"[index.a]\nsource=/x\n", "[index.a]\npath=relative\n", "[index.]\npath=/x\n", "[index.a,b]\npath=/x\n",
		"[index.-a]\npath=/x\n" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char *file = put("bad.ini", texts[i]);
		struct config c;
		struct bq_error err = { 0, 0, "" };
		int status = config_read(file, &c, &err);
		if (status != BQ_EFORMAT)
			print_error("taken: %s", texts[i]);
		assert_int_equal(status, BQ_EFORMAT);
		assert_int_equal(c.n_indexes, 0);
		free(file);
	}
}

static char *text_of(const char *file)
{
	char *text;
	size_t len;

	assert_int_equal(files_read(file, 100000, &text, &len, NULL), BQ_OK);
	return text;
}

static void test_record(void **state)
{
	char *file = tmpdir_path(&tmp, "new/dir/config.ini");
	char name[] = "notes", path[] = "/x/notes", a[] = "/a b", b[] = "/c", *sources[] = { a, b };
	struct config_index x = { name, path, sources, 2 };
	struct bq_error err;
	struct stat st;

	(void)state;
	assert_int_equal(config_record(file, &x, &err), BQ_OK);
	char *text = text_of(file);
	assert_string_equal(text, "[index.notes]\npath = /x/notes\nsource = /a b\nsource = /c\n");
	free(text);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(file);
}

/* Everything else in the file stays. */
static void test_record_again(void **state)
{
	char *file = put("again.ini",
		"# mine\n[index.notes]\npath = /old\n# kept\nsource = /old\n\n[index.other]\npath = /o\n");
	char name[] = "notes", path[] = "/new", *sources[] = { path };
	struct config_index x = { name, path, sources, 1 };
	struct bq_error err;

	(void)state;
	assert_int_equal(config_record(file, &x, &err), BQ_OK);
	char *text = text_of(file);
	assert_string_equal(text,
		"# mine\n# kept\n[index.other]\npath = /o\n\n[index.notes]\npath = /new\nsource = /new\n");
	free(text);
	free(file);
}

static void test_record_refused(void **state)
{
	char *file = tmpdir_path(&tmp, "never.ini");
	static const char *const values[] = { "/a\nb", "/trailing ", "", " /x" };
	char name[] = "n", good[] = "/x";
	struct bq_error err;

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		char *value = strdup(values[i]), *sources[] = { value };
		struct config_index x = { name, good, sources, 1 };
		assert_int_equal(config_record(file, &x, &err), BQ_EUSAGE);
		free(value);
	}
	assert_int_not_equal(access(file, F_OK), 0);
	free(file);
}

/* Many at once: no section is lost. */
static void test_record_together(void **state)
{
	char *file = tmpdir_path(&tmp, "together.ini");
	struct config c;
	struct bq_error err;

	(void)state;
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			char name[8], path[] = "/x";
			struct config_index x = { name, path, NULL, 0 };
			snprintf(name, sizeof name, "n%d", i);
			_exit(config_record(file, &x, NULL) == BQ_OK ? 0 : 1);
		}
	}
	for (int i = 0, how; i < 8; i++) {
		assert_true(wait(&how) > 0);
		assert_int_equal(how, 0);
	}
	assert_int_equal(config_read(file, &c, &err), BQ_OK);
	assert_int_equal(c.n_indexes, 8);
	config_release(&c);
	free(file);
}

static void test_names(void **state)
{
	static const struct {
		const char *path, *name;
	} rows[] = {
		{ "/home/me/notes", "notes" },
		{ "/", "root" },
		{ "/x/my notes", "my-notes" },
		{ "/x/a,b=c]", "a-b-c-" },
		{ "/x/.hidden", "_hidden" },
		{ "/x/-n", "_n" },
		{ "/x/M\xc3\xbcller", "M\xc3\xbcller" },
	};
	char name[CONFIG_MAX_NAME + 1], longer[300];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		config_name_of(rows[i].path, name);
		assert_string_equal(name, rows[i].name);
		assert_true(config_name_check(name));
	}
	memset(longer, 'a', sizeof longer - 1);
	longer[0] = '/';
	longer[sizeof longer - 1] = '\0';
	config_name_of(longer, name);
	assert_true(config_name_check(name));
	assert_int_equal(strlen(name), CONFIG_MAX_NAME - 4);
}

static int set_up(void **state)
{
	(void)state;
	tmpdir_init(&tmp);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tmpdir_release(&tmp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_again),
		cmocka_unit_test(test_record_refused),
		cmocka_unit_test(test_record_together),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
