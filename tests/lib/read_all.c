/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/read_all.h"

enum { MAX_WORDS = 24 }; /* of which all pairs are read */

/* One list by next with its positions, then by seeks in steps. */
static uint64_t read_list(const struct bq_leaf *leaf, const struct bq_term *t, struct bq_read *rd)
{
	struct bq_cursor *c = bq_cursor_open(leaf, t, rd);
	uint64_t n = 0;
	uint32_t count;

	if (c == NULL)
		return 0;
	while (bq_cursor_next(c) != BQ_DOC_END) {
		const uint32_t *p = bq_cursor_positions(c, &count);
		for (uint32_t i = 0; p != NULL && i < count; i++)
			n += p[i] & 1u;
		n += 1u + (leaf->norms[c->doc] & 1u); /* what a scorer reads */
	}
	c = bq_cursor_open(leaf, t, rd);
	for (uint32_t target = 0; c != NULL && target < leaf->n_docs; target += leaf->n_docs / 16 + 1)
		n += bq_cursor_seek(c, target) != BQ_DOC_END;
	return n;
}

static uint64_t read_terms(const struct bq_leaf *leaf, enum bq_term_kind kind, struct bq_read *rd)
{
	struct bq_terms it;
	uint64_t n = 0;

	bq_arena_reset(rd->mem);
	bq_terms_init(&it, leaf, kind, BQ_SPAN(""), rd);
	while (bq_terms_next(&it)) {
		struct bq_term *forms, found;
		uint32_t n_forms;
		n += read_list(leaf, &it.term, rd);
		if (bq_leaf_find(leaf, kind, it.word, &found, rd) == BQ_OK
			&& bq_leaf_forms(leaf, &found, &forms, &n_forms, rd) == BQ_OK)
			n += n_forms;
	}
	return n;
}

/* Some pairs of the leaf's words, and their lists. */
static uint64_t read_pairs(const struct bq_leaf *leaf, struct bq_read *rd)
{
	struct bq_term words[MAX_WORDS], pair;
	struct bq_terms it;
	uint64_t n = 0;
	uint32_t n_words = 0;

	bq_arena_reset(rd->mem);
	bq_terms_init(&it, leaf, BQ_TERM_WORD, BQ_SPAN(""), rd);
	while (n_words < MAX_WORDS && bq_terms_next(&it))
		words[n_words++] = it.term;
	for (uint32_t a = 0; a < n_words; a++) {
		for (uint32_t b = 0; b < n_words; b++) {
			bq_arena_reset(rd->mem);
			if (bq_leaf_pair(leaf, &words[a], &words[b], &pair, rd) == BQ_PAIR_LIST)
				n += read_list(leaf, &pair, rd);
		}
	}
	return n;
}

static uint64_t read_doc(const struct bq_leaf *leaf, uint32_t doc, struct bq_read *rd)
{
	struct bq_doc_head h;
	struct bq_span s;
	struct bq_mark m;
	uint64_t n = 0;

	bq_arena_reset(rd->mem);
	if (bq_leaf_head(leaf, doc, &h, rd) != BQ_OK)
		return 0;
	if (bq_leaf_text(leaf, &h, 0, 1 << 20, &s, rd) == BQ_OK)
		for (size_t i = 0; i < s.len; i++)
			n += (unsigned char)s.ptr[i] & 1u;
	if (bq_leaf_fields(leaf, &h, &s, rd) == BQ_OK)
		n += s.len;
	for (uint32_t ord = 0; ord < h.words && ord < 10000; ord += BQ_MARK_WORDS)
		if (bq_leaf_mark(leaf, &h, ord, &m, rd) == BQ_OK)
			n += m.off;
	return n + h.title.len + h.path.len + h.id.len;
}

uint64_t read_all(const struct bq_leaf *leaf, struct bq_read *rd)
{
	uint64_t n = 0;

	for (unsigned kind = BQ_TERM_WORD; kind <= BQ_TERM_MARKED; kind++)
		n += read_terms(leaf, (enum bq_term_kind)kind, rd);
	n += read_pairs(leaf, rd);
	for (uint32_t doc = 0; doc < leaf->n_docs; doc++)
		n += read_doc(leaf, doc, rd);
	return n;
}
