/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QUERY_ESTIMATE_H
#define QUERY_ESTIMATE_H

#include "query/plan.h"

/* About how many live documents the query matches, from the lengths of its
 * lists alone; these are found already. */
uint64_t estimate_total(const struct bq_query *q, enum ast_mode mode);

#endif
