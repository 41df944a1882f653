/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/lookup.h"

#include "query/eval/bound.h"
#include "query/phrase/joints.h"
#include "query/phrase/two.h"

uint32_t lookup_many = 24;

/* A list of the phrase, or one that only restricts it. */
struct lookup_list {
	struct bq_cursor *cursor;
	struct bq_spot *spots;      /* of the documents it has been met with */
	uint32_t n_spots;           /* of a word that narrows no more */
	uint16_t kept[LOOKUP_DOCS]; /* of each, its place among those asked for */
	uint16_t at[LOOKUP_DOCS];   /* of each document left, its spot */
};

struct lookup {
	struct two *two;           /* does it all, if the phrase is two words */
	struct node *phrase;
	uint32_t n_lists;          /* of words; those that only restrict are behind them */
	struct lookup_list *lists; /* [phrase->n_must] */
	uint32_t *order;           /* in which lists are met */
	uint32_t n_order, n_narrow; /* documents of the first n_narrow are in all others */
	uint32_t n_inner;          /* behind those: inner words of a chain (joints.h) */
	uint64_t n_tried, n_told;  /* documents of which pairs and inner words have been counted; told enough */
	uint32_t lead;             /* the list that documents come from, if it is not met */
	struct joints joints;      /* n: 0 if no pair is known */
	struct verify verify;      /* all words */
	struct verify_word *near;  /* of a phrase with slots, if its words are all different, and it may stand anywhere */
	struct verify_member *members;  /* those not spared in a document: room for all */
	const struct bq_spot **spots;   /* [n_lists]: of a document */
	uint32_t *positions;       /* of a phrase with slots: room for n_positions, decoded */
	uint64_t n_positions;

	/* the documents left */
	uint32_t n;
	uint32_t n_met;              /* lists of `order` that all of them have been met with */
	uint32_t docs[LOOKUP_DOCS];
	uint32_t least[LOOKUP_DOCS]; /* of all lists met: at most so often is the phrase there */
	uint16_t asked[LOOKUP_DOCS]; /* their places in the question */
	uint32_t ignored[LOOKUP_DOCS];
};

/* ---- making ------------------------------------------------------------ */

/* Whether a pair says that a document has word list `list`. */
static bool is_in_pairs(const struct lookup *l, uint32_t list)
{
	const struct joints *j = &l->joints;

	for (uint32_t i = 0; i < j->n; i++)
		if (j->words[i] == list && (j->pairs[i] != JOINTS_NONE || (i > 0 && j->pairs[i - 1] != JOINTS_NONE)))
			return true;
	return false;
}

/* Which list is the pair of words i, i + 1; the same two words may stand side
 * by side several times. */
static uint32_t find_pair(const struct node *n, uint32_t i)
{
	const struct node_member *m = n->members;

	if (i + 1 == n->n_members || m[i + 1].at != m[i].at + 1)
		return JOINTS_NONE;
	for (uint32_t k = 0; k < n->n_must - n->n_lists; k++) {
		uint32_t first = n->joints[k];
		if (m[first].list == m[i].list && m[first + 1].list == m[i + 1].list)
			return n->n_lists + k;
	}
	return JOINTS_NONE;
}

static bool make_joints(struct lookup *l, const struct node *n)
{
	struct bq_arena *mem = n->ev->read.mem;
	struct joints *j = &l->joints;

	if (n->joints == NULL || n->n_must == n->n_lists)
		return true;
	j->n = n->n_members;
	j->words = bq_arena_alloc(mem, j->n * sizeof *j->words);
	j->pairs = bq_arena_alloc(mem, j->n * sizeof *j->pairs);
	j->lists = bq_arena_alloc(mem, n->n_must * sizeof *j->lists);
	if (j->words == NULL || j->pairs == NULL || j->lists == NULL)
		return false;
	for (uint32_t i = 0; i < j->n; i++) {
		j->words[i] = n->members[i].list;
		j->pairs[i] = find_pair(n, i);
	}
	j->any_pair = n->n_lists;
	for (uint32_t k = 0; k < n->n_must; k++) {
		j->lists[k].tfs = bq_arena_alloc(mem, LOOKUP_DOCS * sizeof *j->lists[k].tfs);
		j->lists[k].needed = bq_arena_alloc(mem, LOOKUP_DOCS * sizeof *j->lists[k].needed);
		if (j->lists[k].tfs == NULL || j->lists[k].needed == NULL)
			return false;
	}
	return true;
}

