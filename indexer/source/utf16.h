/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * UTF-16 text -> UTF-8.
 */
#ifndef SOURCE_UTF16_H
#define SOURCE_UTF16_H

#include <bq/buf.h>

/* Whether `bytes` start with a byte order mark of UTF-16, either order. */
bool utf16_is(struct bq_span bytes);

/* Append `bytes`, which start with a byte order mark, as UTF-8 without it.
 * Half a pair, and a byte left over at the end, become U+FFFD each.  Sticky
 * `oom` of `out`. */
void utf16_decode(struct bq_span bytes, struct bq_buf *out);

#endif
