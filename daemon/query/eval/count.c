/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 *   +a +b -c   window   a 1011 0110
 *                     & b 1110 0011
 *                     & ~(c | dead)      -> count the bits
 */
#include "query/eval/count.h"

#include "query/phrase/cover.h"
#include "query/phrase/lookup.h"

enum { WINDOW = KERNEL_WINDOW, WORDS = WINDOW / 64, BATCH = 256 };

/* Required words in fewer than one document of so many are looked up. */
enum { SPARSE = 32 };

struct count {
	struct eval *ev;
	const struct flat *f;
	const struct flat *strict; /* all of its `must` is left out; NULL: none */
	uint64_t n;
};

static void clear(uint64_t *bits)
{
	memset(bits, 0, WORDS * sizeof *bits);
}

/* ---- by windows -------------------------------------------------------- */

/* Where the window from `from` on ends: documents have no number BQ_DOC_END. */
static uint32_t end_of(uint32_t from)
{
	return BQ_DOC_END - from < WINDOW ? BQ_DOC_END : from + WINDOW;
}

/* Documents of the window from `from` on that all of `must` hold.  Returns
 * where they may go on. */
static uint32_t fill_all(const struct flat *f, uint32_t from, uint64_t *bits)
{
	uint32_t next = bq_cursor_fill(f->must[0].node->cursor, from, end_of(from), bits);

	for (uint32_t i = 1; i < f->n_must; i++) {
		uint64_t more[WORDS];
		clear(more);
		uint32_t at = bq_cursor_fill(f->must[i].node->cursor, from, end_of(from), more);
		next = at > next ? at : next;
		for (uint32_t w = 0; w < WORDS; w++)
			bits[w] &= more[w];
	}
	return next;
}

/* Those that one of the first `n` of `should` holds. */
static uint32_t fill_any(const struct flat *f, uint32_t n, uint32_t from, uint64_t *bits)
{
	uint32_t next = BQ_DOC_END;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = bq_cursor_fill(f->should[i]->node->cursor, from, end_of(from), bits);
		next = at < next ? at : next;
	}
	return next;
}

/* Documents of the window that do not count.  The dead are bits already; the last
 * window may have fewer words. */
static void fill_out(const struct count *c, uint32_t from, uint64_t *out)
{
	const struct bq_leaf *leaf = c->ev->leaf;
	uint32_t n_words = (leaf->n_docs - from + 63) / 64;
	uint64_t strict[WORDS];

	for (uint32_t i = 0; i < c->f->n_not; i++)
		(void)bq_cursor_fill(c->f->not[i]->cursor, from, end_of(from), out);
	for (uint32_t w = 0; leaf->dead != NULL && w < WORDS && w < n_words; w++)
		out[w] |= leaf->dead[from / 64 + w];
	if (c->strict == NULL)
		return;
	clear(strict);
	(void)fill_all(c->strict, from, strict);
	for (uint32_t w = 0; w < WORDS; w++)
		out[w] |= strict[w];
}

static void leave_out(const struct count *c, uint32_t from, uint64_t *bits)
{
	uint64_t out[WORDS];

	clear(out);
	fill_out(c, from, out);
	for (uint32_t w = 0; w < WORDS; w++)
		bits[w] &= ~out[w];
}

/* Whether all that matches counts. */
static bool is_plain(const struct count *c)
{
	return c->f->n_not == 0 && c->strict == NULL && c->ev->leaf->n_dead == 0;
}

static void count_windows(struct count *c)
{
	bool plain = is_plain(c);
	uint64_t n_docs = c->ev->leaf->n_docs, from = 0;
	uint64_t bits[WORDS];

	while (from < n_docs && !watch_check(c->ev->watch)) {
		clear(bits);
		uint32_t at = (uint32_t)from;
		uint32_t next = c->f->n_must != 0 ? fill_all(c->f, at, bits) : fill_any(c->f, c->f->n_should, at, bits);
		if (!plain)
			leave_out(c, at, bits);
		c->n += c->ev->q->searcher->kernels->count(bits);
		from = next == BQ_DOC_END ? n_docs : next & ~(uint64_t)(WINDOW - 1);
	}
}

/* ---- by looking up ----------------------------------------------------- */

