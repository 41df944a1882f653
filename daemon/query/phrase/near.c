/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/near.h"

/* Whether a word of the text may be both. */
static bool may_share(const struct ast_word *a, const struct ast_word *b)
{
	return (a->is_prefix && bq_span_starts(b->text, a->text)) || (b->is_prefix && bq_span_starts(a->text, b->text));
}

bool near_crosses(const struct ast *a)
{
	for (uint32_t i = 0; i < a->n_words; i++) {
		for (uint32_t k = 0; k < i; k++) {
			const struct ast_word *v = &a->words[i], *w = &a->words[k];
			bool is_same = v->is_prefix == w->is_prefix && bq_span_eq(v->text, w->text);
			if (!is_same && may_share(v, w))
				return true;
		}
	}
	return false;
}

void near_init(struct near_slot *slots, const struct ast *a, const uint32_t *lists)
{
	for (uint32_t i = 0; i < a->n_words; i++) {
		struct near_slot *s = &slots[i];
		*s = (struct near_slot){ .at = a->words[i].at, .before = UINT32_MAX,
			.slack = a->near == AST_ADJ ? (i == 0 ? 0 : a->distance - 1) : a->distance };
		for (uint32_t k = 0; k < i; k++) {
			if (lists[k] == lists[i])
				s->before = k;
			else
				s->is_crossed |= may_share(&a->words[i], &a->words[k]);
		}
	}
}

/* Whether the list of `s` goes on to number `i`. */
static inline bool has_position(struct near_slot *s, uint32_t i)
{
	return i < s->n || (s->more != NULL && s->more(s));
}

/* Leave behind what is before `least`: false if nothing else is there. */
static bool skip_to(struct near_slot *s, int64_t least)
{
	while (has_position(s, s->read)) {
		if (s->list[s->read] >= least)
			return true;
		s->read++;
	}
	return false;
}

/* Take for slot `i` its first position from `least` on, behind that of the slot
 * with the same list; false if there is none. */
static bool take(struct near_slot *slots, uint32_t i, int64_t least)
{
	struct near_slot *s = &slots[i];
	uint32_t read;

	if (!skip_to(s, least))
		return false;
	read = s->read;
	if (s->before != UINT32_MAX)
		while (s->list[read] <= slots[s->before].place)
			if (!has_position(s, ++read))
				return false;
	s->place = s->list[read];
	return true;
}

/* What came of trying one m. */
enum tried { TRIED_NONE, TRIED_MATCH, TRIED_END };

/* Whether words can stand around w->m, if lists cross nowhere; if not, w->m
 * becomes the next that may do.  Taking always the first position leaves the
 * most to those behind, and ends as early as any way: a later m never ends
 * earlier. */
static enum tried try_around(struct near_walk *w)
{
	for (uint32_t i = 0; i < w->n_slots; i++) {
		struct near_slot *s = &w->slots[i];
		int64_t least = w->m + s->at, most = least + s->slack;
		if (!take(w->slots, i, least > w->from ? least : w->from))
			return TRIED_END;
		if (s->place > most) {
			w->m = (int64_t)s->place - s->at - s->slack;
			return TRIED_NONE;
		}
	}
	return TRIED_MATCH;
}

/* ---- lists that cross -------------------------------------------------- */

/* The last position around w->m for slot `s`. */
static int64_t last_of(const struct near_walk *w, const struct near_slot *s)
{
	return w->is_wide ? INT64_MAX : w->m + s->at + s->slack;
}

/* Whether slot `s` may take `position`: one of those it has looked at. */
static bool is_fit(const struct near_walk *w, const struct near_slot *s, uint32_t position)
{
	uint32_t from = s->read, to = s->next;

	if (position > last_of(w, s))
		return false;
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;
		if (s->list[mid] < position)
			from = mid + 1;
		else
			to = mid;
	}
	return from < s->next && s->list[from] == position;
}

/* Find a slot for `position`, moving others if need be.  Recursion is as deep
 * as the phrase has words. */
static bool seat(struct near_walk *w, uint32_t position)
{
	for (uint32_t i = 0; i < w->n_slots; i++) {
		struct near_slot *s = &w->slots[i];
		if (s->is_asked || !is_fit(w, s, position))
			continue;
		s->is_asked = true;
		if (s->place == NEAR_FREE || seat(w, s->place)) {
			s->place = position;
			return true;
		}
	}
	return false;
}

/* The first position around w->m that no slot has looked at; all look at it
 * then.  NEAR_FREE if there is none. */
