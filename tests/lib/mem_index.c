/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/mem_index.h"

#include <stdio.h>
#include <stdlib.h>

#include "segment/postings.h"

/* One entry of one document, before terms are made of them. */
struct occ {
	uint8_t kind;
	struct bq_span word; /* allocated */
	struct bq_span form; /* of a stem: the written word */
	uint32_t doc, pos;
};

struct posting {
	uint32_t doc, tf;
	uint32_t *pos;
	uint32_t *packed; /* as bq_spot reads them: all numbers of 32 bits */
};

struct mem_term {
	uint8_t kind;
	struct bq_span word;
	struct posting *list;
	uint32_t df;
	uint64_t ttf;
	struct bq_span *forms; /* of a stem */
	uint32_t n_forms;
	bool is_damaged;
};

struct mem_text {
	const struct mem_doc *in;
	uint32_t title_pos, title_words, body_pos, words;
	uint64_t *offs, *lines; /* of each word of the text */
};

struct mem_leaf {
	struct bq_leaf leaf;
	const struct mem_opts *opts;
	struct mem_term *terms;
	struct mem_text *texts;
	struct occ *occs;
	size_t n_occs, max_occs;
	float k[256]; /* of impacts */
};

struct mem_index {
	struct bq_index ix;
	struct mem_opts opts;
};

static void *must(void *p)
{
	if (p == NULL) {
		fputs("mem_index: no memory\n", stderr);
		abort();
	}
	return p;
}

static struct bq_span copy(struct bq_span s)
{
	char *p = must(malloc(s.len + 1));

	memcpy(p, s.ptr, s.len);
	return bq_span_make(p, s.len);
}

/* ---- building ---------------------------------------------------------- */

static void add_occ(struct mem_leaf *l, struct occ o)
{
	if (l->n_occs == l->max_occs) {
		l->max_occs = 2 * l->max_occs + 1024;
		l->occs = must(realloc(l->occs, l->max_occs * sizeof *l->occs));
	}
	o.word = copy(o.word);
	o.form = o.form.len == 0 ? o.form : copy(o.form);
	l->occs[l->n_occs++] = o;
}

/* One word at one position, with its stem; `title`: the lists of titles. */
static void add_word(struct mem_leaf *l, struct bq_text *text, const struct bq_token *t, struct occ at, bool title)
{
	at.kind = title ? BQ_TERM_TITLE : BQ_TERM_WORD;
	at.word = t->word;
	add_occ(l, at);
	at.kind = title ? BQ_TERM_TITLE_STEM : BQ_TERM_STEM;
	at.word = bq_text_stem(text, t->word);
	at.form = t->word;
	add_occ(l, at);
}

static void add_title(struct mem_leaf *l, struct bq_text *text, struct mem_text *m, uint32_t doc)
{
	struct bq_tokens it;
	struct bq_token t;

	for (bq_tokens_init(&it, text, m->in->title, 0); bq_tokens_next(&it, &t); m->title_words++) {
		struct occ at = { .doc = doc, .pos = t.ord };
		add_word(l, text, &t, at, true);
		if (!m->in->title_in_text)
			add_word(l, text, &t, at, false);
	}
	if (!m->in->title_in_text && m->title_words != 0)
		m->body_pos = m->title_words + BQ_TITLE_GAP;
}

static void add_text(struct mem_leaf *l, struct bq_text *text, struct mem_text *m, uint32_t doc)
{
	struct bq_span s = m->in->text;
	uint64_t line = 1, seen = 0;
	struct bq_tokens it;
	struct bq_token t;

	m->offs = must(malloc((s.len + 1) * sizeof *m->offs));
	m->lines = must(malloc((s.len + 1) * sizeof *m->lines));
	for (bq_tokens_init(&it, text, s, 0); bq_tokens_next(&it, &t); m->words++) {
		for (; seen < t.off; seen++)
			line += s.ptr[seen] == '\n';
		m->offs[t.ord] = t.off;
		m->lines[t.ord] = line;
		if (m->in->title_in_text && t.off < m->in->title_off)
			m->title_pos = m->body_pos + t.ord + 1;
		add_word(l, text, &t, (struct occ){ .doc = doc, .pos = m->body_pos + t.ord }, false);
	}
}

static int compare_key(uint8_t ka, struct bq_span a, uint8_t kb, struct bq_span b)
{
	/* words follow all other kinds, as their keys have no number in front */
	if (ka != kb && (ka == 0 || kb == 0))
		return ka == 0 ? 1 : -1;
	if (ka != kb)
		return ka < kb ? -1 : 1;
	return bq_span_cmp(a, b);
}

