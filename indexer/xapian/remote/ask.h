/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A question of bq/remote.h as Xapian's.
 */
#ifndef REMOTE_ASK_H
#define REMOTE_ASK_H

#include <bq/remote.h>
#include <xapian-c.h>

/* **owned**: xapian_c_query_free().  BQ_EQUERY, BQ_ENOMEM. */
int ask_make(const struct bq_expr *e, struct xapian_c_query **out, struct bq_error *err);

#endif
