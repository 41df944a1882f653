/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/merged.h"

#include <stdlib.h>
#include <string.h>

static struct merged *merged_of(const struct vocabulary *v)
{
	return (struct merged *)(uintptr_t)v;
}

/* ---- document numbers -------------------------------------------------- */

static bool count_ranks(struct merge_input *in)
{
	uint32_t n_docs = in->segment->leaf.n_docs, words = (n_docs + 63) / 64, n_dead = 0;

	if (in->dead == NULL) {
		in->n_live = n_docs;
		return true;
	}
	in->ranks = malloc((words + 1ull) * sizeof *in->ranks);
	for (uint32_t i = 0; in->ranks != NULL && i < words; i++) {
		in->ranks[i] = n_dead;
		n_dead += (uint32_t)__builtin_popcountll(in->dead[i]);
	}
	in->n_live = n_docs - n_dead;
	return in->ranks != NULL;
}

int merge_number(struct merge_input *in, uint32_t n, struct bq_error *err)
{
	uint64_t base = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!count_ranks(&in[i]))
			return bq_error_set(err, BQ_ENOMEM, 0, "no memory to number documents");
		in[i].base = (uint32_t)base;
		base += in[i].n_live;
		if (base > BQ_MAX_DOCS)
			return bq_error_set(err, BQ_ELIMIT, 0, "more documents than one segment holds");
	}
	return BQ_OK;
}

void merge_unnumber(struct merge_input *in, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		free(in[i].ranks);
		in[i].ranks = NULL;
	}
}

/* The number of live document `doc` in the result. */
static uint32_t renumber(const struct merge_input *in, uint32_t doc)
{
	uint64_t before;

	if (in->dead == NULL)
		return in->base + doc;
	before = in->dead[doc >> 6] & ((UINT64_C(1) << (doc & 63)) - 1);
	return in->base + doc - in->ranks[doc >> 6] - (uint32_t)__builtin_popcountll(before);
}

/* So many bytes have been read: let the files' pages go when it is time. */
static void count_read(struct merged *m, uint64_t bytes)
{
	m->read_bytes += bytes;
	if (m->read_bytes <= m->keep_bytes)
		return;
	for (uint32_t i = 0; i < m->n_inputs; i++)
		mapfile_forget(&m->inputs[i].segment->map);
	m->read_bytes = 0;
}

/* ---- collecting words -------------------------------------------------- */

/* The dictionaries of all inputs, walked side by side. */
struct gather {
	struct merged *m;
	struct terms_iter at[MERGED_MAX]; /* the entry that is next */
	bool at_end[MERGED_MAX];
};

static int damaged(struct merged *m, uint32_t i)
{
	return segment_damaged(m->inputs[i].segment, &m->read, "a damaged dictionary block [F13]");
}

/* The next written word of input `i`: stems are made anew. */
static int advance(struct gather *g, uint32_t i)
{
	int rc;

	do
		rc = terms_next(&g->at[i]);
	while (rc == BQ_OK && terms_kind_is_stem(terms_kind(terms_key(&g->at[i]))));
	g->at_end[i] = rc == BQ_END;
	return rc == BQ_EFORMAT ? damaged(g->m, i) : BQ_OK;
}

static int start_gather(struct gather *g)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < g->m->n_inputs && rc == BQ_OK; i++) {
		g->at_end[i] = true;
		if (terms_seek(&g->m->inputs[i].segment->terms, BQ_SPAN(""), &g->at[i]) != BQ_OK)
			rc = damaged(g->m, i);
		else
			rc = advance(g, i);
	}
	return rc;
}

/* The inputs whose next word is the smallest, a bit each; 0 at the end of all. */
static uint32_t find_smallest(const struct gather *g)
{
	struct bq_span least = { NULL, 0 };
	uint32_t bits = 0;

	for (uint32_t i = 0; i < g->m->n_inputs; i++) {
		int c;
		if (g->at_end[i])
			continue;
		c = bits == 0 ? -1 : bq_span_cmp(terms_key(&g->at[i]), least);
		if (c < 0)
			least = terms_key(&g->at[i]);
		if (c <= 0)
			bits = (c < 0 ? 0 : bits) | 1u << i;
	}
	return bits;
}

