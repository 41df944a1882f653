/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything a segment promises, checked once: what readers check block by
 * block, and what they take on trust because a checksum covers it.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

#include "pairs/check.h"
#include "segment/positions.h"
#include "segment/segment.h"

enum { ARENA_BYTES = 1 << 30 };

struct check {
	const struct segment *s;
	struct bq_arena mem;
	struct bq_read rd;
	struct bq_error *err;
	float k[256];
	uint32_t tinfo_used;
	uint64_t post_used, pos_used;
};

static int no_memory(struct check *c)
{
	return bq_error_set(c->err, BQ_ENOMEM, 0, "%s: out of memory", c->s->name);
}

/* What could not be read for want of memory is not damaged. */
static int broken(struct check *c, const char *section, uint64_t at, const char *what)
{
	if (c->mem.oom)
		return no_memory(c);
	return bq_error_set(c->err, BQ_EFORMAT, at, "%s: %s, %" PRIu64 ": %s", c->s->name, section, at, what);
}

/* [F32] the bytes between sections, and between table and sections, are zero. */
static int check_padding(struct check *c)
{
	const uint8_t *base = (const uint8_t *)c->s->file.file.ptr;
	uint32_t n = bq_get_u32(base + 12);

	for (uint64_t at = CONTAINER_HEADER + (uint64_t)n * CONTAINER_ENTRY; at < container_header_bytes(n); at++)
		if (base[at] != 0)
			return broken(c, "header", at, "padding is not zero [F32]");
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *e = base + CONTAINER_HEADER + (size_t)i * CONTAINER_ENTRY;
		uint64_t at = bq_get_u64(e + 8) + bq_get_u64(e + 16);
		uint64_t end = i + 1 < n ? bq_get_u64(e + CONTAINER_ENTRY + 8) : c->s->file.file.len;
		for (; at < end; at++)
			if (base[at] != 0)
				return broken(c, section_name(bq_get_u32(e)), at, "padding is not zero [F32]");
	}
	return BQ_OK;
}

/* ---- lists ---- */

struct list_sums {
	uint64_t ttf;
	uint32_t df;
};

/* [F24] positions ascend and stay inside their document. */
static int check_positions(struct check *c, struct bq_cursor *cur, uint32_t ord)
{
	struct bq_doc_head head;
	uint32_t n;
	const uint32_t *p = bq_cursor_positions(cur, &n);

	if (p == NULL || n != bq_cursor_tf(cur))
		return broken(c, "POS", ord, "a word's positions cannot be read [F23]");
	if (n > bq_len_decode((uint8_t)(c->s->leaf.norms[cur->doc] + 1)))
		return broken(c, "POS", ord, "a word is more often in a document than it has words [F24]");
	if (!heads_get(&c->s->heads, cur->doc, &head))
		return broken(c, "HEADS", cur->doc, "a damaged record [F27]");
	if (p[n - 1] >= heads_end(&head))
		return broken(c, "POS", ord, "a position behind the end of its document [F24]");
	return BQ_OK;
}

/* [F22] no posting is better than the bounds above it. */
static int check_bounds(struct check *c, struct bq_cursor *cur, const struct postings_list *list, uint32_t nth)
{
	uint8_t impact = postings_impact(bq_cursor_tf(cur), c->k[c->s->leaf.norms[cur->doc]]);
	uint32_t block = nth / BQ_BLOCK_DOCS, half = nth / (BQ_BLOCK_DOCS / 2);

	if (impact > list->bound[half] || list->bound[half] > list->up_bound[block / BQ_SKIP_FANOUT]
		|| list->up_bound[block / BQ_SKIP_FANOUT] > cur->term.impact
		|| (list->range_bound != NULL && impact > list->range_bound[cur->doc / BQ_RANGE_DOCS]))
		return broken(c, "POST", cur->doc, "a bound is below its postings [F22]");
	return BQ_OK;
}