static int compare_occ(const void *a, const void *b)
{
	const struct occ *x = a, *y = b;
	int c = compare_key(x->kind, x->word, y->kind, y->word);

	if (c != 0)
		return c;
	if (x->doc != y->doc)
		return x->doc < y->doc ? -1 : 1;
	return (x->pos > y->pos) - (x->pos < y->pos);
}

static void add_form(struct mem_term *t, struct bq_span form)
{
	for (uint32_t i = 0; i < t->n_forms; i++)
		if (bq_span_eq(t->forms[i], form))
			return;
	t->forms = must(realloc(t->forms, (t->n_forms + 1) * sizeof *t->forms));
	t->forms[t->n_forms++] = copy(form);
}

static void pack(struct posting *p)
{
	p->packed = must(calloc(p->tf + 2, sizeof *p->packed)); /* two more are readable */
	p->packed[0] = p->pos[0];
	for (uint32_t i = 1; i < p->tf; i++)
		p->packed[i] = p->pos[i] - p->pos[i - 1] - 1;
}

/* Occurrences [0, n) of one term. */
static struct mem_term make_term(const struct occ *o, size_t n)
{
	struct mem_term t = { .kind = o->kind, .word = copy(o->word), .ttf = n };

	for (size_t i = 0; i < n; i++) {
		if (t.df == 0 || t.list[t.df - 1].doc != o[i].doc) {
			t.list = must(realloc(t.list, (t.df + 1) * sizeof *t.list));
			t.list[t.df++] = (struct posting){ .doc = o[i].doc };
		}
		struct posting *p = &t.list[t.df - 1];
		p->pos = must(realloc(p->pos, (p->tf + 1) * sizeof *p->pos));
		p->pos[p->tf++] = o[i].pos;
		if (o[i].form.len != 0)
			add_form(&t, o[i].form);
	}
	for (uint32_t i = 0; i < t.df && t.kind == BQ_TERM_WORD; i++)
		pack(&t.list[i]);
	return t;
}

static void free_term(struct mem_term *t)
{
	for (uint32_t i = 0; i < t->df; i++) {
		free(t->list[i].pos);
		free(t->list[i].packed);
	}
	for (uint32_t i = 0; i < t->n_forms; i++)
		free((void *)(uintptr_t)t->forms[i].ptr);
	free(t->list);
	free(t->forms);
	free((void *)(uintptr_t)t->word.ptr);
}

static void make_terms(struct mem_leaf *l)
{
	if (l->n_occs != 0)
		qsort(l->occs, l->n_occs, sizeof *l->occs, compare_occ);
	for (size_t i = 0, n; i < l->n_occs; i += n) {
		for (n = 1; i + n < l->n_occs && l->occs[i + n].kind == l->occs[i].kind &&
			bq_span_eq(l->occs[i + n].word, l->occs[i].word);)
			n++;
		struct mem_term t = make_term(&l->occs[i], n);
		if (t.n_forms == 1 && bq_span_eq(t.forms[0], t.word)) {
			free_term(&t); /* the word stands for its stem */
			continue;
		}
		l->terms = must(realloc(l->terms, (l->leaf.n_terms + 1) * sizeof *l->terms));
		l->terms[l->leaf.n_terms++] = t;
	}
	for (size_t i = 0; i < l->n_occs; i++) {
		free((void *)(uintptr_t)l->occs[i].word.ptr);
		free((void *)(uintptr_t)l->occs[i].form.ptr);
	}
	free(l->occs);
	l->occs = NULL;
}

/* ---- the boundary ------------------------------------------------------ */

static const struct mem_leaf *leaf_of(const struct bq_leaf *l)
{
	return (const struct mem_leaf *)(const void *)l;
}

static struct bq_term term_value(const struct mem_leaf *l, uint32_t ord)
{
	const struct mem_term *t = &l->terms[ord];

	return (struct bq_term){ .df = t->df, .ttf = t->ttf, .ord = ord, .kind = t->kind, .impact = 255 };
}

static int find(const struct bq_leaf *leaf, enum bq_term_kind kind, struct bq_span word, struct bq_term *out,
	struct bq_read *rd)
{
	const struct mem_leaf *l = leaf_of(leaf);

	(void)rd;
	for (uint32_t i = 0; i < leaf->n_terms; i++) {
		if (l->terms[i].kind == kind && bq_span_eq(l->terms[i].word, word)) {
			*out = term_value(l, i);
			return BQ_OK;
		}
	}
	return BQ_ENOTFOUND;
}

