/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The configuration file, read by client and daemon alike.  Header only.
 *
 *   # a comment, as is a line that starts with ;
 *   [section]
 *   key = value        up to the end of the line, blanks around it trimmed
 *
 * A key may repeat.  Nothing is cut and nothing inside a value is special:
 * values are paths.  (The ini library at hand cuts lines at 200 bytes and
 * values at " ;".)
 */
#ifndef BQ_INI_H
#define BQ_INI_H

#include <bq/span.h>
#include <bq/status.h>

/* A walk over the text of a file.  Start with `{ .rest = text }`; all spans are
 * **borrowed** from that text. */
struct bq_ini {
	struct bq_span rest;
	struct bq_span section, key, value; /* of the pair found last */
	unsigned line;                      /* its number, from 1 */
};

static inline struct bq_span bq_ini_trim(struct bq_span s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = bq_span_from(s, 1);
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t' || s.ptr[s.len - 1] == '\r'))
		s.len--;
	return s;
}

/* The next line without its LF. */
static inline struct bq_span bq_ini_line(struct bq_ini *it)
{
	const char *lf = (const char *)memchr(it->rest.ptr, '\n', it->rest.len);
	struct bq_span line = lf == NULL ? it->rest : bq_span_first(it->rest, (size_t)(lf - it->rest.ptr));

	it->rest = bq_span_from(it->rest, lf == NULL ? line.len : line.len + 1);
	it->line++;
	return line;
}

/* The next pair: BQ_OK, BQ_END after the last, BQ_EFORMAT for a line that is
 * none of the above (`line` is its number). */
static inline int bq_ini_next(struct bq_ini *it)
{
	while (it->rest.len > 0) {
		struct bq_span s = bq_ini_trim(bq_ini_line(it));
		if (s.len == 0 || s.ptr[0] == '#' || s.ptr[0] == ';')
			continue;
		if (s.ptr[0] == '[') {
			if (s.ptr[s.len - 1] != ']')
				return BQ_EFORMAT;
			it->section = bq_span_make(s.ptr + 1, s.len - 2);
			continue;
		}
		const char *eq = (const char *)memchr(s.ptr, '=', s.len);
		if (eq == NULL || eq == s.ptr)
			return BQ_EFORMAT;
		it->key = bq_ini_trim(bq_span_first(s, (size_t)(eq - s.ptr)));
		it->value = bq_ini_trim(bq_span_from(s, (size_t)(eq + 1 - s.ptr)));
		return BQ_OK;
	}
	return BQ_END;
}

#endif
