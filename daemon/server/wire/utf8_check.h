/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SERVER_UTF8_CHECK_H
#define SERVER_UTF8_CHECK_H

#include <stddef.h>

#include <bq/span.h>

/* The offset of the first byte that is no part of well-formed UTF-8 (RFC 3629),
 * or s.len when all is well. */
size_t utf8_check(struct bq_span s);

/* `s` cut to at most `max` bytes without splitting a character. */
struct bq_span utf8_check_cut(struct bq_span s, size_t max);

#endif
