/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything bq writes goes through here: results to a printer, messages to
 * standard error.  Text is made safe on the way (safe.h); the only escape
 * sequences are the styles below, and only with colour on.
 */
#ifndef CLI_PRINTER_H
#define CLI_PRINTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <bq/client.h>
#include <bq/span.h>

enum printer_style {
	PRINTER_PLAIN,
	PRINTER_PATH,
	PRINTER_LINE,
	PRINTER_MATCH,
	PRINTER_FAINT,
};

struct printer {
	FILE *out;     /* **borrowed** */
	bool is_color;
	bool is_link;  /* paths are OSC 8 links; needs is_color */
};

/* "always", "never", or "auto": on a terminal without NO_COLOR and with a TERM
 * that is not dumb. */
bool printer_wants_color(const char *when, bool is_terminal);

/* Text that came from elsewhere, in a style; PRINTER_PLAIN writes no sequence. */
void printer_text(struct printer *p, enum printer_style style, struct bq_span s);

/* Byte ranges as in a reply; they count from `base` bytes before the text
 * that is printed. */
struct printer_marks {
	const struct bq_client_range *ranges;
	uint32_t n;
	uint32_t base;
};

/* Text on one line with its ranges marked. */
void printer_marked(struct printer *p, struct bq_span s, const struct printer_marks *m);

/* Formatted text on one line; what is formatted in is made safe too. */
void printer_format(struct printer *p, enum printer_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A JSON object as the server sent it, `members` (e.g. "\"kind\":\"HIT\"") in front, and a LF. */
void printer_json(struct printer *p, const char *members, struct bq_span object);

/* A path with a link around it where links are on.  `shown` is what is
 * printed, `absolute` where it leads. */
void printer_path(struct printer *p, struct bq_span shown, struct bq_span absolute);

/* End a line. */
void printer_newline(struct printer *p);

/* "bq: ..." on standard error, one line. */
void printer_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A number with a comma between thousands, in a buffer of the caller's. */
const char *printer_count(uint64_t n, char buf[32]);

#endif