static int term_at(const struct bq_leaf *leaf, uint32_t ord, struct bq_terms *out, struct bq_read *rd)
{
	const struct mem_leaf *l = leaf_of(leaf);

	(void)rd;
	if (ord >= leaf->n_terms)
		return BQ_ENOTFOUND;
	out->term = term_value(l, ord);
	out->kind = l->terms[ord].kind;
	memcpy(out->key, l->terms[ord].word.ptr, l->terms[ord].word.len);
	out->word = bq_span_make(out->key, l->terms[ord].word.len);
	return BQ_OK;
}

static bool terms_next(struct bq_terms *it)
{
	const struct mem_leaf *l = leaf_of(it->leaf);
	uint32_t i = it->next_ord == UINT32_MAX ? 0 : it->next_ord;

	while (i < l->leaf.n_terms &&
		(l->terms[i].kind != it->kind || !bq_span_starts(l->terms[i].word, it->prefix)))
		i++;
	it->next_ord = i + 1;
	return i < l->leaf.n_terms && term_at(it->leaf, i, it, it->read) == BQ_OK;
}

static int forms(const struct bq_leaf *leaf, const struct bq_term *stem, struct bq_term **out, uint32_t *n,
	struct bq_read *rd)
{
	const struct mem_leaf *l = leaf_of(leaf);
	const struct mem_term *t = &l->terms[stem->ord];
	enum bq_term_kind kind = t->kind == BQ_TERM_STEM ? BQ_TERM_WORD : BQ_TERM_TITLE;

	*n = t->n_forms == 0 ? 1 : t->n_forms;
	*out = must(BQ_ARENA_NEW(rd->mem, struct bq_term, *n));
	(*out)[0] = *stem;
	for (uint32_t i = 0; i < t->n_forms; i++)
		if (find(leaf, kind, t->forms[i], &(*out)[i], rd) != BQ_OK)
			abort();
	return BQ_OK;
}

/* A cursor; its block holds postings [from, from + c.n). */
struct mem_cursor {
	struct bq_cursor c;
	const struct mem_term *t;
	uint32_t block_docs, from;
	uint32_t near; /* first posting of the block where bounds are looked up next */
	uint32_t docs[BQ_BLOCK_DOCS], tfs[BQ_BLOCK_DOCS];
	uint32_t *pos; /* a copy, overwritten by the next call */
	uint8_t *bounds; /* two of each block */
};

static bool load(struct mem_cursor *m, uint32_t from)
{
	if (from != 0 && m->t->is_damaged && m->c.read->error.status == BQ_OK)
		bq_error_set(&m->c.read->error, BQ_EFORMAT, from, "a block is damaged");
	if (from >= m->t->df || (from != 0 && m->t->is_damaged))
		return false;
	m->from = from;
	m->c.n = m->t->df - from < m->block_docs ? m->t->df - from : m->block_docs;
	for (uint32_t i = 0; i < m->c.n; i++) {
		m->docs[i] = m->t->list[from + i].doc;
		m->tfs[i] = m->t->list[from + i].tf;
	}
	m->c.last = m->docs[m->c.n - 1];
	return true;
}

static struct mem_cursor *cursor_of(struct bq_cursor *c)
{
	return (struct mem_cursor *)(void *)c;
}

static bool next_block(struct bq_cursor *c)
{
	return load(cursor_of(c), cursor_of(c)->from + c->n);
}

static bool seek_block(struct bq_cursor *c, uint32_t target)
{
	struct mem_cursor *m = cursor_of(c);
	uint32_t from = m->from;

	for (; from < m->t->df; from += m->block_docs) {
		uint32_t end = from + m->block_docs < m->t->df ? from + m->block_docs : m->t->df;
		if (m->t->list[end - 1].doc >= target)
			return load(m, from);
	}
	return false;
}

/* Never asked: next_block() gives them. */
static void load_tfs(struct bq_cursor *c)
{
	c->has_tfs = true;
}

static void rewind_cursor(struct bq_cursor *c)
{
	cursor_of(c)->from = cursor_of(c)->near = 0;
	c->n = c->i = c->doc = 0;
}

/* A document at a time: what fill and hold mean. */
static uint32_t fill(struct bq_cursor *c, uint32_t from, uint32_t to, uint64_t *bits)
{
	uint32_t doc = bq_cursor_seek(c, from);

	for (; doc < to; doc = bq_cursor_seek(c, doc + 1))
		bits[(doc - from) / 64] |= UINT64_C(1) << (doc & 63);
	return doc;
}

