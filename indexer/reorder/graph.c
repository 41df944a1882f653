/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reorder/graph.h"

#include <stdlib.h>
#include <string.h>

#include "build/merged.h"

/* A word of the graph. */
struct entry {
	uint32_t df, word; /* number in the vocabulary */
};

struct making {
	struct graph *g;
	struct merged *m;
	struct bq_buf entries; /* the most frequent first */
	struct bq_error *err;
};

bool graph_init(struct graph *g, uint32_t n_docs, uint32_t n_postings)
{
	g->n_docs = n_docs;
	g->docs = malloc((n_docs + 1ull) * sizeof *g->docs);
	g->starts = malloc((n_docs + 1ull) * sizeof *g->starts);
	g->words = malloc((n_postings + 1ull) * sizeof *g->words);
	if (g->starts != NULL)
		g->starts[0] = 0;
	return g->docs != NULL && g->starts != NULL && g->words != NULL;
}

void graph_release(struct graph *g)
{
	free(g->docs);
	free(g->starts);
	free(g->words);
	memset(g, 0, sizeof *g);
}

static int no_memory(struct bq_error *err)
{
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory to find an order of documents");
}

/* Between two words. */
static int take_breath(struct making *mk)
{
	struct vocabulary *v = &mk->m->v;

	v->ops->rest(v);
	if (v->stop != NULL && *v->stop != 0)
		return bq_error_set(mk->err, BQ_ECANCELLED, 0, "stopped by a signal");
	return v->ops->check(v, mk->err);
}

static struct entry *entry_at(const struct making *mk, size_t i)
{
	return (struct entry *)(void *)mk->entries.ptr + i;
}

static size_t count_entries(const struct making *mk)
{
	return mk->entries.len / sizeof(struct entry);
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->df != b->df)
		return a->df > b->df ? -1 : 1;
	return (a->word > b->word) - (a->word < b->word);
}

static int list_words(struct making *mk, const struct graph_limits *limits)
{
	struct vocabulary *v = &mk->m->v;
	int rc = BQ_OK;

	for (uint32_t i = v->n_title + v->n_marked; i < v->n && rc == BQ_OK; i++) {
		struct entry e = { merged_df(mk->m, i), i };
		if (e.df >= limits->min_df && e.df <= limits->max_df)
			bq_buf_put(&mk->entries, &e, sizeof e);
		rc = take_breath(mk);
	}
	if (rc == BQ_OK && mk->entries.oom)
		return no_memory(mk->err);
	if (rc == BQ_OK && mk->entries.len != 0)
		qsort(mk->entries.ptr, count_entries(mk), sizeof(struct entry), compare_entries);
	return rc;
}

/* Leave out the most frequent words until the others fit; how many. */
static uint32_t fit(const struct making *mk, uint32_t n_docs, uint64_t max_bytes, uint64_t *n_postings)
{
	uint64_t most = (max_bytes - (max_bytes < 8ull * n_docs ? max_bytes : 8ull * n_docs)) / sizeof *mk->g->words;
	uint32_t n = (uint32_t)count_entries(mk), from = 0;

	if (most > UINT32_MAX)
		most = UINT32_MAX;
	*n_postings = 0;
	for (uint32_t i = 0; i < n; i++)
		*n_postings += entry_at(mk, i)->df;
	while (*n_postings > most)
		*n_postings -= entry_at(mk, from++)->df;
	return from;
}

/* Walk over all documents of word `w` of the graph; the second time put it into them. */
static int walk_word(struct making *mk, uint32_t w, uint32_t word, bool second)
{
	struct vocabulary *v = &mk->m->v;
	struct graph *g = mk->g;
	struct walk walk;

	v->ops->start(v, word, &walk);
	while (v->ops->next(&walk)) {
		if (second)
			g->words[g->starts[walk.doc]++] = w;
		else
			g->starts[walk.doc + 1]++;
	}
	v->ops->stop(&walk);
	return take_breath(mk);
}

/*   count      starts[d + 1] = words of d
 *   sum        starts[d + 1] = words of 0 .. d
 *   fill       starts[d] = end of d: one place off, which the last step mends */
static int fill(struct making *mk, uint32_t from)
{
	struct graph *g = mk->g;
	uint32_t n = (uint32_t)count_entries(mk);
	int rc = BQ_OK;

	g->n_words = n - from;
	memset(g->starts, 0, (g->n_docs + 1ull) * sizeof *g->starts);
	for (uint32_t i = from; i < n && rc == BQ_OK; i++)
		rc = walk_word(mk, i - from, entry_at(mk, i)->word, false);
	for (uint32_t d = 0; d < g->n_docs; d++)
		g->starts[d + 1] += g->starts[d];
	for (uint32_t i = from; i < n && rc == BQ_OK; i++)
		rc = walk_word(mk, i - from, entry_at(mk, i)->word, true);
	memmove(g->starts + 1, g->starts, g->n_docs * sizeof *g->starts);
	g->starts[0] = 0;
	return rc;
}

int graph_make(struct graph *g, struct merged *m, uint32_t n_docs, const struct graph_limits *limits,
	uint32_t *left_out, struct bq_error *err)
{
	struct making mk = { .g = g, .m = m, .err = err };
	uint64_t n_postings;
	int rc;

	memset(g, 0, sizeof *g);
	rc = list_words(&mk, limits);
	if (rc == BQ_OK) {
		*left_out = fit(&mk, n_docs, limits->max_bytes, &n_postings);
		rc = graph_init(g, n_docs, (uint32_t)n_postings) ? fill(&mk, *left_out) : no_memory(err);
	}
	for (uint32_t d = 0; rc == BQ_OK && d < n_docs; d++)
		g->docs[d] = d;
	bq_buf_release(&mk.entries);
	return rc;
}
