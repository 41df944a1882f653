/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/phrases.h"

const char *phrases_kind_name(enum phrases_kind kind)
{
	static const char *const names[PHRASES_KINDS] = { "below T", "above T", "absent", "3+ words" };

	return names[kind];
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct bq_span phrases_next_word(struct bq_span *rest)
{
	size_t from = 0, to;

	while (from < rest->len && is_blank(rest->ptr[from]))
		from++;
	for (to = from; to < rest->len && !is_blank(rest->ptr[to]);)
		to++;
	struct bq_span word = bq_span_make(rest->ptr + from, to - from);
	*rest = bq_span_from(*rest, to);
	return word;
}

/* What one leaf knows of a phrase. */
struct in_leaf {
	uint32_t n_words;
	bool is_absent, has_unknown;
	uint64_t df; /* of the rarest list */
};

static struct in_leaf ask_leaf(const struct bq_leaf *l, struct bq_span text, struct bq_read *rd)
{
	struct in_leaf out = { .df = UINT64_MAX };
	struct bq_term terms[2], pair;

	for (struct bq_span word = phrases_next_word(&text); word.len != 0; word = phrases_next_word(&text)) {
		struct bq_term *t = &terms[out.n_words++ & 1];
		if (bq_leaf_find(l, BQ_TERM_WORD, word, t, rd) != BQ_OK) {
			out.has_unknown = true; /* no word of this leaf: nothing that pair lists say */
			t->df = 0;
		}
		const struct bq_term *before = &terms[out.n_words & 1];
		if (out.n_words < 2 || t->df == 0 || before->df == 0)
			continue;
		enum bq_pair known = bq_leaf_pair(l, before, t, &pair, rd);
		out.is_absent |= known == BQ_PAIR_ABSENT;
		out.has_unknown |= known == BQ_PAIR_UNKNOWN;
		if (known == BQ_PAIR_LIST && pair.df < out.df)
			out.df = pair.df;
	}
	return out;
}

struct phrases_facts phrases_look_up(const struct bq_index *ix, struct bq_span text, struct bq_arena *mem)
{
	struct phrases_facts out = { .df = 0 };
	struct bq_read rd = { .mem = mem };
	bool is_absent = true, has_unknown = false, has_list = false;
	uint32_t n_words = 0;

	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		struct in_leaf in = ask_leaf(ix->leaves[i], text, &rd);
		n_words = in.n_words;
		is_absent &= in.is_absent;
		has_unknown |= in.has_unknown && !in.is_absent;
		if (in.df != UINT64_MAX && !in.is_absent) {
			out.df += in.df;
			has_list = true;
		}
	}
	out.kind = is_absent ? PHRASES_ABSENT : n_words > 2 ? PHRASES_LONG
		: has_unknown ? PHRASES_BELOW : PHRASES_ABOVE;
	if (!has_list)
		out.df = UINT64_MAX;
	return out;
}
