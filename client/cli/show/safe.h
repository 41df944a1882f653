/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text from documents and servers on its way to a terminal or pipe.  No byte
 * of it can move a cursor, change a title, answer a query or turn the writing
 * direction: what could is shown as \x1b or \u202e, what is no UTF-8 as U+FFFD.
 */
#ifndef CLI_SAFE_H
#define CLI_SAFE_H

#include <stdio.h>

#include <bq/span.h>

enum safe_mode {
	SAFE_TEXT, /* LF and TAB stay */
	SAFE_LINE, /* TAB stays, LF becomes a space */
	SAFE_JSON, /* well-formed JSON text: the same value, escaped as JSON does */
};

/* Write `s` to `f`.  Errors stay with `f` (ferror). */
void safe_write(FILE *f, struct bq_span s, enum safe_mode mode);

#endif
