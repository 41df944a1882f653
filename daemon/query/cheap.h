/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QUERY_CHEAP_H
#define QUERY_CHEAP_H

#include "query/plan.h"

#define CHEAP_NS 200000u /* totals are exact by default up to here */

/* Whether to look at every document that matches is predicted to take at most
 * CHEAP_NS; the lists are found already. */
bool cheap_to_count(const struct bq_query *q, enum ast_mode mode);

#endif
