/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a copy asks its shards: tasks for the lanes, and their answers.
 */
#include <stdlib.h>

#include "xapian/engine/naming.h"
#include "xapian/remote/ask.h"
#include "xapian/remote/page.h"

static struct task *make_task(const struct page *p, enum task_kind kind, struct bq_error *err)
{
	struct task *t = task_new(kind, p->deadline_ns, p->patience_ms);

	if (t == NULL)
		(void)bq_error_set(err, BQ_ENOMEM, 0, "no memory for the question");
	return t;
}

/* Have it done, and note who failed. */
static int run(struct page *p, struct task *t, struct task **out, struct bq_error *err)
{
	int rc = cluster_run(&p->remote->cluster, t, p->cancel, out, err);

	for (uint32_t i = 0; *out != NULL && i < p->remote->cluster.n; i++) {
		if (!(*out)->has_failed[i])
			continue;
		p->has_failed[i] = true;
		memcpy(p->why[i], (*out)->why[i], sizeof p->why[i]);
	}
	return rc;
}

int bq_remote_search(struct bq_index *copy, const struct bq_remote_ask *ask, struct bq_arena *mem,
	struct bq_remote_found *out, struct bq_error *err)
{
	struct page *p = page_of(copy);
	struct task *t = make_task(p, TASK_SEARCH, err), *done = NULL;

	*out = (struct bq_remote_found){ 0 };
	if (t == NULL)
		return BQ_ENOMEM;
	t->k1 = copy->k1;
	t->b = copy->b;
	t->first = ask->first;
	t->max = ask->max;
	t->exact = ask->exact;
	int rc = ask_make(ask->expr, &t->query, err);
	if (rc != BQ_OK) {
		task_free(t);
		return rc;
	}
	rc = run(p, t, &done, err);
	if (rc == BQ_OK) {
		out->hits = bq_arena_alloc(mem, (done->n + 1) * sizeof *out->hits);
		if (out->hits == NULL)
			rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for %u hits", done->n);
		else if (done->n != 0)
			memcpy(out->hits, done->hits, done->n * sizeof *out->hits);
		out->n = done->n;
		out->least = done->counts.least;
		out->estimate = done->counts.estimate;
		out->most = done->counts.most;
	}
	task_free(done);
	return rc;
}

static int compare_hit(const void *a, const void *b)
{
	const struct page_doc *x = a, *y = b;

	if (x->leaf != y->leaf)
		return x->leaf < y->leaf ? -1 : 1;
	return (x->doc > y->doc) - (x->doc < y->doc);
}

/* The documents of a task that is done, in order. */
static int take_docs(struct page *p, const struct task *t, struct bq_error *err)
{
	p->n_docs = 0;
	p->docs = BQ_ARENA_NEW(&p->fetched->mem, struct page_doc, t->n + 1);
	for (uint32_t i = 0; p->docs != NULL && i < t->n; i++) {
		struct page_doc *d = &p->docs[p->n_docs];
		if (!t->docs[i].is_here)
			continue;
		*d = (struct page_doc){ .leaf = t->hits[i].leaf, .doc = t->hits[i].doc, .marks = t->docs[i].marks };
		if (!record_read(t->docs[i].data, &p->fetched->mem, &d->record) || !d->record.is_ours)
			return bq_error_set(err, BQ_EFORMAT, 0, "%.80s: the data of a document is not what bqindex wrote",
				p->remote->cluster.shards[d->leaf].address.text);
		p->n_docs++;
	}
	if (p->docs == NULL || p->fetched->mem.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the documents");
	qsort(p->docs, p->n_docs, sizeof *p->docs, compare_hit);
	return BQ_OK;
}

int bq_remote_fetch(struct bq_index *copy, const struct bq_remote_hit *hits, uint32_t n, struct bq_error *err)
{
	struct page *p = page_of(copy);
	struct task *t = make_task(p, TASK_FETCH, err);

	if (t == NULL)
		return BQ_ENOMEM;
	task_free(p->fetched);
	p->fetched = NULL;
	p->docs = NULL;
	p->n_docs = 0;
	t->hits = bq_arena_alloc(&t->mem, (n + 1) * sizeof *hits);
	if (t->hits == NULL) {
		task_free(t);
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the question");
	}
	if (n != 0)
		memcpy(t->hits, hits, n * sizeof *hits);
	t->n = n;
	int rc = run(p, t, &p->fetched, err);
	if (rc == BQ_EREMOTE && p->fetched != NULL) /* a document more or less: nothing is here */
		rc = BQ_OK;
	else if (rc == BQ_OK)
		rc = take_docs(p, p->fetched, err);
	if (rc == BQ_OK && !page_analyse(p))
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for the documents");
	return rc;
}

int bq_remote_expand(struct bq_index *copy, enum bq_term_kind kind, struct bq_span prefix, uint32_t max,
	struct bq_arena *mem, struct bq_span **out, uint32_t *n, bool *more, struct bq_error *err)
{
	const char *ours = naming_prefix(kind);
	struct page *p = page_of(copy);
	struct task *t = make_task(p, TASK_EXPAND, err), *done = NULL;

	*out = NULL;
	*n = 0;
	*more = false;
	if (t == NULL)
		return BQ_ENOMEM;
	t->prefix = bq_span_of(bq_arena_printf(&t->mem, "%s%.*s", ours, (int)prefix.len, prefix.ptr));
	t->max = max;
	int rc = run(p, t, &done, err);
	if (rc == BQ_OK) {
		*out = BQ_ARENA_NEW(mem, struct bq_span, done->n + 1);
		for (uint32_t i = 0; *out != NULL && i < done->n; i++)
			(*out)[(*n)++] = bq_arena_dup(mem, bq_span_from(done->words[i].word, strlen(ours)));
		*more = done->has_more;
		if (mem->oom)
			rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for the words");
	}
	task_free(done);
	return rc;
}
