/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/title.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <bq/utf8.h>

static struct bq_span skip_bom(struct bq_span s)
{
	return bq_span_starts(s, BQ_SPAN("\xef\xbb\xbf")) ? bq_span_from(s, 3) : s;
}

/* The next line without its end; *s becomes what follows. */
static struct bq_span take_line(struct bq_span *s)
{
	const char *lf = s->len == 0 ? NULL : memchr(s->ptr, '\n', s->len);
	struct bq_span line = bq_span_first(*s, lf == NULL ? s->len : (size_t)(lf - s->ptr));

	*s = bq_span_from(*s, line.len + (lf != NULL));
	return line;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static struct bq_span trim(struct bq_span s)
{
	while (s.len != 0 && is_blank(s.ptr[0]))
		s = bq_span_from(s, 1);
	while (s.len != 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* Cut behind the character that crosses TITLE_MAX. */
static struct bq_span cut(struct bq_span s)
{
	const uint8_t *p = (const uint8_t *)s.ptr, *end = p + s.len;
	size_t at = 0;
	int32_t cp;

	while (at < s.len && at <= TITLE_MAX)
		at += bq_utf8_decode(p + at, end, &cp);
	return bq_span_first(s, at);
}

struct bq_span title_of_text(struct bq_span text)
{
	text = skip_bom(text);
	while (text.len != 0) {
		struct bq_span line = trim(take_line(&text));
		if (line.len != 0)
			return cut(line);
	}
	return BQ_SPAN("");
}

/* ---- Markdown (CommonMark 0.31, sections 4.2, 4.3, 4.5) ---------------- */

static size_t count_run(struct bq_span s, char c)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] == c)
		n++;
	return n;
}

/* The line without up to three blanks in front; empty if it is indented code. */
static struct bq_span unindent(struct bq_span line)
{
	size_t n = count_run(line, ' ');

	if (n > 3 || (n < line.len && line.ptr[n] == '\t'))
		return BQ_SPAN("");
	return bq_span_from(line, n);
}

/* `# x #` -> `x`; empty if the line is no heading or an empty one. */
static struct bq_span atx_heading(struct bq_span line)
{
	size_t level = count_run(line, '#'), n;

	if (level == 0 || level > 6 || (level < line.len && !is_blank(line.ptr[level])))
		return BQ_SPAN("");
	line = trim(bq_span_from(line, level));
	for (n = line.len; n > 0 && line.ptr[n - 1] == '#'; n--)
		;
	return n == 0 || is_blank(line.ptr[n - 1]) ? trim(bq_span_first(line, n)) : line;
}

/* A line of only = or only -. */
static bool is_underline(struct bq_span line)
{
	line = trim(line);
	return line.len != 0 && (line.ptr[0] == '=' || line.ptr[0] == '-') && count_run(line, line.ptr[0]) == line.len;
}

/* Whether an underline below makes this line a heading: it must be a
 * paragraph's. */
static bool is_paragraph(struct bq_span line)
{
	if (line.len == 0 || strchr(">#|", line.ptr[0]) != NULL)
		return false;
	return strchr("-*+", line.ptr[0]) == NULL ||
		(line.len > 1 && !is_blank(line.ptr[1]) && line.ptr[1] != line.ptr[0]);
}

struct fence {
	char c;
	size_t n; /* 0: outside */
};

/* Follow fenced code over one line: true if the line is part of it. */
static bool follow_fence(struct fence *f, struct bq_span line)
{
	char c = line.len == 0 ? '\0' : line.ptr[0];
	size_t n = c == '`' || c == '~' ? count_run(line, c) : 0;

	if (f->n == 0) {
		if (n >= 3)
			*f = (struct fence){ c, n };
		return n >= 3;
	}
	if (c == f->c && n >= f->n && trim(bq_span_from(line, n)).len == 0)
		f->n = 0;
	return true;
}

/* Behind a YAML block between two `---` lines at the start, if it is closed. */
static struct bq_span skip_front_matter(struct bq_span text)
{
	struct bq_span rest = text, line = take_line(&rest);

	if (!bq_span_eq(trim(line), BQ_SPAN("---")))
		return text;
	while (rest.len != 0) {
		line = trim(take_line(&rest));
		if (bq_span_eq(line, BQ_SPAN("---")) || bq_span_eq(line, BQ_SPAN("...")))
			return rest;
	}
	return text;
}

struct bq_span title_of_markdown(struct bq_span text)
{
	struct bq_span rest = skip_front_matter(skip_bom(text)), above = BQ_SPAN("");
	struct bq_span body = rest;
	struct fence fence = { 0, 0 };

	while (rest.len != 0) {
		struct bq_span line = unindent(take_line(&rest)), heading;
		if (follow_fence(&fence, line)) {
			above = BQ_SPAN("");
			continue;
		}
		heading = atx_heading(line);
		if (heading.len != 0)
			return cut(heading);
		if (is_underline(line) && is_paragraph(above))
			return cut(trim(above));
		above = trim(line);
	}
	return title_of_text(body.len != 0 ? body : text);
}