static bool make_lists(struct lookup *l, const struct node *n)
{
	struct bq_arena *mem = n->ev->read.mem;

	l->lists = bq_arena_alloc(mem, n->n_must * sizeof *l->lists);
	for (uint32_t i = 0; i < n->n_must && l->lists != NULL; i++) {
		struct lookup_list *list = &l->lists[i];
		if (n->must[i]->kind != NODE_TERM)
			return false;
		list->cursor = n->must[i]->cursor;
		list->spots = bq_arena_alloc(mem, LOOKUP_DOCS * sizeof *list->spots);
		if (list->spots == NULL)
			return false;
		memset(list->at, 0, sizeof list->at); /* of a word that is spared, too */
	}
	return l->lists != NULL;
}

/* Append list `list` behind those that are rarer; the lead comes last, for its
 * spots. */
static void put_in_order(struct lookup *l, const struct node *n, const struct node *lead, uint32_t list)
{
	uint32_t at = l->n_order++;

	for (; at > 0 && n->must[list] != lead; at--) {
		const struct node *before = n->must[l->order[at - 1]];
		if (before != lead && before->cost <= n->must[list]->cost)
			break;
		l->order[at] = l->order[at - 1];
	}
	l->order[at] = list;
}

/* Lists that narrow first, the rarest first (of words, those with a lower number
 * are); a lead that only restricts need not be met. */
static bool make_order(struct lookup *l, const struct node *n, const struct node *lead)
{
	l->order = bq_arena_alloc(n->ev->read.mem, n->n_must * sizeof *l->order);
	l->lead = JOINTS_NONE;
	if (l->order == NULL)
		return false;
	for (uint32_t i = 0; i < n->n_must; i++) {
		if (i >= n->n_lists && n->must[i] == lead)
			l->lead = i;
		else if (i >= n->n_lists || !is_in_pairs(l, i))
			put_in_order(l, n, lead, i);
	}
	l->n_narrow = l->n_order;
	for (uint32_t i = 0; i < n->n_lists && joints_is_chain(&l->joints); i++)
		if (joints_is_inner(&l->joints, i))
			l->order[l->n_order++] = i;
	l->n_inner = l->n_order - l->n_narrow;
	for (uint32_t i = 0; i < n->n_lists; i++)
		if (is_in_pairs(l, i) && (l->n_inner == 0 || !joints_is_inner(&l->joints, i)))
			l->order[l->n_order++] = i;
	return true;
}

/* The phrase's words, those of rarer lists first: they say no sooner. */
static bool add_members(struct lookup *l, const struct node *n)
{
	struct bq_arena *mem = n->ev->read.mem;
	struct verify_member *members = bq_arena_alloc(mem, n->n_members * sizeof *members);
	struct verify *v = &l->verify;

	v->walks = bq_arena_alloc(mem, n->n_members * sizeof *v->walks);
	v->map = bq_arena_alloc(mem, sizeof *v->map);
	v->members = members;
	v->span = n->members[n->n_members - 1].at + 1;
	if (members == NULL || v->walks == NULL || v->map == NULL)
		return false;
	v->map->stamp = UINT8_MAX;
	for (uint32_t list = 0; list < n->n_lists; list++)
		for (uint32_t i = 0; i < n->n_members; i++)
			if (n->members[i].list == list)
				members[v->n_members++] = (struct verify_member){ list, n->members[i].at };
	l->spots = bq_arena_alloc(mem, n->n_lists * sizeof *l->spots);
	l->members = bq_arena_alloc(mem, v->n_members * sizeof *l->members);
	return l->spots != NULL && l->members != NULL;
}

/* Words that need not stand in their places are read as they are packed, unless
 * one may take another's. */
static bool add_near(struct lookup *l, const struct node *n)
{
	const struct near_slot *slots = n->slots;

	if (slots == NULL || n->n_lists != n->n_members || (n->ast != NULL && n->ast->is_title))
		return true;
	for (uint32_t i = 0; i < n->n_members; i++)
		if (slots[i].is_crossed)
			return true;
	l->near = bq_arena_alloc(n->ev->read.mem, n->n_members * sizeof *l->near);
	for (uint32_t i = 0; i < n->n_members && l->near != NULL; i++)
		l->near[i] = (struct verify_word){ n->members[i].list, slots[n->n_members - 1].at - slots[i].at,
			slots[i].slack };
	return l->near != NULL;
}

struct lookup *lookup_new(struct node *phrase, const struct node *lead)
{
	struct lookup *l = bq_arena_alloc(phrase->ev->read.mem, sizeof *l);