/* Upper skip entries say what the blocks below them say [F18]. */
static int check_skips(struct check *c, const struct postings_list *list)
{
	for (uint32_t b = 0; b < list->n_blocks; b++) {
		uint32_t up = b / BQ_SKIP_FANOUT, last = bq_get_u32(list->last_doc + 4 * (size_t)b);
		bool is_end = b % BQ_SKIP_FANOUT == BQ_SKIP_FANOUT - 1 || b + 1 == list->n_blocks;
		if (is_end && bq_get_u32(list->up_last + 4 * (size_t)up) != last)
			return broken(c, "POST", b, "an upper skip entry is not its last block's [F18]");
	}
	return BQ_OK;
}

/* Where lists follow one another in POST and POS, no byte is left over. */
static int check_place(struct check *c, const struct bq_term *t, const struct postings_list *list)
{
	if (list == NULL) {
		c->post_used += t->priv[SEGMENT_PRIV_MODE] >> 8;
		c->pos_used += t->priv[SEGMENT_PRIV_POS_LEN];
		return BQ_OK;
	}
	struct tinfo info = tinfo_get((const uint8_t *)c->s->tinfo.ptr + t->priv[SEGMENT_PRIV_POST] * TINFO_BYTES);
	uint64_t start = (c->post_used + 3) & ~UINT64_C(3);
	uint64_t end = (uint64_t)(list->blocks.ptr - c->s->post.ptr) + list->blocks.len;
	if (t->priv[SEGMENT_PRIV_POST] != c->tinfo_used++)
		return broken(c, "TERMS", t->ord, "a term does not use the next TINFO entry [F15]");
	if (info.post_off != start
		|| end - c->post_used != t->priv[SEGMENT_PRIV_MODE] >> 8
		|| (list->pos_off != NULL && info.pos_off != c->pos_used))
		return broken(c, "TINFO", c->tinfo_used - 1, "lists are not one after the other [F17]");
	c->post_used = end;
	if (list->pos_off != NULL)
		c->pos_used += 4 * (uint64_t)bq_get_u32(list->pos_off + 4 * (size_t)list->n_blocks);
	return BQ_OK;
}

static int walk_list(struct check *c, struct bq_cursor *cur, const struct postings_list *list, struct list_sums *sums)
{
	int rc = BQ_OK;

	while (rc == BQ_OK && bq_cursor_next(cur) != BQ_DOC_END) {
		uint32_t tf = bq_cursor_tf(cur);
		if (c->rd.error.status != BQ_OK)
			return BQ_OK; /* which the caller sees */
		if (list != NULL)
			rc = check_bounds(c, cur, list, sums->df);
		if (rc == BQ_OK && cur->term.kind == BQ_TERM_WORD)
			rc = check_positions(c, cur, cur->term.ord);
		sums->df++;
		sums->ttf += tf;
	}
	return rc;
}

static int check_list(struct check *c, const struct bq_term *t)
{
	struct postings_list list, *skips = NULL;
	struct list_sums sums = { 0, 0 };
	int rc;

	bq_arena_reset(&c->mem);
	if ((t->priv[SEGMENT_PRIV_MODE] & 0xff) == SEGMENT_FREQUENT) {
		struct tinfo info = tinfo_get((const uint8_t *)c->s->tinfo.ptr
			+ t->priv[SEGMENT_PRIV_POST] * TINFO_BYTES);
		if (!postings_open(c->s->post, &info, c->s->leaf.n_docs, &list))
			return broken(c, "POST", t->ord, "a list does not fit [F17]");
		skips = &list;
	}
	rc = check_place(c, t, skips);
	if (rc == BQ_OK && skips != NULL)
		rc = check_skips(c, skips);
	struct bq_cursor *cur = rc == BQ_OK ? bq_cursor_open(&c->s->leaf, t, &c->rd) : NULL;
	if (cur != NULL)
		rc = walk_list(c, cur, skips, &sums);
	if (rc != BQ_OK)
		return rc;
	if (c->rd.error.status != BQ_OK)
		return bq_error_set(c->err, c->rd.error.status, 0, "%s (term %u)", c->rd.error.msg, t->ord);
	if (cur == NULL || c->mem.oom)
		return no_memory(c);
	if (sums.df != t->df || sums.ttf != t->ttf)
		return broken(c, "TERMS", t->ord, "df or ttf is not its list's [F21]");
	return BQ_OK;
}