static uint32_t look_on(struct near_walk *w)
{
	uint32_t first = NEAR_FREE;

	for (uint32_t i = 0; i < w->n_slots; i++) {
		struct near_slot *s = &w->slots[i];
		s->is_asked = false;
		if (has_position(s, s->next) && s->list[s->next] <= last_of(w, s) && s->list[s->next] < first)
			first = s->list[s->next];
	}
	for (uint32_t i = 0; i < w->n_slots; i++) {
		struct near_slot *s = &w->slots[i];
		s->next += s->next < s->n && s->list[s->next] == first;
	}
	return first;
}

/* The match around w->m that ends first: positions are seated in order, and
 * who has a seat keeps one, so the first stands in it and the last ends it. */
static bool seat_all(struct near_walk *w, uint32_t range[2])
{
	uint32_t n = 0, position;

	for (uint32_t i = 0; i < w->n_slots; i++) {
		struct near_slot *s = &w->slots[i];
		s->place = NEAR_FREE;
		s->next = s->read;
	}
	while (n < w->n_slots && (position = look_on(w)) != NEAR_FREE) {
		if (!seat(w, position))
			continue;
		if (n++ == 0)
			range[0] = position;
		range[1] = position;
	}
	return n == w->n_slots;
}

/* Whether no match around w->m or later ends before `end`: words cannot be
 * seated sooner even if they stand as far apart as they like. */
static bool is_soonest(struct near_walk *w, uint32_t end)
{
	uint32_t range[2] = { 0, 0 };

	w->is_wide = true;
	(void)seat_all(w, range);
	w->is_wide = false;
	return range[1] >= end;
}

/* The same where lists cross: around a later m may be one that ends earlier, but
 * none that ends before its last word can stand. */
static enum near_found next_crossed(struct near_walk *w, uint64_t limit, uint32_t range[2])
{
	int64_t first_m = 0, last_at = w->slots[w->n_slots - 1].at;
	bool is_found = false;
	uint32_t found[2] = { 0, 0 };

	for (;;) {
		if (is_found && w->m + last_at >= range[1])
			break;
		if (!is_found && (uint64_t)(w->m > w->from ? w->m : w->from) >= limit)
			return NEAR_LATER;
		enum tried tried = try_around(w);
		if (tried == TRIED_END)
			break;
		if (tried == TRIED_NONE)
			continue;
		if (seat_all(w, found) && (!is_found || found[1] < range[1])) {
			first_m = is_found ? first_m : w->m;
			is_found = true;
			range[0] = found[0];
			range[1] = found[1];
			if (is_soonest(w, range[1]))
				break;
		}
		w->m++;
	}
	if (!is_found)
		return NEAR_OVER;
	w->m = first_m;
	w->from = (int64_t)range[1] + 1;
	return NEAR_MATCH;
}

/* ---- walking ----------------------------------------------------------- */

void near_begin(struct near_walk *w, struct near_slot *slots, uint32_t n_slots, uint64_t from)
{
	*w = (struct near_walk){ .slots = slots, .n_slots = n_slots, .from = (int64_t)from,
		.m = (int64_t)from - slots[n_slots - 1].at - slots[n_slots - 1].slack };
	for (uint32_t i = 0; i < n_slots; i++) {
		slots[i].read = 0;
		w->is_crossed |= slots[i].is_crossed;
	}
}

enum near_found near_next(struct near_walk *w, uint64_t limit, uint32_t range[2])
{
	enum tried tried = TRIED_NONE;

	if (w->is_crossed)
		return next_crossed(w, limit, range);
	while (tried == TRIED_NONE) {
		if ((uint64_t)(w->m > w->from ? w->m : w->from) >= limit)
			return NEAR_LATER;
		tried = try_around(w);
	}
	if (tried == TRIED_END)
		return NEAR_OVER;
	range[0] = UINT32_MAX;
	range[1] = 0;
	for (uint32_t i = 0; i < w->n_slots; i++) {
		uint32_t place = w->slots[i].place;
		range[0] = place < range[0] ? place : range[0];
		range[1] = place > range[1] ? place : range[1];
	}
	w->from = (int64_t)range[1] + 1;
	return NEAR_MATCH;
}

uint32_t near_matches(struct near_slot *slots, uint32_t n_slots, const uint64_t range[2], bool any,
	uint32_t *starts, uint32_t *ends)
{
	struct near_walk w;
	uint32_t n = 0, place[2];

	near_begin(&w, slots, n_slots, range[0]);
	while (near_next(&w, range[1], place) == NEAR_MATCH && place[1] < range[1]) {
		if (starts != NULL) {
			starts[n] = place[0];
			ends[n] = place[1];
		}
		n++;
		if (any)
			break;
	}
	return n;
}
