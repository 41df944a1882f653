/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The documents of a term, decoded from Xapian once: what a cursor walks.
 *
 *   docs  tfs      of df documents, BQ_BLOCK_DOCS readable zeros behind
 *   bounds         two equal ones of each block of BQ_BLOCK_DOCS: the largest impact
 *   positions      of each document, tf of them; NULL: Xapian is asked
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
	const uint32_t **positions;
	char *key;
};

/* A table of lists that are kept.  **owned**: list_table_free(); NULL without
 * memory. */
struct list **list_table_new(void);

/* Free the table and all lists kept in it; NULL is none. */
void list_table_free(struct list **table);

/* The list of `t`, kept with the shard while there is room, else in rd's arena.
 * NULL with the reason in rd->error, or the arena full.  About 10 ns a document,
 * once. */
const struct list *list_get(struct shard *s, const struct bq_term *t, struct bq_read *rd);

/* Bytes that a list of `df` documents takes, and the list in them: arrays are
 * there, but for `positions`, and what is readable behind them. */
size_t list_bytes(uint32_t df, size_t key_len);

/* **Borrowed** from `memory`; the key is copied. */
struct list *list_place(void *memory, uint32_t df, struct xapian_c_bytes key, uint32_t hash);

/* A cursor over a list that lives as long. */
struct bq_cursor *list_cursor(const struct bq_leaf *leaf, const struct bq_term *t, const struct list *l,
	struct bq_read *rd);

/* Pack `n` > 0 ascending positions from `base` on as bq_spot has them; the first
 * is counted from `base` 0. */
bool list_pack_spot(struct bq_spot *spot, const uint32_t *positions, uint32_t n, uint32_t base, struct bq_arena *mem);

#endif