/* ---- the dictionary ---- */

/* [F16] a stem's forms are words that ascend. */
static int check_forms(struct check *c, const struct bq_term *t)
{
	struct bq_term *forms;
	uint32_t n;
	unsigned want = t->kind == BQ_TERM_STEM ? BQ_TERM_WORD : BQ_TERM_TITLE;

	bq_arena_reset(&c->mem);
	if (bq_leaf_forms(&c->s->leaf, t, &forms, &n, &c->rd) != BQ_OK)
		return broken(c, "TERMS", t->ord, "a stem's forms cannot be read [F16]");
	for (uint32_t i = 0; i < n; i++)
		if (forms[i].kind != want || (i != 0 && forms[i].ord <= forms[i - 1].ord) || n < 2)
			return broken(c, "TERMS", t->ord, "a stem's forms are no words [F16]");
	return BQ_OK;
}

/* [F12] the tree repeats the first keys of the blocks. */
static int check_tree(struct check *c, uint32_t block, struct bq_span first)
{
	const struct terms_reader *t = &c->s->terms;

	for (uint32_t l = t->n_levels, i = block;; i /= TERMS_FANOUT) {
		l--;
		if (bq_get_u64(t->level[l] + 8 * (size_t)i) != terms_prefix(first))
			return broken(c, "TERMS", block, "a tree key is not its block's [F12]");
		if (l == 0 || i % TERMS_FANOUT != 0)
			return BQ_OK;
	}
}

static int check_term(struct check *c, struct bq_terms *it, uint32_t ord, bool is_alias)
{
	if (ord % BQ_TERM_BLOCK == 0) {
		char key[TERMS_MAX_KEY];
		size_t n = it->kind != BQ_TERM_WORD;
		key[0] = (char)it->kind;
		memcpy(key + n, it->word.ptr, it->word.len);
		int rc = check_tree(c, ord / BQ_TERM_BLOCK, bq_span_make(key, n + it->word.len));
		if (rc != BQ_OK)
			return rc;
	}
	if (is_alias)
		return BQ_OK;
	int rc = check_list(c, &it->term);
	return rc == BQ_OK && terms_kind_is_stem(it->kind) ? check_forms(c, &it->term) : rc;
}

/* [F11] blocks follow one another from the first byte on; terms_open() has seen the last. */
static int check_block_offsets(struct check *c)
{
	const struct terms_reader *t = &c->s->terms;
	uint64_t last = bq_get_u64(t->offs);

	if (last != 0)
		return broken(c, "TERMS", 0, "the first block does not start the blocks [F11]");
	for (uint32_t b = 1; b <= t->n_blocks; b++) {
		uint64_t at = bq_get_u64(t->offs + 8 * (size_t)b);
		if (at <= last)
			return broken(c, "TERMS", b, "block offsets do not ascend [F11]");
		last = at;
	}
	return BQ_OK;
}

static int check_terms(struct check *c)
{
	char last[TERMS_MAX_KEY] = { 0 };
	struct terms_iter walk = { .terms = &c->s->terms };
	size_t last_len = 0;

	for (uint32_t ord = 0; ord < c->s->terms.n_terms; ord++) {
		struct bq_terms it;
		if (terms_next(&walk) != BQ_OK)
			return broken(c, "TERMS", ord, "a damaged entry [F13]");
		if (ord != 0 && bq_span_cmp(bq_span_make(last, last_len), terms_key(&walk)) >= 0)
			return broken(c, "TERMS", ord, "terms do not ascend [F13]");
		last_len = walk.key_len;
		memcpy(last, walk.key, last_len);
		bq_arena_reset(&c->mem);
		if (bq_leaf_term_at(&c->s->leaf, ord, &it, &c->rd) != BQ_OK)
			return bq_error_set(c->err, BQ_EFORMAT, ord, "%s (term %u)", c->rd.error.msg, ord);
		int rc = check_term(c, &it, ord, walk.entry.tag == TERMS_ALIAS);
		if (rc != BQ_OK)
			return rc;
	}
	if (c->tinfo_used != c->s->tinfo.len / TINFO_BYTES || c->post_used != c->s->post.len
		|| c->pos_used != c->s->pos.len)
		return broken(c, "TERMS", 0, "POST, POS or TINFO hold more than the terms use [F17]");
	return BQ_OK;
}

