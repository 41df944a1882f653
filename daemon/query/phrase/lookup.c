/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/lookup.h"

#include "query/eval/bound.h"

/* Spots made ready together: their lines and those of the documents' lengths
 * stay in the nearest cache until they are read. */
enum { READY_SPOTS = 256 };

struct lookup_level {
	struct bq_cursor *cursor;
	uint16_t kept[LOOKUP_DOCS];
	struct bq_spot *spots; /* [LOOKUP_DOCS] */
	uint32_t list;         /* of the phrase; from n_lists on it only restricts */
};

struct lookup {
	struct node *phrase;
	struct lookup_level *levels; /* in the order in which lists are met */
	uint32_t n_levels, n_lists;
	struct verify verify;
	uint32_t *positions;         /* of a phrase with slots: room for n_positions, decoded */
	uint64_t n_positions;
	struct bq_spot *ready;       /* [docs_at_once][n_lists] */
	uint32_t docs_at_once;
	uint32_t docs[LOOKUP_DOCS];  /* that all lists met so far hold */
	uint16_t at[LOOKUP_DOCS];    /* their places in the question */
	uint16_t rank[LOOKUP_DOCS];  /* their places in the last level */
};

static bool add_level(struct lookup *l, const struct node *n, uint32_t list)
{
	struct lookup_level *level = &l->levels[l->n_levels++];

	level->cursor = n->must[list]->cursor;
	level->list = list;
	level->spots = bq_arena_alloc(n->ev->read.mem, LOOKUP_DOCS * sizeof *level->spots);
	return level->spots != NULL;
}

/* Lists of the phrase in the order in which they are met: the rarest first, the
 * lead last, for its spots; as one that only restricts it need not be met. */
