/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/page.h"

#include <stdlib.h>

enum { FIRST_FORMS = 1024, FIRST_ROOM = 4 };

/* ---- documents -------------------------------------------------------------------- */

static int compare_place(uint32_t leaf, uint32_t doc, const struct page_doc *d)
{
	if (leaf != d->leaf)
		return leaf < d->leaf ? -1 : 1;
	return (doc > d->doc) - (doc < d->doc);
}

const struct page_doc *page_find(const struct page *p, uint32_t leaf, uint32_t doc)
{
	uint32_t from = 0, to = p->n_docs;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;
		int c = compare_place(leaf, doc, &p->docs[mid]);
		if (c == 0)
			return &p->docs[mid];
		if (c < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}

void page_forget(struct page *p)
{
	bq_arena_reset(&p->fetched);
	p->docs = NULL;
	p->n_docs = 0;
}

/* Why a document is not here although it was asked for. */
static int explain_absence(const struct page *p, uint32_t shard, struct bq_error *err)
{
	const char *at = p->remote->cluster.shards[shard].address.text;

	if (!p->has_failed[shard])
		return bq_error_set(err, BQ_ENOTFOUND, 0, "no such document");
	if (cluster_is_replaced(&p->remote->cluster, shard))
		return bq_error_set(err, BQ_EGONE, 0, "%.80s serves another generation now", at);
	return bq_error_set(err, BQ_EREMOTE, 0, "%.80s: %.120s", at, p->why[shard]);
}

/* A document of this copy; asked for alone if it was not fetched with others. */
static int open_doc(const struct bq_leaf *leaf, uint32_t doc, const struct page_doc **out, struct bq_read *rd)
{
	const struct page_leaf *l = (const struct page_leaf *)(const void *)leaf;
	struct page *p = l->page;
	struct bq_remote_hit hit = { l->number, doc, 0 };
	struct bq_error err = { 0 };

	if (p == NULL)
		return bq_error_set(&rd->error, BQ_EUSAGE, 0, "a remote index is read by way of a copy");
	*out = page_find(p, l->number, doc);
	if (*out != NULL)
		return BQ_OK;
	int rc = bq_remote_fetch(&p->index, &hit, 1, &err);
	*out = rc == BQ_OK ? page_find(p, l->number, doc) : NULL;
	if (rc == BQ_OK && *out == NULL)
		rc = explain_absence(p, l->number, &err);
	if (rc != BQ_OK && rd->error.status == BQ_OK)
		rd->error = err;
	return rc;
}

static int head(const struct bq_leaf *l, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd)
{
	const struct page_doc *d;
	int rc = open_doc(l, doc, &d, rd);

	if (rc != BQ_OK)
		return rc;
	*out = d->record.head;
	out->priv[0] = doc;
	return BQ_OK;
}

static int text(const struct bq_leaf *l, const struct bq_doc_head *h, uint64_t off, uint64_t len, struct bq_span *out,
	struct bq_read *rd)
{
	const struct page_doc *d;
	int rc = open_doc(l, (uint32_t)h->priv[0], &d, rd);

	*out = BQ_SPAN("");
	if (rc != BQ_OK)
		return rc == BQ_ENOTFOUND ? BQ_EIO : rc;
	struct bq_span all = d->record.text;
	off = off > all.len ? all.len : off;
	len = len > all.len - off ? all.len - off : len;
	/* A copy: the document is forgotten when others are fetched. */
	*out = bq_arena_dup(rd->mem, bq_span_first(bq_span_from(all, (size_t)off), (size_t)len));
	return rd->mem->oom ? BQ_ENOMEM : BQ_OK;
}

static int fields(const struct bq_leaf *l, const struct bq_doc_head *h, struct bq_span *out, struct bq_read *rd)
{
	const struct page_doc *d;
	int rc = open_doc(l, (uint32_t)h->priv[0], &d, rd);

	*out = rc == BQ_OK ? d->record.fields : BQ_SPAN("");
	return rc;
}

static int mark(const struct bq_leaf *l, const struct bq_doc_head *h, uint32_t ord, struct bq_mark *out,
	struct bq_read *rd)
{
	const struct page_doc *d;
	int rc = open_doc(l, (uint32_t)h->priv[0], &d, rd);

	*out = (struct bq_mark){ 0, 0, 1 };
	if (rc != BQ_OK)
		return rc;
	if (record_mark(d->marks, h, ord, out))
		return BQ_OK;
	return bq_error_set(&rd->error, BQ_EFORMAT, 0, "a document's marks are not what bqindex wrote");
}

const struct bq_leaf_ops page_leaf_ops = {
	.find = page_find_term,
	.term_at = page_term_at,
	.terms_next = page_terms_next,
	.forms = page_forms,
	.cursor = page_cursor,
	.head = head,
	.text = text,
	.fields = fields,
	.mark = mark,
	.ready = page_ready,
};

/* ---- which words ------------------------------------------------------------------- */

static uint32_t hash_of(struct bq_span word)
{
	uint32_t h = 0x811c9dc5u;

	for (size_t i = 0; i < word.len; i++)
		h = (h ^ (uint8_t)word.ptr[i]) * 0x01000193u;
	return h;
}

static bool is_wanted(const struct page *p, struct bq_span word, struct bq_span stem)
{
	for (uint32_t i = 0; i < p->n_wants; i++) {
		const struct page_want *w = &p->wants[i];
		bool is_stem = w->kind == BQ_TERM_STEM || w->kind == BQ_TERM_TITLE_STEM;
		if (w->is_prefix ? bq_span_starts(word, w->word) : bq_span_eq(is_stem ? stem : word, w->word))
			return true;
	}
	return false;
}

static struct page_form **slot_of(struct page *p, struct bq_span word)
{
	uint32_t i = hash_of(word) & (p->max_forms - 1);

	while (p->forms[i] != NULL && !bq_span_eq(p->forms[i]->word, word))
		i = (i + 1) & (p->max_forms - 1);
	return &p->forms[i];
}

static bool grow_forms(struct page *p)
{
	struct page_form **old = p->forms;
	uint32_t max = p->max_forms;

	if (2 * p->n_forms < max)
		return true;
	p->max_forms = max == 0 ? FIRST_FORMS : 2 * max;
	p->forms = BQ_ARENA_NEW(&p->mem, struct page_form *, p->max_forms);
	if (p->forms == NULL) {
		p->max_forms = 0;
		return false;
	}
	for (uint32_t i = 0; i < max; i++)
		if (old[i] != NULL)
			*slot_of(p, old[i]->word) = old[i];
	return true;
}

static void *widen(struct bq_arena *mem, void *old, uint32_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return old;
	uint32_t more = *cap == 0 ? FIRST_ROOM : 2 * *cap;
	void *p = bq_arena_alloc(mem, more * size);
	if (p == NULL)
		return NULL;
	if (n != 0)
		memcpy(p, old, n * size);
	*cap = more;
	return p;
}

/* Keep a form that is wanted. */
static bool keep_wanted(struct page *p, struct page_form *f, struct bq_span stem)
{
	struct page_form **all = widen(&p->mem, p->wanted, p->n_wanted, &p->max_wanted, sizeof *all);

	if (all == NULL)
		return false;
	p->wanted = all;
	all[p->n_wanted++] = f;
	f->stem = bq_arena_dup(&p->mem, stem);
	return true;
}

/* What is known of a word; NULL without memory. */
static struct page_form *form_of(struct page *p, struct bq_span word)
{
	if (!grow_forms(p))
		return NULL;
	struct page_form **slot = slot_of(p, word);
	if (*slot != NULL)
		return *slot;
	struct page_form *f = BQ_ARENA_NEW(&p->mem, struct page_form, 1);
	if (f == NULL)
		return NULL;
	struct bq_span stem = bq_text_stem(p->text, word);
	f->is_wanted = is_wanted(p, word, stem);
	f->word = bq_arena_dup(&p->mem, word);
	if (f->is_wanted && !keep_wanted(p, f, stem))
		return NULL;
	*slot = f;
	p->n_forms++;
	return p->mem.oom ? NULL : f;
}

/* ---- analysing ------------------------------------------------------------------------ */

/* The posting of document `d`, which is the one at hand. */
static struct page_posting *posting_of(struct page *p, struct page_form *f, const struct page_doc *d)
{
	struct page_posting *last = f->n == 0 ? NULL : &f->postings[f->n - 1];

	if (last != NULL && last->leaf == d->leaf && last->doc == d->doc)
		return last;
	struct page_posting *all = widen(&p->mem, f->postings, f->n, &f->cap, sizeof *all);
	if (all == NULL)
		return NULL;
	f->postings = all;
	all[f->n] = (struct page_posting){ .leaf = d->leaf, .doc = d->doc };
	return &all[f->n++];
}

static bool add_token(struct page *p, const struct page_doc *d, const struct bq_token *t, uint32_t pos, bool is_title)
{
	if (t->word.len == 0 || !p->may_begin[(uint8_t)t->word.ptr[0]])
		return true;
	struct page_form *f = form_of(p, t->word);
	if (f == NULL || !f->is_wanted)
		return f != NULL;
	struct page_posting *at = posting_of(p, f, d);
	uint32_t *positions = at == NULL ? NULL : widen(&p->mem, at->positions, at->tf, &at->cap, sizeof *positions);
	if (positions == NULL)
		return false;
	at->positions = positions;
	positions[at->tf++] = pos;
	at->title_tf += is_title;
	return true;
}

/* Words at the positions that write/xapian_build.c gave them. */
static bool analyse_doc(struct page *p, const struct page_doc *d)
{
	const struct bq_doc_head *h = &d->record.head;
	struct bq_tokens it;
	struct bq_token t;

	if (!h->title_in_text)
		for (bq_tokens_init(&it, p->text, h->title, 0); bq_tokens_next(&it, &t);)
			if (!add_token(p, d, &t, t.ord, true))
				return false;
	for (bq_tokens_init(&it, p->text, d->record.text, 0); bq_tokens_next(&it, &t);) {
		uint32_t pos = h->body_pos + t.ord;
		bool is_title = h->title_in_text && pos >= h->title_pos && pos - h->title_pos < h->title_words;
		if (!add_token(p, d, &t, pos, is_title))
			return false;
	}
	return true;
}

bool page_analyse(struct page *p)
{
	for (uint32_t i = 0; i < p->n_wanted; i++)
		p->wanted[i]->n = p->wanted[i]->cap = 0;
	for (uint32_t i = 0; p->text != NULL && i < p->n_docs; i++)
		if (!analyse_doc(p, &p->docs[i]))
			return false;
	return true;
}