static uint32_t hold(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *at, uint32_t *tfs)
{
	uint32_t n_held = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (bq_cursor_seek(c, docs[i]) != docs[i])
			continue;
		if (tfs != NULL)
			tfs[n_held] = bq_cursor_tf(c);
		at[n_held++] = (uint16_t)i;
	}
	return n_held;
}

static const uint32_t *positions(struct bq_cursor *c, uint32_t i, uint32_t *n)
{
	struct mem_cursor *m = cursor_of(c);
	const struct posting *p = &m->t->list[m->from + i];

	*n = 0;
	if (m->t->kind != BQ_TERM_WORD)
		return NULL;
	*n = p->tf;
	memcpy(m->pos, p->pos, p->tf * sizeof *p->pos);
	return m->pos;
}

/* One by one, through seek_block(): the plain meaning of meet. */
static uint32_t meet(struct bq_cursor *c, const uint32_t *docs, uint32_t n, uint16_t *kept, struct bq_spot *spots)
{
	struct mem_cursor *m = cursor_of(c);
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = 0;
		if ((c->n == 0 || c->last < docs[i]) && !seek_block(c, docs[i]))
			break;
		while (m->docs[at] < docs[i])
			at++;
		if (m->docs[at] != docs[i])
			continue;
		const struct posting *p = &m->t->list[m->from + at];
		const uint8_t *packed = (const uint8_t *)p->packed;
		if (spots != NULL)
			spots[n_kept] = (struct bq_spot){ .tf = p->tf, .first = packed,
				.rest = packed == NULL ? NULL : packed + 4, .w0 = 32, .w1 = 32 };
		kept[n_kept++] = (uint16_t)i;
	}
	return n_kept;
}

/* The largest impact of the block that starts at posting `from`. */
static uint8_t largest_impact(const struct mem_cursor *m, uint32_t from)
{
	const struct mem_leaf *l = leaf_of(m->c.leaf);
	uint8_t most = 0;

	for (uint32_t i = from; i < m->t->df && i < from + m->block_docs; i++) {
		const struct posting *p = &m->t->list[i];
		uint8_t impact = postings_impact(p->tf, l->k[l->leaf.norms[p->doc]]);
		most = impact > most ? impact : most;
	}
	return most;
}

static uint32_t last_of_block(const struct mem_cursor *m, uint32_t from)
{
	uint32_t end = from + m->block_docs < m->t->df ? from + m->block_docs : m->t->df;

	return m->t->list[end - 1].doc;
}

static void find_near(struct mem_cursor *m, uint32_t target)
{
	while (m->near < m->t->df && last_of_block(m, m->near) < target)
		m->near += m->block_docs;
}

static uint8_t range_impact(struct bq_cursor *c, uint32_t from, uint32_t to)
{
	struct mem_cursor *m = cursor_of(c);
	uint8_t most = 0;

	find_near(m, from);
	for (uint32_t at = m->near; at < m->t->df && m->t->list[at].doc < to; at += m->block_docs) {
		uint8_t impact = largest_impact(m, at);
		most = impact > most ? impact : most;
	}
	return most;
}

static uint8_t block_impact(struct bq_cursor *c, uint32_t from, uint32_t *last)
{
	struct mem_cursor *m = cursor_of(c);

	find_near(m, from);
	*last = m->near < m->t->df ? last_of_block(m, m->near) : BQ_DOC_END;
	return m->near < m->t->df ? largest_impact(m, m->near) : 0;
}

static bool load_block(struct bq_cursor *c, uint32_t block)
{
	struct mem_cursor *m = cursor_of(c);

	return (uint64_t)block * m->block_docs < m->t->df && load(m, block * m->block_docs);
}

static uint32_t count_blocks(const struct mem_cursor *m)
{
	return (m->t->df + m->block_docs - 1) / m->block_docs;
}

static const uint8_t *block_impacts(const struct bq_cursor *c, uint32_t *n_blocks)
{
	const struct mem_cursor *m = (const struct mem_cursor *)(const void *)c;

	*n_blocks = count_blocks(m);
	return m->bounds;
}