	if (l == NULL)
		return NULL;
	memset(l, 0, offsetof(struct lookup, docs));
	l->phrase = phrase;
	l->n_lists = phrase->n_lists;
	if (two_is_enough(phrase)) {
		l->two = two_new(phrase, lead);
		return l->two == NULL ? NULL : l;
	}
	if (!make_lists(l, phrase) || !make_joints(l, phrase) || !make_order(l, phrase, lead) ||
		!add_members(l, phrase) || !add_near(l, phrase))
		return NULL;
	return l;
}

/* ---- lists ------------------------------------------------------------- */

/* Meet the lists that narrow; returns how many documents are in all of them:
 * l->docs, in the order of the last one. */
static uint32_t meet_narrow(struct lookup *l, const struct lookup_batch *b)
{
	const uint32_t *docs = b->docs;
	uint32_t n = b->n;

	for (uint32_t i = 0; i < l->n_narrow && n != 0; i++) {
		struct lookup_list *list = &l->lists[l->order[i]];
		n = bq_cursor_meet(list->cursor, docs, n, list->kept, list->spots);
		for (uint32_t j = 0; j < n; j++)
			l->docs[j] = docs[list->kept[j]];
		docs = l->docs;
	}
	if (docs == b->docs)
		memcpy(l->docs, b->docs, n * sizeof *docs);
	return n;
}

/* In list `i` the documents left have these spots. */
static void settle_list(struct lookup *l, uint32_t i, const uint16_t *places, uint32_t n)
{
	struct lookup_list *list = &l->lists[i];
	uint32_t *tfs = l->joints.n != 0 ? l->joints.lists[i].tfs : l->ignored;

	for (uint32_t j = 0; j < n; j++) {
		uint32_t tf = list->spots[places[j]].tf;
		list->at[j] = places[j];
		tfs[j] = tf;
		l->least[j] = tf < l->least[j] ? tf : l->least[j];
	}
}

/* What was met of the `n` documents of the last list. */
static void settle(struct lookup *l, const struct lookup_batch *b, uint32_t n)
{
	uint16_t *places = l->asked;

	for (uint32_t j = 0; j < n; j++) {
		places[j] = (uint16_t)j;
		l->least[j] = UINT32_MAX;
	}
	for (uint32_t i = l->n_narrow; i-- > 0;) {
		settle_list(l, l->order[i], places, n);
		for (uint32_t j = 0; j < n; j++)
			places[j] = l->lists[l->order[i]].kept[places[j]];
	}
	for (uint32_t j = 0; j < n && l->lead != JOINTS_NONE; j++) {
		uint32_t tf = b->lead_tfs[places[j]];
		l->least[j] = tf < l->least[j] ? tf : l->least[j];
		if (l->joints.n != 0)
			l->joints.lists[l->lead].tfs[j] = tf;
	}
	l->n = n;
	l->n_met = l->n_narrow;
}

/* Keep document number j as number l->n. */
static void keep(struct lookup *l, uint32_t j)
{
	uint32_t to = l->n++;

	if (to == j)
		return;
	l->docs[to] = l->docs[j];
	l->least[to] = l->least[j];
	l->asked[to] = l->asked[j];
	for (uint32_t i = 0; i < l->n_met; i++)
		l->lists[l->order[i]].at[to] = l->lists[l->order[i]].at[j];
	for (uint32_t i = l->n_lists; i < l->phrase->n_must && l->joints.n != 0; i++)
		l->joints.lists[i].tfs[to] = l->joints.lists[i].tfs[j];
	for (uint32_t i = 0; i < l->n_met && l->joints.n != 0; i++)
		l->joints.lists[l->order[i]].tfs[to] = l->joints.lists[l->order[i]].tfs[j];
}

/* Leave out documents that nobody wants to know of. */
static void drop_low(struct lookup *l, struct lookup_batch *b)
{
	struct eval *ev = l->phrase->ev;
	uint32_t n = l->n;

	l->n = 0;
	for (uint32_t j = 0; j < n; j++) {
		uint32_t need = b->least[l->asked[j]];
		float k = node_k(ev, l->docs[j]);
		if (need == 0 || bound_points_tf(l->phrase->weight, l->least[j], k) >= need)
			keep(l, j);
		else
			b->is_cut = true;
	}
}

