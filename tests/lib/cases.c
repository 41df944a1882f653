/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

enum { FILE_MAX = 1 << 20 };

void cases_init(struct cases *c, const char *name)
{
	const char *root = getenv("BQ_SOURCE_DIR");

	memset(c, 0, sizeof *c);
	(void)snprintf(c->path, sizeof c->path, "%s/tests/cases/%s", root == NULL ? "." : root, name);
	FILE *f = fopen(c->path, "rb");
	if (f == NULL)
		fail_msg("%s: cannot open it (BQ_SOURCE_DIR is the source tree)", c->path);
	c->bytes = malloc(FILE_MAX);
	assert_non_null(c->bytes);
	size_t n = fread(c->bytes, 1, FILE_MAX, f);
	(void)fclose(f);
	assert_true(n < FILE_MAX);
	c->bytes[n] = '\0';
	c->at = c->bytes;
}

void cases_release(struct cases *c)
{
	free(c->bytes);
	c->bytes = c->at = NULL;
}

static char *next_line(struct cases *c)
{
	char *line = c->at;

	if (line == NULL || *line == '\0')
		return NULL;
	char *end = strchr(line, '\n');
	c->at = end == NULL ? NULL : end + 1;
	if (end != NULL)
		*end = '\0';
	c->line++;
	return line;
}

bool cases_next(struct cases *c, struct cases_group *g)
{
	char *line;

	g->n = 0;
	while ((line = next_line(c)) != NULL) {
		if (line[0] == '#')
			continue;
		if (line[0] == '\0') {
			if (g->n > 0)
				return true;
			continue;
		}
		assert_true(g->n < CASES_LINES_MAX);
		g->lines[g->n] = line;
		g->numbers[g->n++] = c->line;
	}
	return g->n > 0;
}

char *cases_after(char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(line, word, n) != 0 || (line[n] != ' ' && line[n] != '\0'))
		return NULL;
	return line[n] == ' ' ? line + n + 1 : line + n;
}

/* A backslash's letter and what belongs to it; *in moves behind it. */
static size_t unescape_one(const char **in, char *out)
{
	char hex[3] = { 0 };
	char *stop;

	switch (*(*in)++) {
	case 'n': *out = '\n'; return 1;
	case 'r': *out = '\r'; return 1;
	case 't': *out = '\t'; return 1;
	case '\\': *out = '\\'; return 1;
	case 'x':
		memcpy(hex, *in, 2);
		*out = (char)strtoul(hex, &stop, 16);
		assert_ptr_equal(stop, hex + 2);
		*in += 2;
		return 1;
	case 'u': {
		assert_int_equal(**in, '{');
		long cp = strtol(*in + 1, &stop, 16);
		assert_int_equal(*stop, '}');
		*in = stop + 1;
		return (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)out);
	}
	default: fail_msg("unknown escape before '%s'", *in); return 0;
	}
}

size_t cases_unescape(char *s)
{
	const char *in = s;
	char *out = s;

	while (*in != '\0') {
		if (*in != '\\') {
			*out++ = *in++;
			continue;
		}
		in++;
		out += unescape_one(&in, out);
	}
	*out = '\0';
	return (size_t)(out - s);
}