/* Keep of docs[0 .. n) those that the word has, or those that it has not. */
static uint32_t keep_held(struct node *word, uint32_t *docs, uint32_t n, bool is_not)
{
	uint16_t at[BATCH];
	uint32_t held = n == 0 ? 0 : bq_cursor_hold(word->cursor, docs, n, at, NULL), kept = 0;

	if (!is_not) {
		for (uint32_t i = 0; i < held; i++)
			docs[i] = docs[at[i]];
		return held;
	}
	for (uint32_t i = 0, h = 0; i < n; i++) {
		bool is_held = h < held && at[h] == i;
		docs[kept] = docs[i];
		kept += !is_held;
		h += is_held;
	}
	return kept;
}

static uint32_t count_live(const struct bq_leaf *leaf, const uint32_t *docs, uint32_t n)
{
	uint32_t live = n;

	for (uint32_t i = 0; leaf->dead != NULL && i < n; i++)
		live -= bq_leaf_is_dead(leaf, docs[i]);
	return live;
}

/* The rarest word's documents, a block at a time. */
static void count_lookups(struct count *c)
{
	const struct flat *f = c->f;
	struct bq_cursor *lead = f->lead->cursor;
	uint32_t docs[BATCH];

	while (!watch_check(c->ev->watch) && lead->ops->next_block(lead)) {
		uint32_t n = lead->n;
		memcpy(docs, lead->docs, n * sizeof *docs);
		for (uint32_t i = 0; i < f->n_must; i++)
			if (&f->must[i] != f->lead_clause)
				n = keep_held(f->must[i].node, docs, n, false);
		for (uint32_t i = 0; i < f->n_not; i++)
			n = keep_held(f->not[i], docs, n, true);
		c->n += count_live(c->ev->leaf, docs, n);
	}
}

/* ---- words or phrases -------------------------------------------------- */

/* Documents of the list's block in [from, to) that are not among `bits`. */
static uint32_t take_missing(const struct bq_cursor *list, uint32_t from, uint32_t to, const uint64_t *bits,
	uint32_t *docs)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < list->n && list->docs[i] < to; i++) {
		uint32_t doc = list->docs[i], slot = doc & (WINDOW - 1);
		docs[n] = doc;
		n += doc >= from && (bits[slot / 64] >> (slot & 63) & 1) == 0;
	}
	return n;
}

/* Add to `bits` those of docs[0 .. n) that have the phrase. */
static void fill_looked_up(struct lookup *phrase, const uint32_t *docs, uint32_t n, uint64_t *bits)
{
	uint32_t tfs[LOOKUP_DOCS];

	for (uint32_t from = 0; from < n; from += LOOKUP_DOCS) {
		struct lookup_batch b = { .docs = docs + from, .tfs = tfs, .exact_from = UINT32_MAX };
		b.n = n - from < LOOKUP_DOCS ? n - from : LOOKUP_DOCS;
		lookup_run(phrase, &b);
		for (uint32_t i = 0; i < b.n; i++) {
			uint32_t slot = b.docs[i] & (WINDOW - 1);
			bits[slot / 64] |= (uint64_t)(tfs[i] != 0) << (slot & 63);
		}
	}
}

/* Add the window's documents with the phrase to `bits`, the others' and those that
 * do not count: only the rest are looked at. */
static void fill_phrase(const struct count *c, const struct flat_clause *phrase, uint32_t from, uint64_t *bits)
{
	struct bq_cursor *list = flat_rarest(phrase)->cursor;
	uint32_t docs[BATCH], next = from, to = end_of(from);

	while (next < to && list->ops->seek_block(list, next) && !watch_check(c->ev->watch)) {
		uint32_t n = take_missing(list, next, to, bits, docs);
		next = list->last < to ? list->last + 1 : to;
		fill_looked_up(phrase->lookup, docs, n, bits);
	}
}