/* Meet word list `list` with the documents in which it is not spared. */
static void meet_word(struct lookup *l, uint32_t list, const uint32_t *spared)
{
	struct lookup_list *to = &l->lists[list];
	uint32_t docs[LOOKUP_DOCS], *tfs = l->joints.lists[list].tfs, n = 0, met = 0;
	uint16_t number[LOOKUP_DOCS];

	for (uint32_t j = 0; j < l->n; j++) {
		number[n] = (uint16_t)j;
		docs[n] = l->docs[j];
		n += spared[j] == 0;
	}
	if (n != 0)
		met = bq_cursor_meet(to->cursor, docs, n, to->kept, to->spots);
	to->n_spots = met;
	for (uint32_t k = 0; k < met; k++) {
		uint32_t j = number[to->kept[k]];
		to->at[j] = (uint16_t)k;
		tfs[j] = to->spots[k].tf;
	}
	for (uint32_t k = 0; met != n && k < n; k++) /* it contradicts the pairs: damage */
		if (tfs[number[k]] == 0)
			l->least[number[k]] = 0;
}

/* Whether one start in document number j is as good as all. */
static bool is_any_fine(const struct lookup *l, uint32_t j, uint32_t exact_from)
{
	struct eval *ev = l->phrase->ev;

	if (exact_from == UINT32_MAX || exact_from == 0)
		return exact_from != 0;
	return bound_points_tf(l->phrase->weight, l->least[j], node_k(ev, l->docs[j])) < exact_from;
}

/* Where pairs and inner words say enough by their numbers, nothing else is asked:
 * that the phrase is there, if any tf is fine, or how often. */
static void settle_by_pairs(struct lookup *l, const struct lookup_batch *b)
{
	uint32_t fewest[LOOKUP_DOCS], n = l->n;

	joints_fewest(&l->joints, n, fewest);
	l->n_tried += n;
	l->n = 0;
	for (uint32_t j = 0; j < n; j++) {
		uint32_t least = l->least[j];
		if (fewest[j] != 0 && least != 0 && (fewest[j] >= least || is_any_fine(l, j, b->exact_from)))
			b->tfs[l->asked[j]] = fewest[j] < least ? fewest[j] : least;
		else if (least != 0)
			keep(l, j);
	}
	l->n_told += n - l->n;
}

/* Meet the inner words of a chain. */
static void meet_inner(struct lookup *l, const struct lookup_batch *b)
{
	uint32_t spared[LOOKUP_DOCS];

	memset(spared, 0, l->n * sizeof *spared);
	for (; l->n_met < l->n_narrow + l->n_inner; l->n_met++)
		meet_word(l, l->order[l->n_met], spared);
	settle_by_pairs(l, b);
}

/* Spare word list `list` where it has been met, but others do without it. */
static void spare_word(struct lookup *l, uint32_t list)
{
	uint32_t spared[LOOKUP_DOCS], *tfs = l->joints.lists[list].tfs;

	if (!joints_spare(&l->joints, list, l->n, spared))
		return;
	for (uint32_t j = 0; j < l->n; j++) {
		if (spared[j] == 0 || tfs[j] == 0)
			continue;
		tfs[j] = 0;
		l->lists[list].spots[l->lists[list].at[j]].s0 = 0; /* not to be fetched */
	}
}

/* Where pairs and inner words tell enough of less than a third, words had better
 * not be met that rarer ones spare. */
enum { TOLD_SELDOM = 3 };

/* Meet the words that narrow no more, the rarest first; then the most frequent
 * ones may be spared, too. */
static void meet_words(struct lookup *l, const struct lookup_batch *b)
{
	uint32_t spared[LOOKUP_DOCS];

	for (uint32_t i = l->n_narrow; i < l->n_order; i++)
		memset(l->joints.lists[l->order[i]].tfs, 0, l->n * sizeof(uint32_t));
	if (l->n_inner != 0 && l->n >= lookup_many && l->n_told * TOLD_SELDOM >= l->n_tried)
		meet_inner(l, b);
	for (uint32_t k = 0; k < l->phrase->n_must; k++)
		memset(l->joints.lists[k].needed, 0, l->n * sizeof(uint32_t));
	for (uint32_t list = 0; list < l->n_lists; list++) {
		if (!is_in_pairs(l, list) || (l->n_met > l->n_narrow && joints_is_inner(&l->joints, list)))
			continue;
		(void)joints_spare(&l->joints, list, l->n, spared);
		meet_word(l, list, spared);
	}
	for (uint32_t list = l->n_lists; list-- > 0;)
		if (is_in_pairs(l, list))
			spare_word(l, list);
}

/* ---- positions --------------------------------------------------------- */

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

/* Decode all of a document's positions for the slots; false when the arena is
 * full or a position is out of range [F24]. */