/* ---- documents ---- */

/* [F30] marks ascend inside the text. */
static int check_marks(struct check *c, const struct bq_doc_head *head, uint32_t doc)
{
	struct bq_mark last = { 0, 0, 1 }, mark;

	for (uint32_t i = 1; i <= heads_marks(head->words) && head->text_bytes != 0; i++) {
		if (bq_leaf_mark(&c->s->leaf, head, i * BQ_MARK_WORDS, &mark, &c->rd) != BQ_OK || mark.off <= last.off
			|| mark.line < last.line || mark.off >= head->text_bytes)
			return broken(c, "MARKS", doc, "marks do not ascend inside the text [F30]");
		last = mark;
	}
	return BQ_OK;
}

static int check_documents(struct check *c)
{
	uint64_t stored = 0, marks = 0, tokens = 0;

	for (uint32_t doc = 0; doc < c->s->leaf.n_docs; doc++) {
		struct bq_doc_head head;
		if (bq_leaf_head(&c->s->leaf, doc, &head, &c->rd) != BQ_OK)
			return bq_error_set(c->err, BQ_EFORMAT, doc, "%s (document %u)", c->rd.error.msg, doc);
		if (head.priv[0] != stored || head.priv[1] != marks)
			return broken(c, "HEADS", doc, "documents are not one after the other [F27]");
		int rc = check_marks(c, &head, doc);
		if (rc != BQ_OK)
			return rc;
		stored += head.text_bytes + head.priv[2];
		marks += heads_marks_bytes(head.words, head.text_bytes);
		tokens += bq_len_decode(c->s->leaf.norms[doc]);
	}
	if (stored != c->s->docs.raw_bytes || marks != c->s->marks.len)
		return broken(c, "HEADS", 0, "DOCS or MARKS hold more than the documents use [F27]");
	if (tokens > c->s->leaf.n_tokens)
		return broken(c, "NORM", 0, "lengths exceed the number of tokens [F25]");
	return BQ_OK;
}

/* [F29] every frame decompresses to its size. */
static int check_frames(struct check *c)
{
	const uint64_t step = (uint64_t)BQ_FRAME_BYTES * 256;

	for (uint64_t at = 0; at < c->s->docs.raw_bytes; at += step) {
		uint64_t left = c->s->docs.raw_bytes - at;
		struct bq_span text;
		bq_arena_reset(&c->mem);
		int rc = docs_get(&c->s->docs, at, left < step ? left : step, &c->mem, &text);
		if (rc == BQ_ENOMEM)
			return no_memory(c);
		if (rc != BQ_OK)
			return broken(c, "DOCS", at, "a frame is damaged in the MiB from here [F29]");
	}
	return BQ_OK;
}

int segment_verify(const struct segment *s, struct bq_error *err)
{
	struct check c = { .s = s, .err = err };

	int rc = container_verify(&s->file, s->name, err);
	if (rc != BQ_OK)
		return rc;
	bq_arena_init(&c.mem, ARENA_BYTES);
	c.rd.mem = &c.mem;
	bq_length_norms(s->file.head.k1, s->file.head.b, s->file.head.avg_len, c.k);
	rc = check_padding(&c);
	if (rc == BQ_OK)
		rc = check_block_offsets(&c);
	if (rc == BQ_OK)
		rc = check_terms(&c);
	if (rc == BQ_OK)
		rc = check_documents(&c);
	if (rc == BQ_OK)
		rc = check_frames(&c);
	bq_arena_release(&c.mem);
	return rc == BQ_OK ? pairs_check(s, err) : rc;
}
