/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words in order, by their positions.
 *
 *   "data sharing data"   members  data +0, sharing +1, data +2
 *   data     3 9 11       the list with the fewest positions leads:
 *   sharing  4 10         4 -> start 3?  3 and 5 must be in data: no
 *                         10 -> start 9?  9 and 11 are: yes
 */
#include "query/eval/node.h"

/* Positions of the current document of a TERM or UNION. */
static const uint32_t *positions_of(struct node *n, uint32_t *count)
{
	if (n->kind == NODE_TERM)
		return bq_cursor_positions(n->cursor, count);
	if (n->kind != NODE_UNION || n->u.positions == NULL) {
		*count = 0;
		return NULL;
	}
	*count = n->u.tfs[n->u.at];
	return n->u.positions + n->u.from[n->u.at];
}

/* Where a title phrase may stand: [from, to). */
struct zone {
	uint64_t from, to;
};

static struct zone zone_of(struct node *n)
{
	struct eval *ev = n->ev;
	struct bq_doc_head head;

	if (n->ast == NULL || !n->ast->is_title)
		return (struct zone){ 0, UINT64_MAX };
	if (bq_leaf_head(ev->leaf, n->must[0]->doc, &head, &ev->read) != BQ_OK)
		return (struct zone){ 0, 0 };
	return (struct zone){ head.title_pos, (uint64_t)head.title_pos + head.title_words };
}

/* Load the positions of every list; false if one has none here. */
static bool load_positions(struct node *n)
{
	for (uint32_t i = 0; i < n->n_lists; i++) {
		n->positions[i].list = positions_of(n->must[i], &n->positions[i].n);
		if (n->positions[i].n == 0)
			return false;
	}
	return true;
}

/* The member whose list is the shortest here. */
static const struct node_member *find_lead(const struct node *n)
{
	const struct node_member *lead = &n->members[0];

	for (uint32_t i = 1; i < n->n_members; i++)
		if (n->positions[n->members[i].list].n < n->positions[lead->list].n)
			lead = &n->members[i];
	return lead;
}

/* Whether every member stands where a phrase from `start` on needs it. */
static bool stands_at(struct node *n, uint64_t start)
{
	for (uint32_t i = 0; i < n->n_members; i++) {
		struct node_member *m = &n->members[i];
		const struct node_positions *p = &n->positions[m->list];
		while (m->read < p->n && p->list[m->read] < start + m->at)
			m->read++;
		if (m->read == p->n || p->list[m->read] != start + m->at)
			return false;
	}
	return true;
}

/* Words that need not stand in their places. */
static uint32_t near_starts(struct node *n, const struct zone *zone)
{
	const uint64_t range[2] = { zone->from, zone->to };

	for (uint32_t i = 0; i < n->n_members; i++) {
		n->slots[i].list = n->positions[n->members[i].list].list;
		n->slots[i].n = n->positions[n->members[i].list].n;
	}
	return near_matches(n->slots, n->n_members, range, false, NULL, NULL);
}

uint32_t phrase_starts(struct node *n)
{
	uint32_t n_starts = 0;

	if (!load_positions(n))
		return 0;
	struct zone zone = zone_of(n);
	if (n->slots != NULL)
		return near_starts(n, &zone);
	const struct node_member *lead = find_lead(n);
	const struct node_positions *p = &n->positions[lead->list];
	uint32_t span = n->members[n->n_members - 1].at + 1;

	for (uint32_t i = 0; i < n->n_members; i++)
		n->members[i].read = 0;
	for (uint32_t i = 0; i < p->n; i++) {
		uint64_t start = (uint64_t)p->list[i] - lead->at;
		if (p->list[i] < lead->at || start < zone.from || start + span > zone.to)
			continue;
		n_starts += stands_at(n, start);
	}
	return n_starts;
}
