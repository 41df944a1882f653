/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All that FORMAT.md promises of PAIRS and PPOST, against the dictionary and the
 * positions: what the builder does, backwards, and in little memory.
 */
#include "pairs/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pairs/scan.h"
#include "segment/segment.h"

enum { ARENA_BYTES = 1 << 30, MOST_SLOTS = 1 << 29 };

struct check {
	const struct segment *s;
	const struct pairs_reader *p;
	struct bq_error *err;   /* may be NULL */
	struct bq_arena mem;
	struct bq_read rd;
	struct bq_term *terms;  /* of the covered words */
	float k[256];
	uint64_t sum;           /* of mix() over all occurrences that lists tell of */
};

static int no_memory(struct check *c)
{
	return bq_error_set(c->err, BQ_ENOMEM, 0, "%s: out of memory", c->s->name);
}

static int broken(struct check *c, uint64_t at, const char *what)
{
	if (c->mem.oom)
		return no_memory(c);
	return bq_error_set(c->err, BQ_EFORMAT, at, "%s: PAIRS, %" PRIu64 ": %s", c->s->name, at, what);
}

/* What reading has met: damage, or want of memory. */
static int check_reading(struct check *c)
{
	if (c->rd.error.status != BQ_OK)
		return bq_error_set(c->err, c->rd.error.status, 0, "%s, in a list of PAIRS [F42]", c->rd.error.msg);
	return c->mem.oom ? no_memory(c) : BQ_OK;
}

/* ---- words and lines --------------------------------------------------- */

/* [F39] the places are those of the words that weigh T. */
static int check_words(struct check *c)
{
	uint32_t n = 0;
	struct bq_terms it;

	bq_terms_init(&it, &c->s->leaf, BQ_TERM_WORD, BQ_SPAN(""), &c->rd);
	while (bq_terms_next(&it)) {
		if (pairs_weight(it.term.df, it.term.ttf) < c->p->t)
			continue;
		if (n == c->p->n_words || pairs_place(c->p, n) != it.term.ord)
			return broken(c, n, "the places are not those of the frequent words [F39]");
		c->terms[n++] = it.term;
	}
	if (n != c->p->n_words && c->rd.error.status == BQ_OK)
		return broken(c, n, "more places than frequent words [F39]");
	return check_reading(c);
}

/* [F40] each line counts those before it; none has words that are not there. */
static int check_lines(struct check *c)
{
	uint32_t n = c->p->n_words, n_lines = pairs_row_lines(n), before = 0;

	for (uint64_t l = 0; l < (uint64_t)n * n_lines; l++) {
		const uint8_t *line = c->p->lines + l * PAIRS_LINE;
		uint32_t words = n - (uint32_t)(l % n_lines) * PAIRS_LINE_WORDS;
		if (bq_get_u32(line) != before)
			return broken(c, l, "a line does not count the pairs before it [F40]");
		for (uint32_t i = 0; i < PAIRS_LINE_WORDS; i += 32) {
			uint32_t bits = bq_get_u32(line + 4 + i / 8), known = words < i ? 0 : words - i;
			if (known < 32 && bits >> known != 0)
				return broken(c, l, "a line has a word that is not there [F40]");
			before += (uint32_t)__builtin_popcount(bits);
		}
	}
	return before == c->p->n_pairs ? BQ_OK : broken(c, before, "not as many pairs as bits [F40]");
}

/* Zeros between the places and the lines, and in the header. */
static int check_zeros(struct check *c)
{
	const uint8_t *head = c->p->places - PAIRS_HEADER, *at = c->p->places + 4 * (size_t)c->p->n_words;
	uint8_t any = 0;

	for (const uint8_t *p = head + 12; p < c->p->places; p++)
		any |= *p;
	for (; at < c->p->lines; at++)
		any |= *at;
	return any == 0 ? BQ_OK : broken(c, 0, "padding is not zero [F38]");
}

/* ---- lists ------------------------------------------------------------- */

