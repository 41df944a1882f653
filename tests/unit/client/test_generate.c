/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The manual page and the completions in the repository are what the tables
 * say today.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/generate.h"
#include "cli/reach/files.h"

static void test_up_to_date(void **state)
{
	static const struct {
		const char *what, *file;
	} rows[] = { { "man", "client/man/bq.1" }, { "bash", "client/completion/bq.bash" },
		{ "zsh", "client/completion/_bq" },
		{ "fish", "client/completion/bq.fish" } };
	const char *root = getenv("BQ_SOURCE_DIR");

	(void)state;
	if (root == NULL)
		skip();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[4096], *made = NULL, *kept = NULL;
		size_t made_len, kept_len;
		FILE *f = open_memstream(&made, &made_len);
		assert_true(generate(rows[i].what, f));
		fclose(f);
		assert_true(files_format(path, sizeof path, "%s/%s", root, rows[i].file));
		assert_int_equal(files_read(path, 1 << 20, &kept, &kept_len, NULL), BQ_OK);
		if (strcmp(made, kept) != 0)
			print_error("write it again: bq --generate %s >%s\n", rows[i].what, rows[i].file);
		assert_string_equal(made, kept);
		free(made);
		free(kept);
	}
	assert_false(generate("nothing", stdout));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_up_to_date) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
