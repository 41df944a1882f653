/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words of a kind as Xapian's terms: see naming.h.
 */
#include <stdlib.h>

#include "xapian/engine/naming.h"
#include "xapian/engine/shard.h"

enum { BATCH = 256, MAX_FORMS = 4096, MIN_SHARED = 3 };

/* The term of a word, in the arena; len 0 if there can be none. */
static struct xapian_c_bytes make_key(enum bq_term_kind kind, struct bq_span word, struct bq_arena *mem)
{
	const char *prefix = naming_prefix(kind);
	struct xapian_c_bytes key = { NULL, 0 };
	size_t n = prefix == NULL ? 0 : strlen(prefix);

	if (prefix == NULL || word.len + n > NAMING_MAX_TERM)
		return key;
	char *p = bq_arena_alloc(mem, word.len + n + 1);
	if (p == NULL)
		return key;
	memcpy(p, prefix, n);
	if (word.len != 0)
		memcpy(p + n, word.ptr, word.len);
	key.ptr = p;
	key.len = word.len + n;
	return key;
}

static void fill_term(struct bq_term *t, enum bq_term_kind kind, struct xapian_c_bytes key,
	const struct xapian_c_term_counts *c)
{
	memset(t, 0, sizeof *t);
	t->df = c->documents;
	t->ttf = c->occurrences < c->documents ? c->documents : c->occurrences; /* filters count nothing */
	t->kind = (uint8_t)kind;
	t->impact = UINT8_MAX;
	t->priv[SHARD_PRIV_KEY] = (uint64_t)(uintptr_t)key.ptr;
	t->priv[SHARD_PRIV_KEY_LEN] = key.len;
}

/* With the lock held: BQ_ENOTFOUND, or what went wrong in rd->error. */
static int find_key(struct shard *s, enum bq_term_kind kind, struct xapian_c_bytes key, struct bq_term *out,
	struct bq_read *rd)
{
	struct xapian_c_term_counts c;
	struct xapian_c_error x;

	if (xapian_c_database_count_term(s->db, key, &c, &x) < 0)
		return shard_failed(s, rd, &x);
	if (c.documents == 0)
		return BQ_ENOTFOUND;
	fill_term(out, kind, key, &c);
	return BQ_OK;
}

int shard_find(const struct bq_leaf *l, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
	struct bq_read *rd)
{
	struct shard *s = shard_of(l);
	struct xapian_c_bytes key = make_key(kind, word, rd->mem);

	if (rd->mem->oom)
		return BQ_ENOMEM;
	if (key.len == 0)
		return BQ_ENOTFOUND;
	(void)pthread_mutex_lock(&s->lock);
	int rc = find_key(s, kind, key, out, rd);
	(void)pthread_mutex_unlock(&s->lock);
	return rc;
}

/* Places in the dictionary mean nothing here. */
int shard_term_at(const struct bq_leaf *l, uint32_t ord, struct bq_terms *out, struct bq_read *rd)
{
	(void)l;
	(void)ord;
	(void)out;
	(void)rd;
	return BQ_ENOTFOUND;
}

/* ---- walks ---------------------------------------------------------------------- */

/* A walk reads BATCH terms with the lock and hands them out without it; the next
 * batch begins behind `last`.  No Xapian list outlives the lock. */
struct term_walk {
	struct bq_term terms[BATCH];
	uint32_t n, i;
	bool is_at_end;
	struct xapian_c_bytes prefix, last;
};

/* A word begins with no capital letter: those are prefixes. */
static bool is_of_kind(enum bq_term_kind kind, struct xapian_c_bytes key)
{
	size_t n = strlen(naming_prefix(kind));

	return key.len > n && key.len - n <= BQ_WORD_MAX && !(key.ptr[n] >= 'A' && key.ptr[n] <= 'Z');
}

/* Read on in an open list, past `last`. */
static int read_terms(struct shard *s, struct bq_terms *it, struct term_walk *w, struct xapian_c_terms *t,
	struct xapian_c_error *x)
{
	struct xapian_c_term out[BATCH];
	int n = BATCH;

