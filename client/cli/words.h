/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words of the command line, or a line of a batch, as a query.
 *
 *   shell                                arguments                  query
 *   bq "data sharing"                    [data sharing]             "data sharing"
 *   bq biometric "data sharing"          [biometric][data sharing]  biometric "data sharing"
 *   bq 'a OR "b c"~2'                    [a OR "b c"~2]             a OR "b c"~2
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include <bq/span.h>

struct words_query {
	char *text;     /* **owned** */
	bool is_phrase; /* nothing but one phrase: `text` is it between quotes */
};

/* An argument with a double quote is raw syntax, any other with white space a
 * phrase, the rest are words or operators.  Blank arguments are dropped.
 * False when there is no memory. */
bool words_join(char *const *args, size_t n, struct words_query *out);

/* A batch line: wholly double-quoted it is a phrase (*is_phrase, sent in the
 * query language), else plain words. */
bool words_line_is_phrase(struct bq_span line);

#endif
