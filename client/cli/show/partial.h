/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an answer is without, in a line for people.
 */
#ifndef CLI_PARTIAL_H
#define CLI_PARTIAL_H

#include <bq/client.h>

/* Room for any such line. */
#define PARTIAL_MAX 768

/* Why `end`, an END that is partial, is: its word; where shards are missing how
 * many and which, the first few by name:
 *   "1 of 3 shards missing: h2:7000 (no answer within 599 ms)"
 * and where a whole index is, the warning about it. */
const char *partial_describe(const struct bq_client_reply *end, char out[PARTIAL_MAX]);

/* The first warning of `end` that partial_describe() does not say: 0 or 1. */
uint32_t partial_other_warnings(const struct bq_client_reply *end);

#endif
