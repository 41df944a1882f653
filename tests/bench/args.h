/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Options of the verbs, from a table: --name VALUE or --name=VALUE.
 */
#ifndef BENCH_ARGS_H
#define BENCH_ARGS_H

#include <stdbool.h>

enum arg_kind { ARG_FLAG, ARG_COUNT, ARG_NUMBER, ARG_TEXT };

/* `to` is a bool, unsigned (at least 1), double (above 0) or const char *. */
struct arg {
	const char *name;
	enum arg_kind kind;
	void *to;
};

/* Read argv[1 ..]; the one argument that is no option goes to *place (NULL:
 * none is taken).  False after saying on standard error what is wrong. */
bool args_parse(char **argv, const struct arg *args, unsigned n_args, const char **place);

/* A message of bqbench on standard error; returns exit code 2. */
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
