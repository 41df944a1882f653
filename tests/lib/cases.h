/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads tests/cases/x.test: groups of lines, an empty line between, lines that
 * begin with `#` are comments.  What a line means is the test's affair.
 */
#ifndef BQ_TESTS_CASES_H
#define BQ_TESTS_CASES_H

#include <stdbool.h>
#include <stddef.h>

#define CASES_LINES_MAX 256 /* of one group */

struct cases {
	char *bytes; /* the whole file, its line ends made NUL */
	char *at;    /* the next line to read; NULL at the end */
	unsigned line;
	char path[512];
};

struct cases_group {
	size_t n;
	char *lines[CASES_LINES_MAX]; /* **borrowed** from the cases; may be written to */
	unsigned numbers[CASES_LINES_MAX];
};

/* Open tests/cases/`name` below $BQ_SOURCE_DIR; fails the running test when it
 * cannot be read.  Release with cases_release(). */
void cases_init(struct cases *c, const char *name);

/* Free the file's bytes, and with them the lines of every group. */
void cases_release(struct cases *c);

/* The next group, or false at the end. */
bool cases_next(struct cases *c, struct cases_group *g);

/* If `line` begins with `word` and a blank (or is `word`), what follows the
 * blank, else NULL. */
char *cases_after(char *line, const char *word);

/* Replace \n \r \t \\ \xHH (a byte) and \u{H..} (a character as UTF-8) in
 * place.  Returns the length, as the result may hold NUL. */
size_t cases_unescape(char *s);

#endif
