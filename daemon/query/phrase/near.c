/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/near.h"

void near_init(struct near_slot *slots, const struct ast *a, const uint32_t *lists)
{
	for (uint32_t i = 0; i < a->n_words; i++) {
		struct near_slot *s = &slots[i];
		*s = (struct near_slot){ .at = a->words[i].at, .before = UINT32_MAX,
			.slack = a->near == AST_ADJ ? (i == 0 ? 0 : a->distance - 1) : a->distance };
		for (uint32_t k = 0; k < i; k++)
			if (lists[k] == lists[i])
				s->before = k;
	}
}

/* Take for slot `i` its first position from `least` on, behind that of the slot
 * with the same list; false if there is none. */
static bool take(struct near_slot *slots, uint32_t i, int64_t least)
{
	struct near_slot *s = &slots[i];
	uint32_t read;

	while (s->read < s->n && s->list[s->read] < least)
		s->read++;
	read = s->read;
	if (s->before != UINT32_MAX)
		while (read < s->n && s->list[read] <= slots[s->before].place)
			read++;
	if (read == s->n)
		return false;
	s->place = s->list[read];
	return true;
}

/* What came of trying one m. */
enum tried { TRIED_NONE, TRIED_MATCH, TRIED_END };

/* Whether words can stand around *m, none before `from`; if not, *m becomes the
 * next that may do.  Taking always the first position leaves the most to those
 * behind, and ends as early as any way: a later *m never ends earlier. */
static enum tried try_around(struct near_slot *slots, uint32_t n_slots, int64_t from, int64_t *m)
{
	for (uint32_t i = 0; i < n_slots; i++) {
		int64_t least = *m + slots[i].at, most = least + slots[i].slack;
		if (!take(slots, i, least > from ? least : from))
			return TRIED_END;
		if (slots[i].place > most) {
			*m = (int64_t)slots[i].place - slots[i].at - slots[i].slack;
			return TRIED_NONE;
		}
	}
	return TRIED_MATCH;
}

uint32_t near_matches(struct near_slot *slots, uint32_t n_slots, const uint64_t range[2], bool any,
	uint32_t *starts, uint32_t *ends)
{
	int64_t from = (int64_t)range[0], m = from - (int64_t)slots[n_slots - 1].at - slots[n_slots - 1].slack;
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_slots; i++)
		slots[i].read = 0;
	for (;;) {
		enum tried tried = try_around(slots, n_slots, from, &m);
		uint32_t start = UINT32_MAX, end = 0;
		if (tried == TRIED_END)
			return n;
		if (tried == TRIED_NONE)
			continue;
		for (uint32_t i = 0; i < n_slots; i++) {
			start = slots[i].place < start ? slots[i].place : start;
			end = slots[i].place > end ? slots[i].place : end;
		}
		if (end >= range[1])
			return n;
		if (starts != NULL) {
			starts[n] = start;
			ends[n] = end;
		}
		n++;
		from = (int64_t)end + 1;
		if (any)
			return n;
	}
}
