/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/args.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int complain(const char *fmt, ...)
{
	va_list args;

	(void)fputs("bqbench: ", stderr);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return 2;
}

/* Store a value; false if it does not fit the kind. */
static bool store(const struct arg *a, const char *value)
{
	char *end = NULL;

	if (a->kind == ARG_TEXT) {
		*(const char **)a->to = value;
		return true;
	}
	double d = strtod(value, &end);
	if (end == value || *end != '\0' || !(d > 0) || d > 1e9)
		return false;
	if (a->kind == ARG_NUMBER) {
		*(double *)a->to = d;
		return true;
	}
	*(unsigned *)a->to = (unsigned)d;
	return d >= 1 && (double)(unsigned)d == d;
}

static const struct arg *find(const struct arg *args, unsigned n_args, const char *name, size_t len)
{
	for (unsigned i = 0; i < n_args; i++)
		if (strlen(args[i].name) == len && memcmp(args[i].name, name, len) == 0)
			return &args[i];
	return NULL;
}

/* One option at *argv, which moves on to its value. */
static bool take_option(char ***argv, const struct arg *args, unsigned n_args)
{
	const char *name = **argv + 2;
	size_t len = strcspn(name, "=");
	const struct arg *a = find(args, n_args, name, len);
	const char *value = name[len] == '=' ? name + len + 1 : NULL;

	if (a == NULL)
		return complain("unknown option --%s", name) == 0;
	if (a->kind == ARG_FLAG) {
		*(bool *)a->to = true;
		return value == NULL || complain("--%s takes no value", a->name) == 0;
	}
	if (value == NULL)
		value = *++*argv;
	if (value == NULL)
		return complain("--%s needs a value", a->name) == 0;
	return store(a, value) || complain("--%s: not '%s'", a->name, value) == 0;
}

bool args_parse(char **argv, const struct arg *args, unsigned n_args, const char **place)
{
	for (argv++; *argv != NULL; argv++) {
		if (strncmp(*argv, "--", 2) == 0) {
			if (!take_option(&argv, args, n_args))
				return false;
		} else if (place != NULL && *place == NULL) {
			*place = *argv;
		} else {
			return complain("one argument too many: %s", *argv) == 0;
		}
	}
	return true;
}
