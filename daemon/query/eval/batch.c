/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/prune.h"

#include "query/phrase/lookup.h"

#define ABSENT UINT32_MAX

static void put(struct prune_batch *b, uint32_t doc, uint32_t points, uint32_t at, bool is_kept)
{
	b->docs[b->n] = doc;
	b->points[b->n] = points;
	b->at[b->n] = (uint16_t)at;
	b->n += is_kept;
}

/* ---- candidates -------------------------------------------------------- */

/* Leave out blocks whose bound, with `others`, stays below `need`; then the
 * first document of the list from p->next on, or BQ_DOC_END behind the
 * window. */
static uint32_t skip_blocks(struct prune *p, const struct flat_clause *c, struct bq_cursor *cur, uint32_t others,
	uint32_t need)
{
	uint32_t last = 0, doc;

	while (need > others && p->next < p->to) {
		uint8_t impact = bq_cursor_block_impact(cur, p->next, &last);
		if (impact == 0)
			return BQ_DOC_END;
		if (bound_points(&c->bound, impact) + others >= need)
			break;
		p->is_cut = true;
		p->next = last < p->to ? last + 1 : p->to;
	}
	doc = p->next < p->to ? bq_cursor_seek(cur, p->next) : BQ_DOC_END;
	return doc < p->to ? doc : BQ_DOC_END;
}

/* Documents of the cursor's block, from its current one to the window's end. */
static void fill_block(struct prune *p, const struct flat_clause *c, struct bq_cursor *cur, uint32_t others,
	uint32_t need)
{
	float weight = c->node->weight;
	const uint32_t *tfs = bq_cursor_tfs(cur);
	uint32_t i = cur->i, from = i;

	for (; i < cur->n && cur->docs[i] < p->to; i++) {
		float k = node_k(p->ev, cur->docs[i]);
		if (c->is_phrase) { /* a count weighs nothing, and needs nothing */
			put(&p->batch, cur->docs[i], 0, i, need == 0 || bound_points_tf(weight, tfs[i], k) + others >= need);
		} else {
			uint32_t points = bm25_points(weight, tfs[i], k);
			put(&p->batch, cur->docs[i], points, i, points + others >= need);
		}
	}
	p->is_cut |= p->batch.n != i - from;
	cur->i = i - 1;
	cur->doc = cur->docs[i - 1];
	p->next = cur->doc + 1;
}

/* A prefix: its documents are in memory. */
static void fill_union(struct prune *p, const struct flat_clause *c, struct node *list)
{
	uint32_t doc = node_seek(list, p->next);

	p->batch.first = list->u.at;
	for (; doc < p->to && p->batch.n < BQ_BLOCK_DOCS; doc = node_seek(list, doc + 1)) {
		uint32_t tf = list->u.tfs[list->u.at];
		uint32_t points = c->is_phrase ? 0 : bm25_points(c->node->weight, tf, node_k(p->ev, doc));
		put(&p->batch, doc, points, list->u.at - p->batch.first, true);
	}
	p->next = doc < p->to ? doc : p->to;
}

bool batch_fill(struct prune *p, struct flat_clause *c, struct node *list)
{
	uint32_t others = p->rest - c->most, need = prune_need(p);

	p->batch.n = 0;
	p->batch.from = list;
	if (list->kind == NODE_UNION) {
		fill_union(p, c, list);
	} else {
		if (skip_blocks(p, c, list->cursor, others, need) == BQ_DOC_END)
			return false;
		fill_block(p, c, list->cursor, others, need);
	}
	if (!c->is_phrase)
		p->rest = others;
	return list->kind == NODE_TERM || p->batch.n != 0;
}

bool batch_fill_sums(struct prune *p)
{
	uint32_t slot = p->next - p->from, need = prune_need(p);

	p->batch.n = 0;
	p->batch.from = NULL;
	for (; slot < BQ_RANGE_DOCS && p->batch.n < BQ_BLOCK_DOCS; slot = (slot | 63) + 1) {
		uint64_t bits = p->marks[slot / 64];
		p->marks[slot / 64] = 0;
		for (; bits != 0; bits &= bits - 1) {
			uint32_t at = (slot & ~63u) + (uint32_t)__builtin_ctzll(bits), points = p->sums[at];
			p->sums[at] = 0;
			p->is_cut |= points + p->rest < need;
			put(&p->batch, p->from + at, points, 0, points + p->rest >= need);
		}
	}
	p->next = p->from + slot;
	return slot < BQ_RANGE_DOCS || p->batch.n != 0;
}

