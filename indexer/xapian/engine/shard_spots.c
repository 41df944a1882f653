/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Positions of documents that cursors met, read from Xapian and packed as
 * bq/spot.h wants them:
 *
 *   base         the first position; no bits of its own (w0 = 0)
 *   rest         distances - 1, 32 bits each, in the request's arena
 */
#include <stdlib.h>

#include "xapian/engine/list.h"

enum { READABLE = 8, BATCH = 256 };

/* What a term without positions has: nowhere near another word, and below
 * BQ_MAX_POS, since it is no damage. */
#define NOWHERE      0x40000000u
#define NOWHERE_STEP 0x1000u

static const uint8_t nothing[READABLE];

/* Read the positions of one document; < 0 is Xapian's status.  What there is
 * beyond tf is left out. */
static int read_positions(struct shard *s, const struct list *l, uint32_t doc, uint32_t tf, uint32_t *out,
	struct xapian_c_error *x)
{
	struct xapian_c_bytes key = { l->key, l->key_len };
	int n = xapian_c_positions_open(s->positions, s->db, doc + 1, key, x);

	return n < 0 ? n : xapian_c_positions_read(s->positions, out, (int)tf, x);
}

bool list_pack_spot(struct bq_spot *spot, const uint32_t *positions, uint32_t n, uint32_t base, struct bq_arena *mem)
{
	uint8_t *rest = NULL;

	*spot = (struct bq_spot){ .first = nothing, .rest = nothing, .tf = n, .w1 = 32 };
	spot->base = positions[0] < base ? 0 : positions[0] - base;
	if (n == 1)
		return true;
	rest = bq_arena_alloc(mem, (size_t)(n - 1) * sizeof *positions + READABLE);
	if (rest == NULL)
		return false;
	for (uint32_t i = 1; i < n; i++) {
		uint32_t distance = positions[i] - positions[i - 1] - 1;
		memcpy(rest + (size_t)(i - 1) * sizeof distance, &distance, sizeof distance);
	}
	memset(rest + (size_t)(n - 1) * sizeof *positions, 0, READABLE);
	spot->rest = rest;
	return true;
}

/* With the lock held. */
static bool make_ready(struct shard *s, struct bq_spot *spot, uint32_t number, struct bq_read *rd)
{
	const struct list *l = (const struct list *)(const void *)spot->first;
	uint32_t few[BATCH], *positions = few;
	struct xapian_c_error x;

	if (spot->rest != NULL)
		return true; /* is ready */
	if (spot->tf > BATCH)
		positions = spot->tf > INT32_MAX ? NULL : bq_arena_alloc(rd->mem, (size_t)spot->tf * sizeof *positions);
	if (positions == NULL) {
		rd->mem->oom = true;
		return false;
	}
	int n = read_positions(s, l, (uint32_t)spot->base, spot->tf, positions, &x);
	if (n < 0) {
		(void)shard_failed(s, rd, &x);
		return false;
	}
	if (n == 0) {
		positions[0] = NOWHERE + number % NOWHERE_STEP * NOWHERE_STEP;
		n = 1;
	}
	return list_pack_spot(spot, positions, (uint32_t)n, 1, rd->mem); /* they begin with 1 there, with 0 here */
}

bool shard_ready(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd)
{
	struct shard *s = shard_of(l);
	bool ok = true;

	(void)pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < n && ok; i++)
		ok = make_ready(s, &spots[i], i, rd);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}