	w->n = w->i = 0;
	while (w->n == 0 && n == BATCH) {
		n = xapian_c_terms_read(t, out, BATCH, x);
		for (int i = 0; i < n; i++) {
			bool is_last = out[i].text.len == w->last.len && w->last.len != 0 &&
				memcmp(out[i].text.ptr, w->last.ptr, w->last.len) == 0;
			if (is_last || !is_of_kind(it->kind, out[i].text))
				continue;
			struct bq_span copy = bq_arena_dup(it->read->mem, bq_span_make(out[i].text.ptr, out[i].text.len));
			struct xapian_c_bytes key = { copy.ptr, copy.len };
			struct xapian_c_term_counts c;
			if (copy.ptr == NULL)
				return 0;
			int rc = xapian_c_database_count_term(s->db, key, &c, x);
			if (rc < 0)
				return rc;
			fill_term(&w->terms[w->n++], it->kind, key, &c);
		}
	}
	w->is_at_end = n < BATCH;
	if (w->n != 0)
		w->last = shard_key(&w->terms[w->n - 1]);
	return n < 0 ? n : 0;
}

/* With the lock held. */
static int fill_walk(struct shard *s, struct bq_terms *it, struct term_walk *w, struct xapian_c_error *x)
{
	struct xapian_c_terms *t;
	int rc = xapian_c_terms_of_database(s->db, w->prefix, &t, x);

	if (rc != XAPIAN_C_OK)
		return rc;
	if (w->last.len != 0)
		rc = xapian_c_terms_seek(t, w->last, x);
	if (rc == XAPIAN_C_OK)
		rc = read_terms(s, it, w, t, x);
	xapian_c_terms_free(t);
	return rc;
}

static struct term_walk *begin_walk(struct bq_terms *it)
{
	struct term_walk *w = BQ_ARENA_NEW(it->read->mem, struct term_walk, 1);

	if (w == NULL || naming_prefix(it->kind) == NULL)
		return NULL;
	w->prefix = make_key(it->kind, it->prefix, it->read->mem);
	it->priv[0] = (uint64_t)(uintptr_t)w;
	return w;
}

bool shard_terms_next(struct bq_terms *it)
{
	struct shard *s = shard_of(it->leaf);
	struct term_walk *w = (struct term_walk *)(uintptr_t)it->priv[0];
	struct xapian_c_error x;

	if (w == NULL)
		w = begin_walk(it);
	if (w == NULL || it->read->mem->oom)
		return false;
	if (w->i == w->n) {
		if (w->is_at_end)
			return false;
		(void)pthread_mutex_lock(&s->lock);
		int rc = fill_walk(s, it, w, &x);
		(void)pthread_mutex_unlock(&s->lock);
		if (rc < 0)
			(void)shard_failed(s, it->read, &x);
		if (rc < 0 || w->n == 0)
			return false;
	}
	it->term = w->terms[w->i++];
	struct xapian_c_bytes key = shard_key(&it->term);
	size_t skip = strlen(naming_prefix(it->kind));
	it->key_len = (uint32_t)(key.len - skip);
	memcpy(it->key, key.ptr + skip, it->key_len);
	it->word = bq_span_make(it->key, it->key_len);
	return true;
}

/* ---- forms ------------------------------------------------------------------------ */

/* The forms found so far. */
struct forms {
	struct bq_term *terms;
	uint32_t n;
};

/* One more word, if the shard has it, and has it only once. */
static int add_form(struct shard *s, enum bq_term_kind kind, struct bq_span word, struct forms *f, struct bq_read *rd)
{
	struct xapian_c_bytes key = make_key(kind, word, rd->mem);
	struct bq_term t;

	if (key.len == 0 || f->n == MAX_FORMS)
		return BQ_OK;
	for (uint32_t i = 0; i < f->n; i++) {
		struct xapian_c_bytes other = shard_key(&f->terms[i]);
		if (other.len == key.len && memcmp(other.ptr, key.ptr, key.len) == 0)
			return BQ_OK;
	}
	int rc = find_key(s, kind, key, &t, rd);
	if (rc == BQ_OK)
		f->terms[f->n++] = t;
	return rc == BQ_ENOTFOUND ? BQ_OK : rc;
}