static bool add_levels(struct lookup *l, const struct node *n, const struct node *lead)
{
	uint32_t *order = bq_arena_alloc(n->ev->read.mem, n->n_must * sizeof *order), last = UINT32_MAX;

	if (order == NULL)
		return false;
	for (uint32_t i = 0, at; i < n->n_must; i++) {
		if (n->must[i]->kind != NODE_TERM)
			return false;
		for (at = i; at > 0 && n->must[order[at - 1]]->cost > n->must[i]->cost; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	for (uint32_t i = 0; i < n->n_must; i++) {
		if (n->must[order[i]] == lead)
			last = order[i];
		else if (!add_level(l, n, order[i]))
			return false;
	}
	return last >= n->n_lists || add_level(l, n, last);
}

/* The phrase's words, those of rarer lists first: they say no sooner. */
static bool add_members(struct verify *v, const struct node *n)
{
	struct bq_arena *mem = n->ev->read.mem;
	struct verify_member *members = bq_arena_alloc(mem, n->n_members * sizeof *members);

	v->walks = bq_arena_alloc(mem, n->n_members * sizeof *v->walks);
	v->members = members;
	v->span = n->members[n->n_members - 1].at + 1;
	if (members == NULL || v->walks == NULL)
		return false;
	for (uint32_t list = 0; list < n->n_lists; list++)
		for (uint32_t i = 0; i < n->n_members; i++)
			if (n->members[i].list == list)
				members[v->n_members++] = (struct verify_member){ list, n->members[i].at };
	return true;
}

struct lookup *lookup_new(struct node *phrase, const struct node *lead)
{
	struct bq_arena *mem = phrase->ev->read.mem;
	struct lookup *l = bq_arena_alloc(mem, sizeof *l);

	if (l == NULL)
		return NULL;
	l->phrase = phrase;
	l->n_levels = 0;
	l->n_lists = phrase->n_lists;
	l->verify = (struct verify){ 0 };
	l->positions = NULL;
	l->n_positions = 0;
	l->docs_at_once = READY_SPOTS / l->n_lists == 0 ? 1 : READY_SPOTS / l->n_lists;
	l->levels = bq_arena_alloc(mem, phrase->n_must * sizeof *l->levels);
	l->ready = bq_arena_alloc(mem, (size_t)l->docs_at_once * l->n_lists * sizeof *l->ready);
	if (l->levels == NULL || l->ready == NULL || !add_levels(l, phrase, lead) || !add_members(&l->verify, phrase))
		return NULL;
	return l;
}

/* ---- a question -------------------------------------------------------- */

/* Meet list after list; returns how many documents all of them hold: l->docs,
 * in the last level's order. */
static uint32_t meet_all(struct lookup *l, const struct lookup_batch *b)
{
	const uint32_t *docs = b->docs;
	uint32_t n = b->n;

	for (uint32_t i = 0; i < l->n_levels && n != 0; i++) {
		struct lookup_level *level = &l->levels[i];
		n = bq_cursor_meet(level->cursor, docs, n, level->kept, level->spots);
		for (uint32_t j = 0; j < n; j++)
			l->docs[j] = docs[level->kept[j]];
		docs = l->docs;
	}
	return n;
}

/* Of the `n` documents of the last level, those worth a look at positions. */
static uint32_t drop_low(struct lookup *l, struct lookup_batch *b, uint32_t n)
{
	struct eval *ev = l->phrase->ev;
	uint32_t left = 0;

	for (uint32_t j = 0; j < n; j++) {
		uint32_t place = j, least = UINT32_MAX;
		for (uint32_t i = l->n_levels; i-- > 0;) {
			const struct lookup_level *level = &l->levels[i];
			if (level->spots[place].tf < least)
				least = level->spots[place].tf;
			place = level->kept[place];
		}
		if (b->least != NULL && b->least[place] != 0) {
			float k = ev->index->bm25.k[ev->leaf->norms[l->docs[j]]];
			if (bound_points_tf(l->phrase->weight, least, k) < b->least[place]) {
				b->is_cut = true;
				continue;
			}
		}
		l->docs[left] = l->docs[j];
		l->rank[left] = (uint16_t)j;
		l->at[left++] = (uint16_t)place;
	}
	return left;
}

/* Spots of document j, one for each list, to out[]. */
static void gather(const struct lookup *l, uint32_t j, struct bq_spot *out)
{
	uint32_t place = l->rank[j];

	for (uint32_t i = l->n_levels; i-- > 0;) {
		const struct lookup_level *level = &l->levels[i];
		if (level->list < l->n_lists)
			out[level->list] = level->spots[place];
		place = level->kept[place];
	}
}

/* Where a title phrase may stand. */
static struct verify_zone zone_of(struct node *n, uint32_t doc)
{
	struct bq_doc_head head;

	if (n->ast == NULL || !n->ast->is_title)
		return verify_anywhere;
	if (bq_leaf_head(n->ev->leaf, doc, &head, &n->ev->read) != BQ_OK)
		return (struct verify_zone){ 0, 0 };
	return (struct verify_zone){ head.title_pos, (uint64_t)head.title_pos + head.title_words };
}

/* The fewest positions that one of the phrase's words has here. */
static uint32_t least_tf(const struct bq_spot *spots, uint32_t n)
{
	uint32_t least = spots[0].tf;

	for (uint32_t i = 1; i < n; i++)
		least = spots[i].tf < least ? spots[i].tf : least;
	return least;
}

/* Decode all of a document's positions for the slots; false when the arena is
 * full or a position is out of range [F24]. */
static bool fill_slots(struct lookup *l, const struct bq_spot *spots, bool *is_damaged)
{
	struct node *n = l->phrase;
	uint64_t room = 0;
	uint32_t *out;

	for (uint32_t i = 0; i < l->n_lists; i++)
		room += spots[i].tf;
	if (room > l->n_positions) {
		l->n_positions = 2 * room;
		l->positions = bq_arena_alloc(n->ev->read.mem, l->n_positions * sizeof *l->positions);
	}
	out = l->positions;
	for (uint32_t i = 0; i < l->n_lists && out != NULL; i++) {
		struct bq_spot_walk w = bq_spot_start(&spots[i]);
		n->positions[i] = (struct node_positions){ out, spots[i].tf };
		*out++ = (uint32_t)w.pos;
		while (bq_spot_next(&w))
			*out++ = (uint32_t)w.pos;
		*is_damaged |= w.pos >= BQ_MAX_POS;
	}
	for (uint32_t i = 0; i < n->n_members && out != NULL; i++) {
		n->slots[i].list = n->positions[n->members[i].list].list;
		n->slots[i].n = n->positions[n->members[i].list].n;
	}
	return out != NULL && !*is_damaged;
}

static uint32_t near_in(struct lookup *l, const struct bq_spot *spots, struct verify_zone zone, bool any)
{
	const uint64_t range[2] = { zone.from, zone.to };
	bool is_damaged = false;

	if (!fill_slots(l, spots, &is_damaged))
		return is_damaged ? VERIFY_DAMAGED : 0;
	return near_matches(l->phrase->slots, l->phrase->n_members, range, any, NULL, NULL);
}

static uint32_t starts_in(struct lookup *l, uint32_t doc, const struct bq_spot *spots, uint32_t exact_from)
{
	struct eval *ev = l->phrase->ev;
	bool any = exact_from == UINT32_MAX;

	if (!any && exact_from != 0)
		any = bound_points_tf(l->phrase->weight, least_tf(spots, l->n_lists),
			ev->index->bm25.k[ev->leaf->norms[doc]]) < exact_from;
	if (l->phrase->slots != NULL)
		return near_in(l, spots, zone_of(l->phrase, doc), any);
	return verify_starts(&l->verify, spots, zone_of(l->phrase, doc), any);
}

static void report_damage(struct eval *ev)
{
	if (ev->read.error.status == BQ_OK)
		bq_error_set(&ev->read.error, BQ_EFORMAT, 0, "segment %llu: positions out of range [F24]",
			(unsigned long long)ev->leaf->number);
}

void lookup_run(struct lookup *l, struct lookup_batch *b)
{
	struct eval *ev = l->phrase->ev;
	uint32_t n;

	memset(b->tfs, 0, b->n * sizeof *b->tfs);
	n = meet_all(l, b);
	n = drop_low(l, b, n);
	for (uint32_t from = 0, to; from < n; from = to) {
		to = from + l->docs_at_once < n ? from + l->docs_at_once : n;
		for (uint32_t j = from; j < to; j++)
			gather(l, j, l->ready + (size_t)(j - from) * l->n_lists);
		if (!bq_leaf_ready(ev->leaf, l->ready, (to - from) * l->n_lists, &ev->read))
			return;
		for (uint32_t j = from; j < to; j++) {
			uint32_t tf = starts_in(l, l->docs[j], l->ready + (size_t)(j - from) * l->n_lists,
				b->exact_from);
			if (tf == VERIFY_DAMAGED) {
				report_damage(ev);
				return;
			}
			b->tfs[l->at[j]] = tf;
		}
	}
}