static bool find_word(struct merged *m, uint32_t input, enum bq_term_kind kind, struct bq_span word, struct bq_term *out)
{
	int rc = bq_leaf_find(&m->inputs[input].segment->leaf, kind, word, out, &m->read);

	if (rc == BQ_ENOTFOUND)
		(void)segment_damaged(m->inputs[input].segment, &m->read, "a word is not found again [F13]");
	return rc == BQ_OK;
}

static struct bq_cursor *open_list(struct merged *m, uint32_t input, enum bq_term_kind kind, struct bq_span word)
{
	struct bq_term t;

	return find_word(m, input, kind, word, &t) ? bq_cursor_open(&m->inputs[input].segment->leaf, &t, &m->read) : NULL;
}

/* Whether any document of the word is alive in input `i`. */
static bool is_alive(struct merged *m, uint32_t i, enum bq_term_kind kind, struct bq_span word)
{
	const struct merge_input *in = &m->inputs[i];
	struct bq_cursor *c;
	uint32_t doc;

	if (in->dead == NULL)
		return true;
	if (!m->mem.oom) /* sticky: merged_init() asks */
		bq_arena_reset(&m->mem);
	c = open_list(m, i, kind, word);
	if (c == NULL)
		return false;
	do
		doc = bq_cursor_next(c);
	while (doc != BQ_DOC_END && merge_is_dead(in, doc));
	return doc != BQ_DOC_END;
}

static void add_entry(struct merged *m, uint32_t inputs)
{
	struct merged_entry e = { (uint32_t)m->words.len, inputs };

	bq_buf_put(&m->entries, &e, sizeof e);
}

/* Take over the word that `bits` have in common, if it is alive. */
static void add_word(struct gather *g, uint32_t bits)
{
	struct merged *m = g->m;
	struct bq_span key = terms_key(&g->at[__builtin_ctz(bits)]);
	enum bq_term_kind kind = (enum bq_term_kind)terms_kind(key);
	struct bq_span word = bq_span_from(key, kind != BQ_TERM_WORD);
	uint32_t alive = 0;

	for (uint32_t i = 0; i < m->n_inputs; i++)
		if ((bits >> i & 1) != 0 && is_alive(m, i, kind, word))
			alive |= 1u << i;
	if (alive == 0)
		return;
	add_entry(m, alive);
	bq_buf_put_span(&m->words, word);
	m->v.n++;
	m->v.n_title += kind == BQ_TERM_TITLE;
	m->v.n_marked += kind == BQ_TERM_MARKED;
}

static int gather_words(struct merged *m)
{
	struct gather *g = calloc(1, sizeof *g);
	int rc = g == NULL ? BQ_ENOMEM : BQ_OK;
	uint32_t bits = 0;

	if (rc == BQ_OK) {
		g->m = m;
		rc = start_gather(g);
	}
	while (rc == BQ_OK && m->read.error.status == BQ_OK && (bits = find_smallest(g)) != 0) {
		add_word(g, bits);
		for (uint32_t i = 0; i < m->n_inputs && rc == BQ_OK; i++)
			if ((bits >> i & 1) != 0)
				rc = advance(g, i);
		count_read(m, 16 * (uint64_t)__builtin_popcount(bits));
		if (m->words.len > UINT32_MAX - BQ_WORD_MAX)
			rc = BQ_ELIMIT;
	}
	free(g);
	add_entry(m, 0);
	return rc;
}

/* ---- the vocabulary ---------------------------------------------------- */

static const struct merged_entry *entry_of(const struct merged *m, uint32_t i)
{
	return (const struct merged_entry *)(const void *)m->entries.ptr + i;
}

static struct bq_span get_word(const struct vocabulary *v, uint32_t i)
{
	const struct merged *m = merged_of(v);
	const struct merged_entry *e = entry_of(m, i);

	return bq_span_make(m->words.ptr + e[0].off, e[1].off - e[0].off);
}

static void start_walk(struct vocabulary *v, uint32_t i, struct walk *w)
{
	memset(w, 0, sizeof *w);
	w->v = v;
	w->word = i;
	w->inputs = entry_of(merged_of(v), i)->inputs;
}

