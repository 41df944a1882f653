/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/words.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n\v\f\r"

static bool is_blank(const char *arg) { return arg[strspn(arg, BLANKS)] == '\0'; }

static bool is_phrase(const char *arg) { return strchr(arg, '"') == NULL && strpbrk(arg, BLANKS) != NULL; }

static char *put(char *at, const char *text, size_t n)
{
	memcpy(at, text, n);
	return at + n;
}

bool words_join(char *const *args, size_t n, struct words_query *out)
{
	size_t size = 1, kept = 0;
	bool phrase = false;

	for (size_t i = 0; i < n; i++)
		size += strlen(args[i]) + 3;
	char *text = malloc(size), *at = text;
	if (text == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (is_blank(args[i]))
			continue;
		phrase = is_phrase(args[i]);
		if (kept++ > 0)
			at = put(at, " ", 1);
		at = put(at, "\"", phrase);
		at = put(at, args[i], strlen(args[i]));
		at = put(at, "\"", phrase);
	}
	*at = '\0';
	*out = (struct words_query){ text, phrase && kept == 1 };
	return true;
}

bool words_line_is_phrase(struct bq_span line)
{
	return line.len > 2 && line.ptr[0] == '"' && line.ptr[line.len - 1] == '"' &&
		memchr(line.ptr + 1, '"', line.len - 2) == NULL;
}
