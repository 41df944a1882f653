/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show/printer.h"

#include <stdarg.h>
#include <stdlib.h>

#include "cli/show/safe.h"

static const char *const sequences[] = {
	[PRINTER_PLAIN] = "",
	[PRINTER_PATH] = "\033[35m",
	[PRINTER_LINE] = "\033[32m",
	[PRINTER_MATCH] = "\033[1;31m",
	[PRINTER_FAINT] = "\033[2m",
};

bool printer_wants_color(const char *when, bool is_terminal)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != NULL && strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return is_terminal && (no_color == NULL || no_color[0] == '\0') && term != NULL && term[0] != '\0' &&
		strcmp(term, "dumb") != 0;
}

static void style_on(struct printer *p, enum printer_style style)
{
	if (p->is_color && style != PRINTER_PLAIN)
		fputs(sequences[style], p->out);
}

static void style_off(struct printer *p, enum printer_style style)
{
	if (p->is_color && style != PRINTER_PLAIN)
		fputs("\033[0m", p->out);
}

void printer_text(struct printer *p, enum printer_style style, struct bq_span s)
{
	style_on(p, style);
	safe_write(p->out, s, SAFE_LINE);
	style_off(p, style);
}

/* [from, to) of a range, clipped to a text of `len` bytes that starts at `base`. */
static bool clip(struct bq_client_range r, uint32_t base, size_t len, size_t *from, size_t *to)
{
	size_t end = base + len;

	if (r.to <= base || r.from >= end)
		return false;
	*from = r.from <= base ? 0 : r.from - base;
	*to = (r.to < end ? r.to : end) - base;
	return true;
}

void printer_marked(struct printer *p, struct bq_span s, const struct printer_marks *m)
{
	size_t at = 0, from, to;

	for (uint32_t i = 0; i < m->n; i++) {
		if (!clip(m->ranges[i], m->base, s.len, &from, &to))
			continue;
		printer_text(p, PRINTER_PLAIN, bq_span_make(s.ptr + at, from - at));
		printer_text(p, PRINTER_MATCH, bq_span_make(s.ptr + from, to - from));
		at = to;
	}
	printer_text(p, PRINTER_PLAIN, bq_span_from(s, at));
}

/* Format, make safe, write. */
__attribute__((format(printf, 2, 0))) static void format_to(FILE *f, const char *fmt, va_list args)
{
	char *text = NULL;
	int n = vasprintf(&text, fmt, args);

	if (n >= 0)
		safe_write(f, bq_span_make(text, (size_t)n), SAFE_LINE);
	free(n >= 0 ? text : NULL);
}

void printer_format(struct printer *p, enum printer_style style, const char *fmt, ...)
{
	va_list args;

	style_on(p, style);
	va_start(args, fmt);
	format_to(p->out, fmt, args);
	va_end(args);
	style_off(p, style);
}

void printer_json(struct printer *p, const char *members, struct bq_span object)
{
	const char *brace = memchr(object.ptr, '{', object.len);
	struct bq_span rest = bq_span_from(object, brace == NULL ? object.len : (size_t)(brace + 1 - object.ptr));
	bool is_empty = true;

	for (size_t i = 0; i < rest.len && is_empty; i++)
		is_empty = strchr(" \t\r}", rest.ptr[i]) != NULL;
	putc('{', p->out);
	fputs(members, p->out);
	if (!is_empty)
		putc(',', p->out);
	safe_write(p->out, rest, SAFE_JSON);
	putc('\n', p->out);
}

/* file://HOST/PATH with every byte outside RFC 3986's unreserved and / escaped;
 * the host is left empty: the file is on this machine. */
static void write_uri(FILE *f, struct bq_span path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

	fputs("file://", f);
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.ptr[i];
		if (c != '\0' && strchr(plain, c) != NULL)
			putc(c, f);
		else
			fprintf(f, "%%%02X", c);
	}
}

void printer_path(struct printer *p, struct bq_span shown, struct bq_span absolute)
{
	bool link = p->is_color && p->is_link;

	if (link) {
		fputs("\033]8;;", p->out);
		write_uri(p->out, absolute);
		fputs("\033\\", p->out);
	}
	printer_text(p, PRINTER_PATH, shown);
	if (link)
		fputs("\033]8;;\033\\", p->out);
}

void printer_newline(struct printer *p) { putc('\n', p->out); }

void printer_complain(const char *fmt, ...)
{
	va_list args;

	fputs("bq: ", stderr);
	va_start(args, fmt);
	format_to(stderr, fmt, args);
	va_end(args);
	putc('\n', stderr);
}

const char *printer_count(uint64_t n, char buf[32])
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}
