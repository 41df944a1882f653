/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a copy asks its shards, and what it keeps of their answers.
 */
#include <stdlib.h>

#include "xapian/engine/naming.h"
#include "xapian/remote/expand.h"
#include "xapian/remote/fetch.h"
#include "xapian/remote/page.h"
#include "xapian/remote/search.h"

int bq_remote_search(struct bq_index *copy, const struct bq_remote_ask *ask, struct bq_arena *mem,
	struct bq_remote_found *out, struct bq_error *err)
{
	*out = (struct bq_remote_found){ 0 };
	return search_ranks(page_of(copy), ask, mem, out, err);
}

/* ---- documents ---------------------------------------------------------------------- */

static int compare_hit(const void *a, const void *b)
{
	const struct page_doc *x = a, *y = b;

	if (x->leaf != y->leaf)
		return x->leaf < y->leaf ? -1 : 1;
	return (x->doc > y->doc) - (x->doc < y->doc);
}

/* A shard whose documents are not ours is left out with what is bad of it, and
 * named. */
static void note_bad(struct page *p, uint32_t shard, uint32_t doc)
{
	p->has_failed[shard] = true;
	(void)snprintf(p->why[shard], sizeof p->why[shard], "the data of document %lu is not what bqindex wrote",
		doc + 1ul);
}

/* What came, in order. */
static int take_docs(struct page *p, const struct fetch_list *list, struct bq_error *err)
{
	p->n_docs = 0;
	p->docs = BQ_ARENA_NEW(&p->fetched, struct page_doc, list->n + 1ull);
	for (uint32_t i = 0; p->docs != NULL && i < list->n; i++) {
		const struct fetch_doc *from = &list->docs[i];
		struct page_doc *d = &p->docs[p->n_docs];
		if (!from->is_here)
			continue;
		*d = (struct page_doc){ .leaf = list->hits[i].leaf, .doc = list->hits[i].doc, .marks = from->marks };
		if (record_read(from->data, &p->fetched, &d->record) && d->record.is_ours)
			p->n_docs++;
		else
			note_bad(p, d->leaf, d->doc);
	}
	if (p->docs == NULL || p->fetched.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the documents");
	qsort(p->docs, p->n_docs, sizeof *p->docs, compare_hit);
	return BQ_OK;
}

int bq_remote_fetch(struct bq_index *copy, const struct bq_remote_hit *hits, uint32_t n, struct bq_error *err)
{
	struct page *p = page_of(copy);
	struct fetch_list list = { hits, n, NULL };

	page_forget(p);
	list.docs = BQ_ARENA_NEW(&p->fetched, struct fetch_doc, n + 1ull);
	if (list.docs == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the documents");
	int rc = fetch_docs(p, &list, &p->fetched, err);
	if (rc == BQ_EREMOTE) /* a document more or less: nothing is here */
		rc = BQ_OK;
	else if (rc == BQ_OK)
		rc = take_docs(p, &list, err);
	if (rc == BQ_OK && !page_analyse(p))
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for the documents");
	return rc;
}

/* ---- words -------------------------------------------------------------------------- */

enum { WORDS_BYTES = 256 << 20 };

/* The first `max` of them without Xapian's prefix. */
static bool take_words(const struct expand_list *list, const struct bq_remote_prefix *of, struct bq_arena *mem,
	struct bq_remote_words *out)
{
	size_t skip = strlen(naming_prefix(of->kind));
	uint32_t n = list->n < of->max ? list->n : of->max;

	out->words = BQ_ARENA_NEW(mem, struct bq_span, n + 1ull);
	for (uint32_t i = 0; out->words != NULL && i < n; i++)
		out->words[out->n++] = bq_arena_dup(mem, bq_span_from(list->words[i].term, skip));
	out->has_more = list->n > n;
	return !mem->oom;
}

int bq_remote_expand(struct bq_index *copy, const struct bq_remote_prefix *of, struct bq_arena *mem,
	struct bq_remote_words *out, struct bq_error *err)
{
	struct expand_list list;
	struct bq_arena scratch;

	*out = (struct bq_remote_words){ 0 };
	bq_arena_init(&scratch, WORDS_BYTES);
	struct bq_span prefix = bq_span_of(bq_arena_printf(mem, "%s%.*s", naming_prefix(of->kind), (int)of->start.len,
		of->start.ptr));
	int rc = mem->oom ? bq_error_set(err, BQ_ENOMEM, 0, "no memory for the question") :
		expand_prefix(page_of(copy), prefix, &scratch, &list, err);
	if (rc == BQ_OK && !take_words(&list, of, mem, out))
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for the words");
	bq_arena_release(&scratch);
	return rc;
}
