/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The documents of a term, decoded from Xapian once: what a cursor walks.
 *
 *   docs  tfs      of df documents, BQ_BLOCK_DOCS readable zeros behind
 *   bounds         two equal ones of each block of BQ_BLOCK_DOCS: the largest impact
 */
#ifndef ENGINE_LIST_H
#define ENGINE_LIST_H

#include "xapian/engine/shard.h"

struct list {
	struct list *next; /* of the same hash */
	uint32_t hash, key_len;
	uint32_t df;
	uint32_t *docs, *tfs;
	uint8_t *bounds;
	char *key;
};

/* A table of lists that are kept.  **owned**: list_table_free(); NULL without
 * memory. */
struct list **list_table_new(void);
void list_table_free(struct list **table);

/* The list of `t`, kept with the shard while there is room, else in rd's arena.
 * NULL with the reason in rd->error, or the arena full.  About 10 ns a document,
 * once. */
const struct list *list_get(struct shard *s, const struct bq_term *t, struct bq_read *rd);

#endif
