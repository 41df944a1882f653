/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Many documents looked up, and where their positions are: of each block the
 * documents or bits (find.h), the tfs, and the address of the positions.
 * Positions of a document stand behind those of the documents before it in
 * its group of 32, so the tfs before it are added up.
 */
#include "segment/segment_cursor.h"

#include "segment/positions.h"

/* The spots of those in `places` of the block at hand; false if the tfs are damaged. */
static bool put_spots(struct native_cursor *n, const uint8_t *places, uint32_t n_places, struct bq_spot *out)
{
	const uint32_t *tfs = bq_cursor_tfs(&n->c);
	uint64_t before[BQ_BLOCK_DOCS];

	if (n->block >= n->n_blocks)
		return false;
	if (n->pos_block.ptr == NULL) {
		for (uint32_t j = 0; j < n_places; j++)
			out[j] = (struct bq_spot){ .tf = tfs[places[j]] };
		return true;
	}
	n->segment->find->sum(tfs, places, n_places, before);
	for (uint32_t j = 0; j < n_places; j++) {
		uint32_t i = places[j];
		out[j].tf = tfs[i];
		out[j].base = before[j];
		positions_set_spot(&out[j], n->pos_block, n->n, i);
	}
	return true;
}

/* Numbers in a stretch from number `from` on become those of all documents asked. */
static void shift_kept(uint16_t *kept, uint32_t n, uint32_t from)
{
	for (uint32_t j = 0; from != 0 && j < n; j++)
		kept[j] = (uint16_t)(kept[j] + from);
}

uint32_t native_meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n_docs, uint16_t *kept, struct bq_spot *spots)
{
	struct native_cursor *n = native_of(c);
	struct native_run run = native_next_run(n, n->is_open ? n->block : 0, docs, n_docs), next;
	uint8_t places[BQ_BLOCK_DOCS];
	uint32_t n_kept = 0;

	for (uint32_t from = 0; from < n_docs; from += run.n, run = next) {
		next = native_next_run(n, run.block, docs + from + run.n, n_docs - from - run.n);
		int held = run.n == 0 ? -1 : native_held(n, run.block, docs + from, run.n, kept + n_kept, places);
		if (held < 0) {
			n->is_open = true;
			n->block = n->n_blocks;
			break;
		}
		if (held != 0 && spots != NULL && !put_spots(n, places, (uint32_t)held, spots + n_kept))
			break;
		shift_kept(kept + n_kept, (uint32_t)held, from);
		n_kept += (uint32_t)held;
	}
	return n_kept;
}

/* An INLINE position stands in no block: 0 bits, counted from itself. */
static struct bq_spot inline_spot(const struct native_cursor *n)
{
	const uint8_t *any = (const uint8_t *)n->segment->pos.ptr; /* padding follows even if POS is empty */

	return (struct bq_spot){ .first = any, .rest = any, .base = n->positions[0], .tf = 1 };
}

uint32_t native_small_meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n_docs, uint16_t *kept,
	struct bq_spot *spots)
{
	struct native_cursor *n = native_of(c);
	bool is_inline = (c->term.priv[SEGMENT_PRIV_MODE] & 0xff) == SEGMENT_INLINE && n->tfs[0] == 1;
	uint8_t places[BQ_BLOCK_DOCS];
	uint32_t n_kept = 0, to;

	n->n = c->term.df;
	for (uint32_t from = 0; from < n_docs && docs[from] <= n->docs[n->n - 1]; from = to) {
		to = from + native_count_until(docs + from, n_docs - from, n->docs[n->n - 1]);
		uint32_t held = n->segment->find->in_docs(n->docs, n->n, docs + from, to - from, kept + n_kept, places);
		if (held != 0 && spots != NULL && !is_inline && !put_spots(n, places, held, spots + n_kept))
			break;
		shift_kept(kept + n_kept, held, from);
		n_kept += held;
	}
	if (is_inline && n_kept != 0 && spots != NULL)
		spots[0] = inline_spot(n);
	return n_kept;
}

static bool is_inline(const struct native_cursor *n)
{
	return (n->c.term.priv[SEGMENT_PRIV_MODE] & 0xff) == SEGMENT_INLINE && n->tfs[0] == 1;
}

bool native_pick(struct bq_cursor *c, const uint8_t *places, uint32_t n_places, struct bq_spot *spots)
{
	struct native_cursor *n = native_of(c);

	n->n = c->n;
	if (!is_inline(n))
		return put_spots(n, places, n_places, spots);
	if (n_places != 0)
		spots[0] = inline_spot(n);
	return true;
}

bool native_spots(struct bq_cursor *c, struct bq_spot *spots)
{
	struct native_cursor *n = native_of(c);
	const uint32_t *tfs = bq_cursor_tfs(c);

	if (c->read->error.status != BQ_OK)
		return false;
	if ((c->term.priv[SEGMENT_PRIV_MODE] & 0xff) == SEGMENT_INLINE && tfs[0] == 1) {
		spots[0] = inline_spot(n);
		return true;
	}
	return positions_spots(n->pos_block, tfs, c->n, spots) || native_damaged(n, "a damaged positions block [F23]");
}

bool native_ready(const struct bq_leaf *l, struct bq_spot *spots, uint32_t n, struct bq_read *rd)
{
	if (positions_ready(spots, n))
		return true;
	(void)segment_damaged(segment_of(l), rd, "a damaged positions block [F23]");
	return false;
}