static bool fill_slots(struct lookup *l, bool *is_damaged)
{
	struct node *n = l->phrase;
	uint64_t room = 0;
	uint32_t *out;

	for (uint32_t i = 0; i < l->n_lists; i++)
		room += l->spots[i]->tf;
	if (room > l->n_positions) {
		l->n_positions = 2 * room;
		l->positions = bq_arena_alloc(n->ev->read.mem, l->n_positions * sizeof *l->positions);
	}
	out = l->positions;
	for (uint32_t i = 0; i < l->n_lists && out != NULL; i++) {
		struct bq_spot_walk w = bq_spot_start(l->spots[i]);
		n->positions[i] = (struct node_positions){ out, l->spots[i]->tf };
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

static uint32_t near_in(struct lookup *l, struct verify_zone zone, bool any)
{
	const uint64_t range[2] = { zone.from, zone.to };
	bool is_damaged = false;

	if (!fill_slots(l, &is_damaged))
		return is_damaged ? VERIFY_DAMAGED : 0;
	return near_matches(l->phrase->slots, l->phrase->n_members, range, any, NULL, NULL);
}

/* The words that are not spared in document number j, and where they are. */
static uint32_t pick_members(struct lookup *l, uint32_t j)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->verify.n_members; i++) {
		uint32_t list = l->verify.members[i].list;
		l->members[n] = l->verify.members[i];
		l->spots[list] = &l->lists[list].spots[l->lists[list].at[j]];
		n += l->joints.lists[list].tfs[j] != 0;
	}
	return n;
}

static uint32_t starts_in(struct lookup *l, uint32_t j, uint32_t exact_from)
{
	bool any = is_any_fine(l, j, exact_from);
	struct verify v = l->verify;

	v.most = l->least[j];
	if (l->joints.n != 0) {
		v.members = l->members;
		v.n_members = pick_members(l, j);
		return v.n_members == 1 ? l->spots[v.members[0].list]->tf
			: verify_starts(&v, l->spots, verify_anywhere, any);
	}
	for (uint32_t list = 0; list < l->n_lists; list++)
		l->spots[list] = &l->lists[list].spots[l->lists[list].at[j]];
	if (l->near != NULL)
		return verify_near(l->near, l->phrase->n_members, l->spots, v.walks, any ? 1 : v.most);
	if (l->phrase->slots != NULL)
		return near_in(l, zone_of(l->phrase, l->docs[j]), any);
	return verify_starts(&v, l->spots, zone_of(l->phrase, l->docs[j]), any);
}

void lookup_damaged(struct eval *ev)
{
	if (ev->read.error.status == BQ_OK)
		bq_error_set(&ev->read.error, BQ_EFORMAT, 0, "segment %llu: positions out of range [F24]",
			(unsigned long long)ev->leaf->number);
}

/* Spots of list `i`, of the documents left, one after the other. */
static uint32_t gather(struct lookup *l, uint32_t i)
{
	struct lookup_list *list = &l->lists[i];
	uint32_t n = 0;

	for (; n < l->n; n++) {
		if (list->at[n] != n)
			list->spots[n] = list->spots[list->at[n]];
		list->at[n] = (uint16_t)n;
	}
	return n;
}

/* Fetch what the documents left have in each list. */
static bool make_ready(struct lookup *l)
{
	struct eval *ev = l->phrase->ev;

	for (uint32_t i = 0; i < l->n_order; i++) {
		uint32_t list = l->order[i], n;
		if (list >= l->n_lists)
			continue;
		n = i < l->n_met ? gather(l, list) : l->lists[list].n_spots;
		if (n != 0 && !bq_leaf_ready(ev->leaf, l->lists[list].spots, n, &ev->read))
			return false;
	}
	return true;
}

void lookup_run(struct lookup *l, struct lookup_batch *b)
{
	if (l->two != NULL) {
		two_run(l->two, b);
		return;
	}
	memset(b->tfs, 0, b->n * sizeof *b->tfs);
	settle(l, b, meet_narrow(l, b));
	if (b->least != NULL)
		drop_low(l, b);
	if (l->joints.n != 0)
		meet_words(l, b);
	if (!make_ready(l))
		return;
	for (uint32_t j = 0; j < l->n; j++) {
		uint32_t tf = l->least[j] == 0 ? 0 : starts_in(l, j, b->exact_from);
		if (tf == VERIFY_DAMAGED) {
			lookup_damaged(l->phrase->ev);
			return;
		}
		b->tfs[l->asked[j]] = tf;
	}
}