static uint8_t nth_impact(const struct bq_cursor *c, uint32_t n)
{
	const struct mem_cursor *m = (const struct mem_cursor *)(const void *)c;

	for (uint32_t impact = UINT8_MAX; impact != 0; impact--) {
		uint32_t reached = 0;
		for (uint32_t at = 0; at < m->t->df; at += m->block_docs)
			reached += largest_impact(m, at) >= impact;
		if (reached >= n)
			return (uint8_t)impact;
	}
	return 0;
}

static struct bq_cursor *cursor(const struct bq_leaf *leaf, const struct bq_term *t, struct bq_read *rd)
{
	static const struct bq_cursor_ops ops = { next_block, seek_block, load_tfs, load_block, fill, hold,
		rewind_cursor, positions, meet,
		range_impact, block_impact, nth_impact, block_impacts };
	const struct mem_leaf *l = leaf_of(leaf);
	struct mem_cursor *m = BQ_ARENA_NEW(rd->mem, struct mem_cursor, 1);
	uint32_t most = 0;

	if (m == NULL)
		return NULL;
	m->t = &l->terms[t->ord];
	for (uint32_t i = 0; i < m->t->df; i++)
		most = m->t->list[i].tf > most ? m->t->list[i].tf : most;
	m->pos = BQ_ARENA_NEW(rd->mem, uint32_t, most);
	m->block_docs = l->opts->block_docs;
	m->c = (struct bq_cursor){ .ops = &ops, .leaf = leaf, .read = rd, .term = *t, .docs = m->docs, .tfs = m->tfs,
		.has_tfs = true };
	m->bounds = BQ_ARENA_NEW(rd->mem, uint8_t, 2 * (size_t)count_blocks(m));
	if (m->pos == NULL || m->bounds == NULL)
		return NULL;
	for (uint32_t i = 0; i < count_blocks(m); i++)
		m->bounds[2 * i] = m->bounds[2 * i + 1] = largest_impact(m, i * m->block_docs);
	return &m->c;
}

static int head(const struct bq_leaf *leaf, uint32_t doc, struct bq_doc_head *out, struct bq_read *rd)
{
	const struct mem_text *m = &leaf_of(leaf)->texts[doc];

	(void)rd;
	*out = (struct bq_doc_head){
		.id = m->in->id,
		.path = m->in->path,
		.title = m->in->title,
		.title_in_text = m->in->title_in_text,
		.title_pos = m->title_pos,
		.title_words = m->title_words,
		.body_pos = m->body_pos,
		.words = m->words,
		.text_bytes = m->in->text.len,
		.mtime_us = m->in->mtime_us,
		.file_bytes = -1,
		.priv[0] = doc,
	};
	return BQ_OK;
}

static int text(const struct bq_leaf *leaf, const struct bq_doc_head *h, uint64_t off, uint64_t len,
	struct bq_span *out, struct bq_read *rd)
{
	struct bq_span s = leaf_of(leaf)->texts[h->priv[0]].in->text;

	if (leaf_of(leaf)->opts->no_store)
		return BQ_ENOTFOUND;
	*out = bq_arena_dup(rd->mem, bq_span_first(bq_span_from(s, off), len));
	return BQ_OK;
}

static int fields(const struct bq_leaf *leaf, const struct bq_doc_head *h, struct bq_span *out, struct bq_read *rd)
{
	(void)leaf;
	(void)h;
	(void)rd;
	*out = (struct bq_span){ NULL, 0 };
	return BQ_OK;
}

static int mark(const struct bq_leaf *leaf, const struct bq_doc_head *h, uint32_t ord, struct bq_mark *out,
	struct bq_read *rd)
{
	const struct mem_leaf *l = leaf_of(leaf);
	const struct mem_text *m = &l->texts[h->priv[0]];
	uint32_t at = ord < m->words ? ord / l->opts->mark_words * l->opts->mark_words : 0;

	(void)rd;
	*out = at == 0 ? (struct bq_mark){ 0, 0, 1 } : (struct bq_mark){ at, m->offs[at], m->lines[at] };
	return BQ_OK;
}

static bool ready(const struct bq_leaf *leaf, struct bq_spot *spots, uint32_t n, struct bq_read *rd)
{
	(void)leaf;
	(void)spots;
	(void)n;
	(void)rd;
	return true;
}

static const struct bq_leaf_ops leaf_ops = { find, term_at, terms_next, forms, cursor, head, text, fields, mark, NULL,
	ready };

/* ---- the whole --------------------------------------------------------- */