/* Go on with the next input that has the word. */
static bool next_input(struct merged *m, struct walk *w)
{
	if (w->inputs == 0 || m->read.error.status != BQ_OK)
		return false;
	w->input = (uint32_t)__builtin_ctz(w->inputs);
	w->inputs &= w->inputs - 1;
	w->cursor = open_list(m, w->input, vocabulary_kind(&m->v, w->word), get_word(&m->v, w->word));
	return w->cursor != NULL;
}

static bool next_doc(struct walk *w)
{
	struct merged *m = merged_of(w->v);

	for (;;) {
		if (w->cursor == NULL && !next_input(m, w))
			return false;
		const struct merge_input *in = &m->inputs[w->input];
		uint32_t doc = bq_cursor_next(w->cursor);
		if (doc == BQ_DOC_END) {
			w->cursor = NULL;
			continue;
		}
		if (merge_is_dead(in, doc))
			continue;
		w->doc = renumber(in, doc);
		w->tf = bq_cursor_tf(w->cursor);
		m->read_bytes += 4 + 2 * (uint64_t)w->tf;
		return true;
	}
}

static const uint32_t *get_positions(struct walk *w)
{
	uint32_t n;

	return bq_cursor_positions(w->cursor, &n);
}

static void stop_walk(struct walk *w)
{
	w->cursor = NULL;
}

static void rest(struct vocabulary *v)
{
	struct merged *m = merged_of(v);

	count_read(m, 64);
	if (m->mem.oom)
		(void)bq_error_set(&m->read.error, BQ_ENOMEM, 0, "no memory to read lists");
	else
		bq_arena_reset(&m->mem);
}

static int check(const struct vocabulary *v, struct bq_error *err)
{
	const struct merged *m = merged_of(v);

	if (m->read.error.status != BQ_OK && err != NULL)
		*err = m->read.error;
	return m->read.error.status;
}

static struct vocabulary *fork_vocabulary(const struct vocabulary *v, unsigned n)
{
	struct merged *copy = malloc(sizeof *copy);

	if (copy == NULL)
		return NULL;
	*copy = *merged_of(v);
	copy->keep_bytes /= n;
	copy->read_bytes = 0;
	bq_arena_init(&copy->mem, SIZE_MAX);
	copy->read = (struct bq_read){ .mem = &copy->mem };
	return &copy->v;
}

static void join_vocabulary(struct vocabulary *v)
{
	bq_arena_release(&merged_of(v)->mem);
	free(merged_of(v));
}

uint32_t merged_df(struct merged *m, uint32_t i)
{
	uint32_t df = 0;

	for (uint32_t inputs = entry_of(m, i)->inputs; inputs != 0; inputs &= inputs - 1) {
		uint32_t input = (uint32_t)__builtin_ctz(inputs);
		struct bq_term t;
		if (!find_word(m, input, vocabulary_kind(&m->v, i), get_word(&m->v, i), &t))
			return 0;
		df += t.df; /* of different documents: a merge holds no more than fit */
	}
	return df;
}

int merged_init(struct merged *m, const struct merge_input *inputs, uint32_t n, uint64_t keep_bytes,
	struct bq_error *err)
{
	static const struct vocabulary_ops ops = { get_word, start_walk, next_doc, get_positions, NULL, stop_walk, rest, check,
		fork_vocabulary, join_vocabulary };
	int rc;

	*m = (struct merged){ .v = { .ops = &ops }, .inputs = inputs, .n_inputs = n, .keep_bytes = keep_bytes };
	bq_arena_init(&m->mem, SIZE_MAX);
	m->read.mem = &m->mem;
	rc = gather_words(m);
	if (m->read.error.status != BQ_OK)
		return check(&m->v, err);
	if (rc == BQ_ELIMIT)
		return bq_error_set(err, rc, 0, "more than 4 GiB of distinct words");
	if (rc != BQ_OK || m->words.oom || m->entries.oom || m->mem.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory to merge %u words", m->v.n);
	return BQ_OK;
}

void merged_release(struct merged *m)
{
	bq_buf_release(&m->words);
	bq_buf_release(&m->entries);
	bq_arena_release(&m->mem);
}
