/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/segment.h"

#include <string.h>

#include <bq/bytes.h>

/* The key of a word of some kind, in `room`; len 0 if no term can be so long. */
static struct bq_span make_key(enum bq_term_kind kind, struct bq_span word, char room[TERMS_MAX_KEY])
{
	size_t n = kind != BQ_TERM_WORD;

	if (word.len > TERMS_MAX_KEY - n)
		return (struct bq_span){ room, 0 };
	if (n != 0)
		room[0] = (char)kind;
	if (word.len != 0)
		memcpy(room + n, word.ptr, word.len);
	return bq_span_make(room, n + word.len);
}

/* Turn a dictionary entry into a bq_term.  Its offsets are checked here, its
 * lists when they are decoded [F14], [F15]. */
static int make_term(const struct segment *s, const struct terms_iter *it, struct bq_term *out, struct bq_read *rd)
{
	const struct terms_entry *e = &it->entry;
	unsigned mode = e->tag == TERMS_FREQUENT ? SEGMENT_FREQUENT : e->df == 1 ? SEGMENT_INLINE : SEGMENT_SMALL;

	memset(out, 0, sizeof *out);
	out->ord = it->ord;
	out->kind = (uint8_t)terms_kind(terms_key(it));
	out->df = e->df;
	out->ttf = e->ttf;
	out->impact = UINT8_MAX;
	out->priv[SEGMENT_PRIV_MODE] = mode | e->post_bytes << 8;
	if (mode == SEGMENT_FREQUENT) {
		if (e->tinfo >= s->tinfo.len / TINFO_BYTES)
			return segment_damaged(s, rd, "a term points outside TINFO [F15]");
		struct tinfo info = tinfo_get((const uint8_t *)s->tinfo.ptr + (size_t)e->tinfo * TINFO_BYTES);
		if (info.df < BQ_SMALL_DF || info.df > s->leaf.n_docs || info.ttf < info.df)
			return segment_damaged(s, rd, "a term counts more documents than there are [F17]");
		out->df = info.df;
		out->ttf = info.ttf;
		out->impact = info.impact;
		out->priv[SEGMENT_PRIV_POST] = e->tinfo;
		return BQ_OK;
	}
	bool inline_pos = mode == SEGMENT_INLINE && e->ttf == 1;
	if (e->post_off > s->post.len || e->post_bytes > s->post.len - e->post_off || e->post_bytes > UINT32_MAX
		|| e->pos_off > s->pos.len || e->pos_bytes > s->pos.len - e->pos_off
		|| e->df > s->leaf.n_docs || (mode == SEGMENT_INLINE && e->doc >= s->leaf.n_docs))
		return segment_damaged(s, rd, "a term's list lies outside its section [F14]");
	if (out->kind == BQ_TERM_WORD && !inline_pos && e->pos_bytes == 0)
		return segment_damaged(s, rd, "a word without positions [F14]");
	out->priv[SEGMENT_PRIV_POST] = mode == SEGMENT_INLINE ? e->doc : e->post_off;
	out->priv[SEGMENT_PRIV_POS] = inline_pos ? e->pos : e->pos_off;
	out->priv[SEGMENT_PRIV_POS_LEN] = e->pos_bytes;
	return BQ_OK;
}

static int seek_ord(const struct segment *s, uint32_t ord, struct terms_iter *it, struct bq_read *rd)
{
	if (ord >= s->terms.n_terms || terms_seek_ord(&s->terms, ord, it) != BQ_OK || terms_next(it) != BQ_OK)
		return segment_damaged(s, rd, "a damaged dictionary block or place [F13]");
	return BQ_OK;
}

/* Follow a stem's alias to its only word. */
static int follow_alias(const struct segment *s, struct terms_iter *it, struct bq_read *rd)
{
	unsigned kind = terms_kind(terms_key(it)), want = kind == BQ_TERM_STEM ? BQ_TERM_WORD : BQ_TERM_TITLE;

	if (it->entry.tag != TERMS_ALIAS)
		return BQ_OK;
	int rc = seek_ord(s, it->entry.alias, it, rd);
	if (rc == BQ_OK && terms_kind(terms_key(it)) != want)
		rc = segment_damaged(s, rd, "a stem names a term that is no word [F16]");
	return rc;
}