/* Ours: the synonyms of the stem's term. */
static int find_synonyms(struct shard *s, enum bq_term_kind kind, struct bq_span stem, struct forms *f,
	struct bq_read *rd)
{
	struct xapian_c_bytes key = make_key(BQ_TERM_STEM, stem, rd->mem);
	struct xapian_c_term out;
	struct xapian_c_terms *t;
	struct xapian_c_error x;
	int rc = BQ_OK, n = key.len == 0 ? XAPIAN_C_OK : xapian_c_terms_of_synonyms(s->db, key, &t, &x);

	if (n != XAPIAN_C_OK)
		return shard_failed(s, rd, &x);
	if (key.len == 0)
		return BQ_ENOMEM;
	while (rc == BQ_OK && (n = xapian_c_terms_read(t, &out, 1, &x)) > 0)
		rc = add_form(s, kind, bq_span_make(out.text.ptr, out.text.len), f, rd);
	xapian_c_terms_free(t);
	return n < 0 ? shard_failed(s, rd, &x) : rc;
}

/* Others': words that begin as the stem does and have it; forms with other
 * letters there are not found. */
static int scan_words(struct shard *s, enum bq_term_kind kind, struct bq_span stem, struct forms *f, struct bq_read *rd)
{
	size_t n_shared = stem.len < MIN_SHARED ? stem.len : MIN_SHARED;
	struct xapian_c_term out;
	struct xapian_c_terms *t;
	struct xapian_c_error x;
	int rc = BQ_OK, n;

	while (n_shared < stem.len && ((unsigned char)stem.ptr[n_shared] & 0xc0) == 0x80)
		n_shared++;
	struct xapian_c_bytes prefix = { stem.ptr, n_shared };
	n = xapian_c_terms_of_database(s->db, prefix, &t, &x);
	if (n != XAPIAN_C_OK)
		return shard_failed(s, rd, &x);
	while (rc == BQ_OK && (n = xapian_c_terms_read(t, &out, 1, &x)) > 0) {
		struct bq_span word = bq_span_make(out.text.ptr, out.text.len);
		if (word.len <= BQ_WORD_MAX && bq_span_eq(bq_text_stem(s->text, word), stem))
			rc = add_form(s, kind, word, f, rd);
	}
	xapian_c_terms_free(t);
	return n < 0 ? shard_failed(s, rd, &x) : rc;
}

int shard_forms(const struct bq_leaf *l, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
	struct bq_read *rd)
{
	struct shard *s = shard_of(l);
	bool is_title = stem->kind == BQ_TERM_TITLE_STEM;
	enum bq_term_kind kind = is_title ? BQ_TERM_TITLE : BQ_TERM_WORD;
	struct xapian_c_bytes key = shard_key(stem);
	struct forms f = { BQ_ARENA_NEW(rd->mem, struct bq_term, MAX_FORMS), 1 };

	if (f.terms == NULL)
		return BQ_ENOMEM;
	*out = f.terms;
	*n = 1;
	f.terms[0] = *stem;
	if (stem->kind != BQ_TERM_STEM && !is_title)
		return BQ_OK;
	size_t skip = strlen(naming_prefix(stem->kind));
	struct bq_span text = bq_span_make(key.ptr + skip, key.len - skip);
	f.n = 0;
	(void)pthread_mutex_lock(&s->lock);
	int rc = add_form(s, kind, text, &f, rd);
	if (rc == BQ_OK)
		rc = s->is_ours ? find_synonyms(s, kind, text, &f, rd) : scan_words(s, kind, text, &f, rd);
	(void)pthread_mutex_unlock(&s->lock);
	*n = f.n;
	return rc;
}
