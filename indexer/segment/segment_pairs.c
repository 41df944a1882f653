/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two words side by side, as a term with a list of its own.
 */
#include <string.h>

#include "segment/segment.h"

/* The list of a pair as a bq_term. */
static void make_term(const struct pairs_entry *e, struct bq_term *out)
{
	bool is_long = e->df >= BQ_SMALL_DF;

	memset(out, 0, sizeof *out);
	out->kind = BQ_TERM_PAIR;
	out->df = e->df;
	out->ttf = e->ttf;
	out->impact = e->impact;
	out->priv[SEGMENT_PRIV_POST] = e->off;
	out->priv[SEGMENT_PRIV_MODE] = (is_long ? SEGMENT_FREQUENT : SEGMENT_SMALL) | e->bytes << 8;
}

static bool is_covered(const struct pairs_reader *p, const struct bq_term *t)
{
	return t->kind == BQ_TERM_WORD && pairs_weight(t->df, t->ttf) >= p->t;
}

enum bq_pair segment_pair(const struct bq_leaf *l, const struct bq_term *a, const struct bq_term *b,
	struct bq_term *out, struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	const struct pairs_reader *p = &s->pairs;
	struct pairs_entry e;
	uint32_t row, column;

	if (!is_covered(p, a) || !is_covered(p, b))
		return BQ_PAIR_UNKNOWN;
	if (!pairs_find_word(p, a->ord, &row) || !pairs_find_word(p, b->ord, &column)) {
		(void)segment_damaged(s, rd, "a frequent word is not among those of PAIRS [F39]");
		return BQ_PAIR_UNKNOWN;
	}
	int rc = pairs_find(p, row, column, &e);
	if (rc == BQ_OK && e.df <= a->df && e.df <= b->df && e.ttf >= e.df) {
		make_term(&e, out);
		return BQ_PAIR_LIST;
	}
	if (rc == BQ_END)
		return BQ_PAIR_ABSENT;
	(void)segment_damaged(s, rd, "a damaged group of PAIRS [F41]");
	return BQ_PAIR_UNKNOWN;
}