/* The key under which a word of this kind would be; len 0: there is none. */
static struct bq_span find_key(const struct segment *s, enum bq_term_kind kind, struct bq_span word,
	char room[TERMS_MAX_KEY])
{
	struct bq_span key = make_key(kind, word, room);

	if (key.len != 0 && (terms_kind(key) != (unsigned)kind || (s->kinds >> kind & 1) == 0))
		key.len = 0;
	return key;
}

/* The term at the entry that a search for it ended on. */
static int take_term(const struct segment *s, int rc, struct terms_iter *it, struct bq_term *out, struct bq_read *rd)
{
	if (rc == BQ_ENOTFOUND)
		return rc;
	if (rc != BQ_OK)
		return segment_damaged(s, rd, "a damaged dictionary block [F13]");
	rc = follow_alias(s, it, rd);
	return rc == BQ_OK ? make_term(s, it, out, rd) : rc;
}

int segment_find(const struct bq_leaf *l, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
	struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	char room[TERMS_MAX_KEY];
	struct bq_span key = find_key(s, kind, word, room);
	struct terms_iter it;

	return key.len == 0 ? BQ_ENOTFOUND : take_term(s, terms_find(&s->terms, key, &it), &it, out, rd);
}

/* The written words that stand for themselves where a stem has no entry. */
static enum bq_term_kind word_kind(enum bq_term_kind stem)
{
	return stem == BQ_TERM_STEM ? BQ_TERM_WORD : BQ_TERM_TITLE;
}

/* A search for one of several words: its key and the block that may hold it. */
struct seeking {
	int rc;
	uint32_t block;
	struct bq_span key;
	char room[TERMS_MAX_KEY];
};

static void find_block_of(const struct segment *s, const struct bq_wanted *w, struct seeking *k)
{
	k->key = find_key(s, w->kind, w->word, k->room);
	if (k->key.len == 0 && w->is_self)
		k->key = find_key(s, word_kind(w->kind), w->word, k->room);
	k->rc = k->key.len == 0 ? BQ_ENOTFOUND : terms_find_block(&s->terms, k->key, &k->block);
}

static int find_in_block(const struct segment *s, struct bq_wanted *w, struct seeking *k, struct bq_read *rd)
{
	struct terms_iter it;
	int rc = k->rc == BQ_OK ? terms_find_in(&s->terms, k->block, k->key, &it) : k->rc;

	rc = take_term(s, rc, &it, &w->term, rd);
	if (rc == BQ_ENOTFOUND && w->is_self)
		rc = segment_find(&s->leaf, word_kind(w->kind), w->word, &w->term, rd);
	w->is_found = rc == BQ_OK;
	return rc == BQ_ENOTFOUND ? BQ_OK : rc;
}

/* Step by step for all of them: while one's bytes come from memory, the others'
 * are on their way. */
int segment_find_all(const struct bq_leaf *l, struct bq_wanted *wanted, uint32_t n, struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	struct seeking seeking[BQ_FIND_MAX];
	int rc = BQ_OK;

	for (uint32_t i = 0; i < n; i++)
		find_block_of(s, &wanted[i], &seeking[i]);
	for (uint32_t i = 0; i < n; i++)
		if (seeking[i].rc == BQ_OK)
			terms_fetch_block(&s->terms, seeking[i].block);
	for (uint32_t i = 0; i < n && rc == BQ_OK; i++)
		rc = find_in_block(s, &wanted[i], &seeking[i], rd);
	return rc;
}

/* The state of a walk: the dictionary's own iterator, in the request's arena. */
static struct terms_iter *walk_of(struct bq_terms *it)
{
	return (struct terms_iter *)(uintptr_t)it->priv[0];
}

static bool begin_walk(struct bq_terms *it)
{
	const struct segment *s = segment_of(it->leaf);
	struct terms_iter *walk = bq_arena_alloc(it->read->mem, sizeof *walk);
	char room[TERMS_MAX_KEY];

	if (walk == NULL)
		return false;
	it->priv[0] = (uint64_t)(uintptr_t)walk;
	struct bq_span key = make_key(it->kind, it->prefix, room);
	if (key.len == 0 && it->kind == BQ_TERM_WORD)
		key = BQ_SPAN("\x20"); /* words start here: below are the other kinds */
	if (key.len == 0)
		return false;
	if (terms_seek(&s->terms, key, walk) == BQ_OK)
		return true;
	(void)segment_damaged(s, it->read, "a damaged dictionary block [F13]");
	return false;
}