/* An occurrence as a number: their sum is that of all, in any order. */
static uint64_t mix(uint32_t a, uint32_t b, uint32_t doc)
{
	uint64_t x = ((uint64_t)a << 48 ^ (uint64_t)b << 32 ^ doc) + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint32_t less(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The record of a list with df >= 256 as such. */
static bool open_record(const struct check *c, const struct bq_term *t, struct postings_list *out)
{
	struct tinfo info = { .df = t->df, .post_off = t->priv[SEGMENT_PRIV_POST],
		.flags = postings_is_dense(t->df, c->s->leaf.n_docs) ? TINFO_RANGES : 0 };

	return postings_open(c->s->ppost, &info, c->s->leaf.n_docs, out);
}

/* Upper entries repeat the lower ones, and the record fills its bytes. */
static bool skips_are_right(const struct check *c, const struct postings_list *l, const struct pairs_entry *e)
{
	for (uint32_t b = 0; b < l->n_blocks; b++) {
		bool is_end = b % BQ_SKIP_FANOUT == BQ_SKIP_FANOUT - 1 || b + 1 == l->n_blocks;
		const uint8_t *up = l->up_last + 4 * (size_t)(b / BQ_SKIP_FANOUT);
		if (is_end && memcmp(up, l->last_doc + 4 * (size_t)b, 4) != 0)
			return false;
	}
	return l->blocks.ptr + l->blocks.len == c->s->ppost.ptr + e->off + e->bytes;
}

/* [F22] for the nth document. */
static bool bounds_hold(const struct check *c, struct bq_cursor *cur, const struct postings_list *l, uint32_t nth)
{
	uint8_t impact = postings_impact(bq_cursor_tf(cur), c->k[c->s->leaf.norms[cur->doc]]);
	uint8_t half = l->bound[nth / (BQ_BLOCK_DOCS / 2)], up = l->up_bound[nth / BQ_BLOCK_DOCS / BQ_SKIP_FANOUT];

	return impact <= half && half <= up && up <= cur->term.impact
		&& (l->range_bound == NULL || impact <= l->range_bound[cur->doc / BQ_RANGE_DOCS]);
}

static int walk_list(struct check *c, const struct pairs_walk *w, const struct bq_term *t)
{
	struct bq_cursor *cur = bq_cursor_open(&c->s->leaf, t, &c->rd);
	struct postings_list list, *record = t->df < BQ_SMALL_DF ? NULL : &list;
	uint64_t ttf = 0;
	uint32_t df = 0;

	if (cur == NULL)
		return check_reading(c);
	if (record != NULL && (!open_record(c, t, record) || !skips_are_right(c, record, &w->entry)))
		return broken(c, w->number - 1, "a list's skips are not its blocks' [F42]");
	while (bq_cursor_next(cur) != BQ_DOC_END) {
		uint32_t tf = bq_cursor_tf(cur);
		if (record != NULL && !bounds_hold(c, cur, record, df))
			return broken(c, w->number - 1, "a bound is below its postings [F42]");
		c->sum += tf * mix(w->a, w->b, cur->doc);
		ttf += tf;
		df++;
	}
	int rc = check_reading(c);
	if (rc != BQ_OK)
		return rc;
	if (df != t->df || ttf != t->ttf)
		return broken(c, w->number - 1, "df or ttf is not its list's [F42]");
	return BQ_OK;
}

/* [F41] one pair's entry, [F42] its list. */
static int check_pair(struct check *c, const struct pairs_walk *w, uint64_t end_before)
{
	const struct bq_term *a = &c->terms[w->a], *b = &c->terms[w->b];
	struct bq_term t;

	bq_arena_reset(&c->mem);
	if (w->entry.df > less(a->df, b->df))
		return broken(c, w->number - 1, "a pair is in more documents than one of its words [F41]");
	for (uint64_t at = end_before; at < w->entry.off; at++)
		if (c->s->ppost.ptr[at] != 0)
			return broken(c, w->number - 1, "padding of a list is not zero [F42]");
	if (bq_leaf_pair(&c->s->leaf, a, b, &t, &c->rd) != BQ_PAIR_LIST || t.priv[SEGMENT_PRIV_POST] != w->entry.off)
		return broken(c, w->number - 1, "a pair is not found [F41]");
	return walk_list(c, w, &t);
}

static int check_lists(struct check *c)
{
	struct pairs_walk w = pairs_begin(c->p);
	uint64_t end = 0;
	int rc;

	while ((rc = pairs_next(&w)) == BQ_OK) {
		rc = check_pair(c, &w, end);
		if (rc != BQ_OK)
			return rc;
		end = w.at;
	}
	if (rc != BQ_END || bq_get_u32(c->p->group_off) != 0)
		return broken(c, w.number, "a damaged group [F41]");
	return w.at == c->s->ppost.len ? BQ_OK : broken(c, w.number, "PPOST holds more than the pairs use [F41]");
}

/* ---- positions --------------------------------------------------------- */

/* Documents claim about as many positions as words have, or the file bytes: else a
 * small file could ask for a lot of work. */
static bool claims_are_sound(struct check *c)
{
	uint64_t claimed = 0, used = 0;
	uint32_t n, ends[256];
	struct bq_terms it;

	bq_arena_reset(&c->mem);
	bq_terms_init(&it, &c->s->leaf, BQ_TERM_WORD, BQ_SPAN(""), &c->rd);
	while (bq_terms_next(&it))
		used += it.term.ttf;
	for (uint32_t doc = 0; doc < c->s->leaf.n_docs; doc += n) {
		n = less(c->s->leaf.n_docs - doc, 256);
		if (!heads_ends(&c->s->heads, doc, n, ends))
			return false;
		for (uint32_t i = 0; i < n; i++)
			claimed += ends[i];
	}
	return claimed <= used + (uint64_t)c->s->leaf.n_docs * BQ_TITLE_GAP + 64 * (uint64_t)c->s->file.file.len;
}

/* [F43] the lists hold all that stands side by side, and nothing else. */
static int check_positions(struct check *c)
{
	const struct scan_part all = { .to = c->s->leaf.n_docs, .pages_bytes = UINT64_MAX };
	struct scan sc;
	uint64_t sum = 0;
	int rc;

	if (!claims_are_sound(c))
		return broken(c, 0, "documents claim more positions than words have [F43]");
	rc = scan_init(&sc, c->s, c->terms, c->p->n_words, &all);
	sc.most_slots = MOST_SLOTS;
	while (rc == BQ_OK && (rc = scan_next(&sc)) == BQ_OK) {
		for (uint32_t doc = sc.first; doc < sc.end; doc++) {
			const uint16_t *p = sc.slots + sc.bases[doc - sc.first];
			for (uint32_t i = 0; i + 1 < sc.ends[doc - sc.first]; i++)
				if (p[i] != 0 && p[i + 1] != 0)
					sum += mix(p[i] - 1u, p[i + 1] - 1u, doc);
		}
	}
	c->rd.error = sc.read.error;
	scan_release(&sc);
	if (rc == BQ_ENOMEM)
		return no_memory(c);
	if (rc != BQ_END)
		return check_reading(c);
	return sum == c->sum ? BQ_OK : broken(c, 0, "lists are not what positions say [F43]");
}

int pairs_check(const struct segment *s, struct bq_error *err)
{
	struct check c = { .s = s, .p = &s->pairs, .err = err };
	int rc;

	bq_arena_init(&c.mem, ARENA_BYTES);
	c.rd.mem = &c.mem;
	c.terms = malloc((s->pairs.n_words + 1ull) * sizeof *c.terms);
	bq_length_norms(s->file.head.k1, s->file.head.b, s->file.head.avg_len, c.k);
	rc = c.terms == NULL ? no_memory(&c) : check_zeros(&c);
	if (rc == BQ_OK)
		rc = check_words(&c);
	if (rc == BQ_OK)
		rc = check_lines(&c);
	if (rc == BQ_OK)
		rc = check_lists(&c);
	if (rc == BQ_OK && s->pairs.n_words != 0)
		rc = check_positions(&c);
	free(c.terms);
	bq_arena_release(&c.mem);
	return rc;
}
