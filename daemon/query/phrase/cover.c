/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/phrase/cover.h"

/* The one term of word `i`; NULL for a prefix. */
static const struct bq_term *term_of(const struct eval *ev, const struct ast *a, uint32_t i)
{
	const struct plan_list *l = &ev->group->lists[a->lists[i]];
	const struct plan_terms *terms = &l->in_leaf[ev->leaf_no];

	return !l->is_prefix && terms->n == 1 ? &terms->terms[0] : NULL;
}

/* Whether words i, i + 1 stood side by side before. */
static bool is_repeated(const struct ast *a, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (a->lists[j] == a->lists[i] && a->lists[j + 1] == a->lists[i + 1] &&
			a->words[j + 1].at == a->words[j].at + 1)
			return true;
	return false;
}

/* Keep the rarest. */
static void keep(struct cover *c, const struct bq_term *pair, uint32_t word)
{
	uint32_t at = c->n;

	if (c->n < COVER_PAIRS)
		c->n++;
	else if (c->pairs[--at].df <= pair->df)
		return;
	for (; at > 0 && c->pairs[at - 1].df > pair->df; at--) {
		c->pairs[at] = c->pairs[at - 1];
		c->at[at] = c->at[at - 1];
	}
	c->pairs[at] = *pair;
	c->at[at] = word;
}

void cover_find(struct eval *ev, const struct ast *a, struct cover *out)
{
	struct bq_term pair;

	cover_none(out);
	for (uint32_t i = 0; i + 1 < a->n_words; i++) {
		const struct bq_term *first = term_of(ev, a, i), *second = term_of(ev, a, i + 1);
		if (first == NULL || second == NULL || a->words[i + 1].at != a->words[i].at + 1 || is_repeated(a, i))
			continue;
		switch (bq_leaf_pair(ev->leaf, first, second, &pair, &ev->read)) {
		case BQ_PAIR_ABSENT:
			out->is_absent = true;
			return;
		case BQ_PAIR_LIST:
			keep(out, &pair, i);
			out->is_whole = a->n_words == 2;
			break;
		case BQ_PAIR_UNKNOWN:
			break;
		}
	}
}