/* ---- clause by clause -------------------------------------------------- */

static uint32_t list_tf(const struct node *list)
{
	return list->kind == NODE_TERM ? bq_cursor_tf(list->cursor) : list->u.tfs[list->u.at];
}

static uint32_t word_points(const struct prune *p, const struct flat_clause *c, uint32_t doc)
{
	if (flat_seek(c->node, doc) != doc)
		return ABSENT;
	return bm25_points(c->node->weight, list_tf(c->node), node_k(p->ev, doc));
}

/* The list that the batch is from has run ahead, a TERM within its block: put
 * it back on document i of the batch. */
static void put_back(const struct prune_batch *b, uint32_t i)
{
	struct node *from = b->from;

	from->doc = b->docs[i];
	if (from->kind == NODE_UNION) {
		from->u.at = b->first + b->at[i];
	} else {
		from->cursor->i = b->at[i];
		from->cursor->doc = b->docs[i];
	}
}

/* Points of phrase `c` in document i of the batch.  ABSENT, too, when even as
 * many places as its rarest word has there would not reach `need`: then it is
 * not looked for. */
static uint32_t phrase_points(struct prune *p, const struct flat_clause *c, uint32_t i, uint32_t need)
{
	uint32_t doc = p->batch.docs[i], least = UINT32_MAX, tf;
	float k = node_k(p->ev, doc);

	for (uint32_t l = 0; l < c->n_lists; l++) {
		if (c->lists[l] == p->batch.from)
			put_back(&p->batch, i);
		else if (flat_seek(c->lists[l], doc) != doc)
			return ABSENT;
		tf = list_tf(c->lists[l]);
		least = tf < least ? tf : least;
	}
	if (need != 0 && p->batch.points[i] + p->rest - c->most + bound_points_tf(c->node->weight, least, k) < need) {
		p->is_cut = true;
		return ABSENT;
	}
	tf = phrase_starts(c->node);
	return tf == 0 ? ABSENT : bm25_points(c->node->weight, tf, k);
}

/* What phrase `c` must bring documents [range[0], range[1]) of the batch for them
 * to rank. */
static void set_least(const struct prune *p, const struct flat_clause *c, const uint32_t range[2], uint32_t *least)
{
	uint32_t need = prune_need(p), others = p->rest - c->most;

	for (uint32_t i = range[0]; i < range[1]; i++) {
		uint32_t sure = p->batch.points[i] + others;
		least[i - range[0]] = sure < need ? need - sure : 0;
	}
}

/* Documents [range[0], range[1]) of the batch, LOOKUP_DOCS at most; those that
 * stay are put behind the others that did. */
static void look_up_some(struct prune *p, struct flat_clause *c, bool is_must, const uint32_t range[2])
{
	struct prune_batch *b = &p->batch;
	uint32_t tfs[LOOKUP_DOCS], least[LOOKUP_DOCS];
	struct lookup_batch some = { .docs = b->docs + range[0], .n = range[1] - range[0], .least = least, .tfs = tfs,
		.exact_from = p->pass->top == NULL ? UINT32_MAX : 0 };

	set_least(p, c, range, least);
	lookup_run(c->lookup, &some);
	p->is_cut |= some.is_cut;
	for (uint32_t i = range[0]; i < range[1]; i++) {
		uint32_t tf = tfs[i - range[0]], doc = b->docs[i];
		uint32_t more = tf == 0 ? 0 : bm25_points(c->node->weight, tf, node_k(p->ev, doc));
		put(b, doc, b->points[i] + more, b->at[i], tf != 0 || !is_must);
	}
}