/* Any of words, the first `n_words`, and phrases. */
static void count_phrases(struct count *c, uint32_t n_words)
{
	uint32_t n_docs = c->ev->leaf->n_docs;
	uint64_t bits[WORDS], out[WORDS];

	for (uint64_t from = 0; from < n_docs && !watch_check(c->ev->watch); from += WINDOW) {
		uint32_t at = (uint32_t)from;
		clear(bits);
		clear(out);
		(void)fill_any(c->f, n_words, at, bits);
		fill_out(c, at, out);
		for (uint32_t w = 0; w < WORDS; w++)
			bits[w] |= out[w];
		for (uint32_t i = n_words; i < c->f->n_should; i++)
			fill_phrase(c, c->f->should[i], at, bits);
		for (uint32_t w = 0; w < WORDS; w++)
			bits[w] &= ~out[w];
		c->n += c->ev->q->searcher->kernels->count(bits);
	}
}

/* ---- which way --------------------------------------------------------- */

/* Both in one document: df of all but those that are counted twice. */
static void count_two(struct count *c)
{
	struct flat_clause must[2] = { *c->f->should[0], *c->f->should[1] };
	bool is_less = must[0].node->cost < must[1].node->cost;
	struct flat both = { .must = must, .n_must = 2, .lead_clause = &must[is_less ? 0 : 1] };
	struct count sub = { .ev = c->ev, .f = &both };

	both.lead = both.lead_clause->node;
	if (both.lead->cost * SPARSE < c->ev->leaf->n_docs)
		count_lookups(&sub);
	else
		count_windows(&sub);
	c->n = must[0].node->cost + must[1].node->cost - sub.n;
}

static void count_any_way(struct count *c)
{
	const struct flat *f = c->f;
	bool plain = is_plain(c);

	if (plain && f->n_must == 1)
		c->n = f->lead->cost;
	else if (plain && f->n_must == 0 && f->n_should == 1)
		c->n = f->should[0]->node->cost;
	else if (plain && f->n_must == 0 && f->n_should == 2)
		count_two(c);
	else if (f->n_must != 0 && c->strict == NULL && f->lead->cost * SPARSE < c->ev->leaf->n_docs)
		count_lookups(c);
	else
		count_windows(c);
}

bool count_listed(struct eval *ev, uint64_t *out)
{
	const struct ast *a = ev->group->root;
	const struct plan_list *l;
	struct cover cover;

	if (!ast_is_leaf(a) || a->n_words > 2 || ev->leaf->n_dead != 0 || ev->q->opts->exhaustive)
		return false;
	l = &ev->group->lists[a->lists[0]];
	if (a->n_words == 1) {
		*out = l->in_leaf[ev->leaf_no].n == 0 ? 0 : l->in_leaf[ev->leaf_no].terms->df;
		return !l->is_prefix;
	}
	if (a->is_title || a->near != AST_EXACT)
		return false;
	cover_find(ev, a, &cover);
	*out = cover.is_whole ? cover.pairs[0].df : 0;
	return cover.is_whole || cover.is_absent;
}

/* Lay out what `c` leaves out: `strict`, or nothing; false if that is more than words
 * that are required. */
static bool set_strict(struct count *c, struct flat *room, struct node *strict, const struct bq_index *ix)
{
	if (strict == NULL || strict->kind == NODE_NONE)
		return true;
	c->strict = room;
	return flat_build(room, strict, ix) && flat_is_words(room) && room->n_must != 0 && room->n_not == 0;
}

bool count_flat(struct eval *ev, const struct flat *f, struct node *strict, const struct bq_index *ix, uint64_t *out)
{
	struct flat room;
	struct count c = { .ev = ev, .f = f };

	if (!flat_is_words(f) || (f->n_must == 0 && f->n_should == 0) || !set_strict(&c, &room, strict, ix))
		return false;
	count_any_way(&c);
	*out = c.n;
	return true;
}

bool count_looked_up(struct eval *ev, const struct flat *f, struct node *strict, const struct bq_index *ix,
	uint64_t *out)
{
	struct flat room;
	struct count c = { .ev = ev, .f = f };
	uint32_t n_words = 0;

	if (f->n_must != 0)
		return false;
	while (n_words < f->n_should && f->should[n_words]->node->kind == NODE_TERM)
		n_words++;
	for (uint32_t i = n_words; i < f->n_should; i++)
		if (f->should[i]->lookup == NULL)
			return false;
	for (uint32_t i = 0; i < f->n_not; i++)
		if (f->not[i]->kind != NODE_TERM)
			return false;
	if (!set_strict(&c, &room, strict, ix))
		return false;
	count_phrases(&c, n_words);
	*out = c.n;
	return true;
}