static struct bq_leaf *make_leaf(const struct mem_index *mi, struct bq_text *analyser, const struct mem_doc *docs,
	uint32_t n)
{
	struct mem_leaf *l = must(calloc(1, sizeof *l));
	uint8_t *norms = must(calloc(1, n + 64));
	uint64_t *dead = must(calloc(n / 64 + 1, sizeof *dead));

	l->opts = &mi->opts;
	l->texts = must(calloc(n, sizeof *l->texts));
	l->leaf.ops = &leaf_ops;
	l->leaf.n_docs = n;
	l->leaf.norms = norms;
	l->leaf.dead = dead;
	for (uint32_t i = 0; i < n; i++) {
		struct mem_text *m = &l->texts[i];
		m->in = &docs[i];
		add_title(l, analyser, m, i);
		add_text(l, analyser, m, i);
		uint32_t len = m->words + (docs[i].title_in_text ? 0 : m->title_words);
		norms[i] = bq_len_encode(len);
		l->leaf.n_tokens += len;
		l->leaf.n_dead += docs[i].is_dead;
		dead[i >> 6] |= (uint64_t)docs[i].is_dead << (i & 63);
	}
	make_terms(l);
	l->leaf.k1 = mi->opts.k1;
	l->leaf.b = mi->opts.b;
	l->leaf.avg_len = n == 0 || l->leaf.n_tokens == 0 ? 1 : (float)((double)l->leaf.n_tokens / n);
	bq_length_norms(l->leaf.k1, l->leaf.b, l->leaf.avg_len, l->k);
	return &l->leaf;
}

static void free_leaf(struct bq_leaf *leaf)
{
	struct mem_leaf *l = (struct mem_leaf *)(void *)leaf;

	for (uint32_t i = 0; i < leaf->n_terms; i++)
		free_term(&l->terms[i]);
	for (uint32_t i = 0; i < leaf->n_docs; i++) {
		free(l->texts[i].offs);
		free(l->texts[i].lines);
	}
	free(l->terms);
	free(l->texts);
	free((void *)(uintptr_t)leaf->norms);
	free((void *)(uintptr_t)leaf->dead);
	free(l);
}

struct bq_index *mem_index_new(const struct mem_doc *docs, uint32_t n, const struct mem_opts *opts)
{
	struct mem_index *mi = must(calloc(1, sizeof *mi));
	struct bq_index *ix = &mi->ix;
	struct bq_text *analyser;
	struct bq_error err;

	mi->opts = *opts;
	if (opts->k1 == 0 && opts->b == 0) {
		mi->opts.k1 = 0.9f;
		mi->opts.b = 0.4f;
	}
	mi->opts.block_docs = opts->block_docs == 0 ? 3 : opts->block_docs;
	mi->opts.mark_words = opts->mark_words == 0 ? 5 : opts->mark_words;
	if (bq_text_new(&opts->text, &analyser, &err) != BQ_OK)
		abort();
	uint32_t per_leaf = opts->leaf_docs == 0 || opts->leaf_docs > n ? n : opts->leaf_docs;
	ix->leaves = must(calloc(n + 1, sizeof(struct bq_leaf *)));
	for (uint32_t from = 0; from < n; from += per_leaf) {
		uint32_t many = n - from < per_leaf ? n - from : per_leaf;
		struct bq_leaf *l = make_leaf(mi, analyser, docs + from, many);
		ix->leaves[ix->n_leaves++] = l;
		ix->n_docs += l->n_docs;
		ix->n_live += l->n_docs - l->n_dead;
		ix->n_tokens += l->n_tokens;
	}
	ix->gen = opts->gen;
	ix->k1 = mi->opts.k1;
	ix->b = mi->opts.b;
	ix->avg_len = ix->n_docs == 0 ? 1 : (float)((double)ix->n_tokens / (double)ix->n_docs);
	ix->text = opts->text;
	ix->text_id = bq_text_id(analyser);
	ix->dir = "memory";
	bq_text_free(analyser);
	return ix;
}

void mem_index_free(struct bq_index *ix)
{
	if (ix == NULL)
		return;
	for (uint32_t i = 0; i < ix->n_leaves; i++)
		free_leaf(ix->leaves[i]);
	free(ix->leaves);
	free(ix);
}

void mem_index_damage(struct bq_index *ix, const char *word)
{
	for (uint32_t i = 0; i < ix->n_leaves; i++) {
		struct mem_leaf *l = (struct mem_leaf *)(void *)ix->leaves[i];
		for (uint32_t t = 0; t < l->leaf.n_terms; t++)
			l->terms[t].is_damaged |= bq_span_eq(l->terms[t].word, bq_span_of(word));
	}
}