/* Copy the walk's entry into what the caller sees. */
static bool show_entry(struct bq_terms *it, struct terms_iter *walk)
{
	const struct segment *s = segment_of(it->leaf);
	struct bq_span key = terms_key(walk);
	size_t skip = terms_kind(key) != BQ_TERM_WORD;

	memcpy(it->key, key.ptr + skip, key.len - skip);
	it->key_len = (uint32_t)(key.len - skip);
	it->word = bq_span_make(it->key, it->key_len);
	it->next_ord = walk->next_ord;
	if (walk->entry.tag != TERMS_ALIAS)
		return make_term(s, walk, &it->term, it->read) == BQ_OK;
	struct terms_iter target = *walk;
	return follow_alias(s, &target, it->read) == BQ_OK && make_term(s, &target, &it->term, it->read) == BQ_OK;
}

enum { PASS_AT_ONCE = 1024 }; /* terms; somebody may wait */

/* Whether the walk is at one that the caller does not want. */
static bool is_passed(const struct bq_terms *it, const struct terms_iter *walk)
{
	return walk->entry.tag >= TERMS_ONCE && walk->entry.df < it->least_df;
}

bool segment_terms_next(struct bq_terms *it)
{
	if (it->priv[0] == 0 && !begin_walk(it))
		return false;
	struct terms_iter *walk = walk_of(it);
	for (uint32_t i = 0;; i++, it->n_passed++) {
		int rc = terms_next(walk);
		if (rc == BQ_END)
			return false;
		if (rc != BQ_OK) {
			(void)segment_damaged(segment_of(it->leaf), it->read, "a damaged dictionary block [F13]");
			return false;
		}
		struct bq_span key = terms_key(walk);
		if (terms_kind(key) != it->kind
			|| !bq_span_starts(bq_span_from(key, it->kind != BQ_TERM_WORD), it->prefix))
			return false;
		if (i == PASS_AT_ONCE || !is_passed(it, walk))
			return show_entry(it, walk);
	}
}

int segment_term_at(const struct bq_leaf *l, uint32_t ord, struct bq_terms *out, struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	struct terms_iter walk;

	memset(out, 0, sizeof *out);
	out->leaf = l;
	out->read = rd;
	int rc = seek_ord(s, ord, &walk, rd);
	if (rc != BQ_OK)
		return rc;
	out->kind = (uint8_t)terms_kind(terms_key(&walk));
	return show_entry(out, &walk) ? BQ_OK : BQ_EFORMAT;
}

int segment_forms(const struct bq_leaf *l, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
	struct bq_read *rd)
{
	const struct segment *s = segment_of(l);
	struct terms_iter it;

	*n = 1;
	*out = bq_arena_alloc(rd->mem, sizeof **out);
	if (*out == NULL)
		return BQ_ENOMEM;
	**out = *stem;
	if (!terms_kind_is_stem(stem->kind))
		return BQ_OK;
	int rc = seek_ord(s, stem->ord, &it, rd);
	if (rc != BQ_OK)
		return rc;
	struct bq_reader r = bq_reader_of(it.entry.forms.ptr, it.entry.forms.len);
	uint32_t count = bq_read_varint32(&r);
	if (count == 0 || count > it.entry.forms.len)
		return segment_damaged(s, rd, "a stem without forms [F16]");
	*out = bq_arena_alloc(rd->mem, count * sizeof **out);
	if (*out == NULL)
		return BQ_ENOMEM;
	uint64_t ord = 0;
	for (uint32_t i = 0; i < count && rc == BQ_OK; i++) {
		ord += bq_read_varint32(&r) + (uint64_t)(i != 0);
		rc = ord > UINT32_MAX ? segment_damaged(s, rd, "a stem's form is out of range [F16]")
				      : seek_ord(s, (uint32_t)ord, &it, rd);
		if (rc == BQ_OK)
			rc = make_term(s, &it, &(*out)[i], rd);
	}
	*n = count;
	return rc;
}
