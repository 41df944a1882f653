/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PAIRS_CHECK_H
#define PAIRS_CHECK_H

#include <bq/status.h>

struct segment;

/* Check PAIRS and PPOST of a segment whose dictionary and lists are sound: [F38]
 * to [F43].  Decodes every list, and reads the positions of all covered words
 * again. */
int pairs_check(const struct segment *s, struct bq_error *err);

#endif