/* Drop who cannot rank with all that is still to come. */
static void drop_low(struct prune *p)
{
	struct prune_batch *b = &p->batch;
	uint32_t n = b->n, need = prune_need(p);

	b->n = 0;
	for (uint32_t i = 0; i < n; i++)
		put(b, b->docs[i], b->points[i], b->at[i], b->points[i] + p->rest >= need);
	p->is_cut |= b->n != n;
}

/* A word's list, all documents at once. */
static void look_up_list(struct prune *p, const struct flat_clause *c, bool is_must)
{
	struct prune_batch *b = &p->batch;
	uint16_t at[PRUNE_BATCH];
	uint32_t tfs[PRUNE_BATCH], n = 0, n_docs, n_held;

	drop_low(p);
	n_docs = b->n;
	n_held = n_docs == 0 ? 0 : bq_cursor_hold(c->node->cursor, b->docs, n_docs, at, tfs);
	b->n = 0;
	for (uint32_t i = 0; i < n_docs; i++) {
		bool is_held = n < n_held && at[n] == i;
		uint32_t more = is_held ? bm25_points(c->node->weight, tfs[n], node_k(p->ev, b->docs[i])) : 0;
		n += is_held;
		put(b, b->docs[i], b->points[i] + more, b->at[i], is_held || !is_must);
	}
	p->rest -= c->most;
}

static void look_up_many(struct prune *p, struct flat_clause *c, bool is_must)
{
	struct prune_batch *b = &p->batch;
	uint32_t n;

	drop_low(p);
	n = b->n;
	b->n = 0;
	for (uint32_t range[2] = { 0, 0 }; range[0] < n; range[0] = range[1]) {
		range[1] = n - range[0] < LOOKUP_DOCS ? n : range[0] + LOOKUP_DOCS;
		look_up_some(p, c, is_must, range);
	}
	p->rest -= c->most;
}

/* Prefixes, and phrases a document at a time. */
static void look_up_each(struct prune *p, struct flat_clause *c, bool is_must)
{
	struct prune_batch *b = &p->batch;
	uint32_t need = prune_need(p), n = b->n, back = 0;
	bool is_moved = b->from != NULL && b->from->kind == NODE_TERM && c->is_phrase;

	if (is_moved)
		back = b->from->cursor->i;
	b->n = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t more = 0;
		if (b->points[i] + p->rest >= need)
			more = c->is_phrase ? phrase_points(p, c, i, need) : word_points(p, c, b->docs[i]);
		else
			p->is_cut = true;
		bool is_kept = b->points[i] + p->rest >= need && (more != ABSENT || !is_must);
		put(b, b->docs[i], b->points[i] + (more == ABSENT ? 0 : more), b->at[i], is_kept);
	}
	p->rest -= c->most;
	if (is_moved) { /* a UNION finds its way ahead by itself */
		b->from->cursor->i = back;
		b->from->cursor->doc = b->from->cursor->docs[back];
	}
}

void batch_look_up(struct prune *p, struct flat_clause *c, bool is_must)
{
	if (c->lookup != NULL)
		look_up_many(p, c, is_must);
	else if (c->node->kind == NODE_TERM)
		look_up_list(p, c, is_must);
	else
		look_up_each(p, c, is_must);
}

/* ---- the best ---------------------------------------------------------- */

static bool is_out(struct prune *p, uint32_t doc)
{
	if (bq_leaf_is_dead(p->ev->leaf, doc))
		return true;
	for (uint32_t i = 0; i < p->flat.n_not; i++)
		if (node_holds(p->flat.not[i], doc))
			return true;
	return p->strict != NULL && node_holds(p->strict, doc);
}

/* Whether the next document would be among the best k: a tie is behind. */
static bool ranks(const struct topk *top, uint32_t points)
{
	return top != NULL && points >= topk_need(top, true);
}

void batch_offer(struct prune *p)
{
	const struct prune_batch *b = &p->batch;

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->points[i] < prune_need(p)) {
			p->is_cut = true;
		} else if (!is_out(p, b->docs[i])) {
			p->n++;
			if (ranks(p->pass->top, b->points[i]))
				pass_keep(p->pass, p->ev, p->index, b->docs[i], b->points[i]);
		}
	}
}
