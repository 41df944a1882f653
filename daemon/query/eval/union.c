/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The words of a prefix as one list.  Each list is walked once, its entries
 * are sorted by document (radix, stable), and entries of one document joined.
 */
#include <stdlib.h>

#include "query/eval/node.h"

struct entry {
	uint32_t doc, tf, from;
};

struct entries {
	struct entry *e;
	size_t n, cap;
	uint32_t *positions;
	size_t n_positions, max_positions;
};

/* A list gave more than its dictionary entry says. */
static bool overflow(struct node *n)
{
	bq_error_set(&n->ev->read.error, BQ_EFORMAT, 0, "segment %llu: a word's list is longer than its counts say",
		(unsigned long long)n->ev->leaf->number);
	return false;
}

static bool add_entry(struct node *n, struct entries *all, struct bq_cursor *c)
{
	uint32_t tf = bq_cursor_tf(c), count = 0;
	const uint32_t *positions = NULL;

	if (all->positions != NULL)
		positions = bq_cursor_positions(c, &count);
	if (all->n == all->cap || count > all->max_positions - all->n_positions)
		return overflow(n);
	if (count != 0)
		memcpy(all->positions + all->n_positions, positions, count * sizeof *positions);
	all->e[all->n++] = (struct entry){ c->doc, all->positions != NULL ? count : tf, (uint32_t)all->n_positions };
	all->n_positions += count;
	return true;
}

/* Walk one word's list with memory of its own, given back at once. */
static bool add_list(struct node *n, struct entries *all, const struct bq_term *t)
{
	struct bq_arena *mem = &n->ev->q->searcher->list_mem;
	struct bq_read rd = { .mem = mem };
	struct bq_cursor *c = bq_cursor_open(n->ev->leaf, t, &rd);
	bool is_good = c != NULL;

	while (is_good && bq_cursor_next(c) != BQ_DOC_END && !watch_step(n->ev->watch))
		is_good = add_entry(n, all, c);
	if (rd.error.status != BQ_OK && n->ev->read.error.status == BQ_OK)
		n->ev->read.error = rd.error;
	if (mem->oom)
		n->ev->read.mem->oom = true;
	bq_arena_reset(mem);
	return is_good && rd.error.status == BQ_OK;
}

/* One pass of a radix sort: by 8 bits of the document number. */
static void sort_pass(const struct entry *from, struct entry *to, size_t n, unsigned shift)
{
	size_t count[257] = { 0 };

	for (size_t i = 0; i < n; i++)
		count[((from[i].doc >> shift) & 255) + 1]++;
	for (unsigned b = 0; b < 256; b++)
		count[b + 1] += count[b];
	for (size_t i = 0; i < n; i++)
		to[count[(from[i].doc >> shift) & 255]++] = from[i];
}

/* Sort; two passes at a time, so that the result is where the input was. */
static void sort_by_doc(struct entry *e, struct entry *spare, size_t n, uint32_t n_docs)
{
	for (unsigned shift = 0; shift < 32 && (n_docs >> shift) != 0; shift += 16) {
		sort_pass(e, spare, n, shift);
		sort_pass(spare, e, n, shift + 8);
	}
}

static int compare_positions(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Put the positions of the last document in order, which come from so many
 * entries. */
static void sort_last(const struct node_union *u, uint32_t n_joined, uint32_t *positions)
{
	if (n_joined > 1 && positions != NULL)
		qsort(positions + u->from[u->n - 1], u->tfs[u->n - 1], sizeof *positions, compare_positions);
}

/* Join the entries of each document; their positions go to `to` in order. */
static void join(struct node_union *u, const struct entries *all, uint32_t *to)
{
	uint32_t used = 0, n_joined = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct entry *e = &all->e[i];
		bool is_new = u->n == 0 || u->docs[u->n - 1] != e->doc;
		if (is_new) {
			sort_last(u, n_joined, to);
			n_joined = 0;
			u->docs[u->n] = e->doc;
			u->tfs[u->n] = 0;
			u->from[u->n++] = used;
		}
		u->tfs[u->n - 1] += e->tf;
		n_joined++;
		if (to == NULL)
			continue;
		memcpy(to + used, all->positions + e->from, e->tf * sizeof *to);
		used += e->tf;
	}
	sort_last(u, n_joined, to);
	u->positions = to;
}

bool union_build(struct node *n, const struct plan_terms *terms, bool with_positions)
{
	struct bq_arena *mem = n->ev->read.mem;
	struct entries all = { 0 };
	uint64_t n_positions = 0;
	struct entry *spare;
	uint32_t *joined = NULL;

	for (uint32_t i = 0; i < terms->n; i++) {
		all.cap += terms->terms[i].df;
		n_positions += terms->terms[i].ttf;
	}
	if (with_positions && n_positions < UINT32_MAX) {
		all.max_positions = (size_t)n_positions;
		all.positions = BQ_ARENA_NEW(mem, uint32_t, all.max_positions);
		joined = BQ_ARENA_NEW(mem, uint32_t, all.max_positions);
	}
	all.e = BQ_ARENA_NEW(mem, struct entry, all.cap);
	spare = BQ_ARENA_NEW(mem, struct entry, all.cap);
	n->u.docs = BQ_ARENA_NEW(mem, uint32_t, all.cap);
	n->u.tfs = BQ_ARENA_NEW(mem, uint32_t, all.cap);
	n->u.from = BQ_ARENA_NEW(mem, uint32_t, all.cap);
	mem->oom |= with_positions && n_positions >= UINT32_MAX;
	for (uint32_t i = 0; i < terms->n && !mem->oom; i++)
		if (!add_list(n, &all, &terms->terms[i]))
			return false;
	if (mem->oom)
		return false;
	sort_by_doc(all.e, spare, all.n, n->ev->leaf->n_docs);
	join(&n->u, &all, joined);
	return true;
}
