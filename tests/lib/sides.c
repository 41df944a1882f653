/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sides.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/docgen.h"

void corpus_make(struct corpus *c, struct rng *r, uint32_t n, bool with_dead)
{
	memset(c, 0, sizeof *c);
	c->n = n;
	for (uint32_t i = 0; i < n; i++) {
		struct mem_doc *d = &c->docs[i];
		docgen_text(r, (uint32_t)rng_skewed(r, rng_one_in(r, 40) ? 3000 : 40), 60, &c->text[i]);
		if (rng_one_in(r, 2))
			docgen_query(r, (uint32_t)rng_between(r, 1, 4), 60, &c->title[i]);
		d->text = bq_buf_span(&c->text[i]);
		d->title = bq_buf_span(&c->title[i]);
		d->path = BQ_SPAN("a.txt");
		d->mtime_us = (int64_t)rng_below(r, 50);
		d->is_dead = with_dead && rng_one_in(r, 10);
	}
	c->opts = (struct mem_opts){ .text.lang = "en", .k1 = 0.9f, .b = 0.4f, .mark_words = BQ_MARK_WORDS };
}

void corpus_release(struct corpus *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		bq_buf_release(&c->text[i]);
		bq_buf_release(&c->title[i]);
	}
}

void side_init(struct side *s, struct bq_index *index)
{
	memset(s, 0, sizeof *s);
	s->index = index;
	s->view = (struct bq_view){ &s->index, 1 };
	s->searcher = bq_searcher_new();
	assert_non_null(s->searcher);
	bq_arena_init(&s->mem, 256 << 20);
}

void side_release(struct side *s)
{
	bq_searcher_free(s->searcher);
	bq_arena_release(&s->mem);
}

void side_make_query(struct rng *r, struct bq_buf *out)
{
	static const char *const joins[] = { " ", " ", " ", " OR ", " +", " -", " AND " };
	uint32_t n = (uint32_t)rng_between(r, 1, 4);

	bq_buf_clear(out);
	for (uint32_t i = 0; i < n; i++) {
		bool is_phrase = rng_one_in(r, 3);
		bq_buf_printf(out, "%s%s%s", i == 0 ? "" : joins[rng_below(r, 7)],
			rng_one_in(r, 8) ? "title:" : "", is_phrase ? "\"" : "");
		docgen_query(r, is_phrase ? (uint32_t)rng_between(r, 1, 4) : 1, 60, out);
		bq_buf_printf(out, "%s", is_phrase ? "\"" : "");
	}
}

void side_ask(struct side *s, const struct bq_buf *text, const struct bq_query_opts *opts)
{
	struct bq_error err;

	bq_arena_reset(&s->mem);
	if (bq_query_parse(s->searcher, &s->view, bq_buf_span(text), opts, &s->mem, &s->query, &err) != BQ_OK
		|| bq_query_search(s->query, &s->hits, &err) != BQ_OK)
		fail_msg("%.*s: %s", (int)text->len, (const char *)text->ptr, err.msg);
}

void side_compare_places(struct side *a, const struct bq_hit *ha, struct side *b, const struct bq_hit *hb)
{
	struct bq_read ra = { .mem = &a->mem }, rb = { .mem = &b->mem };
	struct bq_doc_head da, db;
	struct bq_places pa, pb;
	struct bq_error err;

	assert_int_equal(bq_leaf_head(a->index->leaves[ha->leaf], ha->doc, &da, &ra), BQ_OK);
	assert_int_equal(bq_leaf_head(b->index->leaves[hb->leaf], hb->doc, &db, &rb), BQ_OK);
	if (bq_query_places(a->query, ha, &da, 5, &pa, &err) != BQ_OK
		|| bq_query_places(b->query, hb, &db, 5, &pb, &err) != BQ_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(pa.n, pb.n);
	assert_int_equal(pa.n_title_marks, pb.n_title_marks);
	for (uint32_t i = 0; i < pa.n; i++) {
		struct bq_snip sa, sb;
		assert_memory_equal(&pa.places[i].line, &pb.places[i].line, 4 * sizeof(uint64_t));
		if (pa.places[i].in_title)
			continue;
		assert_int_equal(bq_query_snip(a->query, ha, &da, &pa.places[i], 1, &sa, &err), BQ_OK);
		assert_int_equal(bq_query_snip(b->query, hb, &db, &pb.places[i], 1, &sb, &err), BQ_OK);
		assert_true(bq_span_eq(sa.text, sb.text));
		assert_int_equal(sa.n_marks, sb.n_marks);
		assert_true(sa.n_marks != 0);
		assert_memory_equal(sa.marks, sb.marks, sa.n_marks * sizeof *sa.marks);
	}
}
