/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text of a line of progress: no terminal, no clock.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bq/utf8.h>

#include "progress.h"

enum { NAME_MIN = 8, WINDOW_S = 5 };

struct line {
	char *out;
	size_t len, room; /* `room` counts columns left, of which a byte takes one but in names */
};

/* Add a part behind two blanks, or as the first; false if it does not fit. */
__attribute__((format(printf, 2, 3))) static bool add_part(struct line *l, const char *fmt, ...)
{
	char part[128];
	size_t gap = l->len == 0 ? 0 : 2, n;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(part, sizeof part, fmt, args);
	va_end(args);
	n = strlen(part);
	if (gap + n > l->room)
		return false;
	memcpy(l->out + l->len, "  ", gap);
	memcpy(l->out + l->len + gap, part, n + 1);
	l->len += gap + n;
	l->room -= gap + n;
	return true;
}

/* 1234567 -> "1,234,567". */
static const char *format_count(uint64_t n, char out[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
	size_t to = 0;

	for (int i = 0; i < len; i++) {
		if (i != 0 && (len - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	out[to] = '\0';
	return out;
}

static bool add_remaining(struct line *l, const struct progress_view *v)
{
	double left = v->bytes_per_s <= 0 || v->bytes >= v->total ? 0 : (double)(v->total - v->bytes) / v->bytes_per_s;
	unsigned s = left < 360000 ? (unsigned)(left + 0.5) : 360000; /* 100 hours */

	if (v->bytes_per_s <= 0)
		return true;
	if (s == 360000)
		return add_part(l, "100 hours or more left");
	if (s >= 3600)
		return add_part(l, "%u:%02u:%02u left", s / 3600, s / 60 % 60, s % 60);
	return add_part(l, "%u:%02u left", s / 60, s % 60);
}

/* All parts that stand before the name; false if one did not fit. */
static bool add_numbers(struct line *l, const struct progress_view *v)
{
	bool is_known = v->total != 0 && v->phase == NULL;
	char count[32];

	if (v->phase != NULL && !add_part(l, "%.100s", v->phase))
		return false;
	if (v->phase != NULL && v->has_percent && !add_part(l, "%u %%", v->percent))
		return false;
	if (v->phase != NULL && v->documents == 0)
		return true;
	if (is_known && !add_part(l, "%u %%", v->bytes >= v->total ? 100 :
		(unsigned)((double)v->bytes * 100 / (double)v->total)))
		return false;
	if (is_known && !add_remaining(l, v))
		return false;
	if (!add_part(l, "%s document%s", format_count(v->documents, count), v->documents == 1 ? "" : "s"))
		return false;
	if (v->phase != NULL)
		return true;
	if (v->bytes_per_s > 0 && !add_part(l, "%.1f MB/s", v->bytes_per_s / 1e6))
		return false;
	if (is_known)
		return add_part(l, "%.1f of %.1f MB", (double)v->bytes / 1e6, (double)v->total / 1e6);
	return add_part(l, "%.1f MB", (double)v->bytes / 1e6);
}

/* ---- names ------------------------------------------------------------- */

/* Whether a terminal should not get this: controls, marks of direction, breaks. */
static bool is_unsafe(int32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return true; /* ill-formed bytes are -1 */
	return cp == 0x061c || cp == 0xfeff || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
		(cp >= 0x2060 && cp <= 0x206f);
}

/* Columns of what is shown for `cp`: rather too many than too few. */
static size_t columns_of(int32_t cp)
{
	return cp < 0x300 || is_unsafe(cp) ? 1 : 2;
}

/* Copy name[from..) as it may be shown; returns its columns.  `out` may be NULL. */
static size_t copy_name(struct bq_span name, size_t from, char *out)
{
	const uint8_t *p = (const uint8_t *)name.ptr, *end = p + name.len;
	size_t columns = 0;

	for (p += from; p < end;) {
		int32_t cp;
		size_t n = bq_utf8_decode(p, end, &cp);
		columns += columns_of(cp);
		if (out != NULL && is_unsafe(cp))
			*out++ = '?';
		else if (out != NULL)
			out = (char *)memcpy(out, p, n) + n;
		p += n;
	}
	if (out != NULL)
		*out = '\0';
	return columns;
}

/* As much of the end of the name as fits, whole characters. */
static void add_name(struct line *l, struct bq_span name)
{
	size_t left = PROGRESS_LINE_MAX - l->len - sizeof "  ..", from = name.len > left ? name.len - left : 0;
	size_t room;

	if (name.len == 0 || l->room < NAME_MIN + 2)
		return;
	room = l->room - 2;
	while (from < name.len && bq_utf8_is_tail(name.ptr[from]) && from != 0)
		from++;
	if (from != 0 || copy_name(name, 0, NULL) > room)
		room -= 2;
	while (copy_name(name, from, NULL) > room) {
		int32_t cp;
		const uint8_t *p = (const uint8_t *)name.ptr;
		from += bq_utf8_decode(p + from, p + name.len, &cp);
	}
	l->len += (size_t)sprintf(l->out + l->len, from == 0 ? "  " : "  ..");
	(void)copy_name(name, from, l->out + l->len);
}

/* ---- the interface ----------------------------------------------------- */

void progress_format(const struct progress_view *v, char out[PROGRESS_LINE_MAX])
{
	struct line l = { out, 0, v->columns == 0 ? 0 : v->columns - 1 };

	if (l.room > PROGRESS_LINE_MAX - 1)
		l.room = PROGRESS_LINE_MAX - 1;
	out[0] = '\0';
	if (add_numbers(&l, v) && v->phase == NULL)
		add_name(&l, v->name);
}

double progress_rate(double old, uint64_t bytes, double seconds)
{
	double now = seconds <= 0 ? old : (double)bytes / seconds;

	return old <= 0 ? now : old + (now - old) * seconds / (seconds + WINDOW_S);
}
