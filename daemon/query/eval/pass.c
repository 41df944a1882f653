/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval/pass.h"

#include <math.h>

#include "query/eval/count.h"
#include "query/eval/prune.h"
#include "query/phrase/phrased.h"

struct eval pass_eval(struct bq_query *q, uint32_t index, uint32_t leaf, struct watch *watch)
{
	const struct plan_index *in = &q->indexes[index];

	bq_arena_reset(&q->searcher->leaf_mem);
	return (struct eval){
		.q = q,
		.group = &q->groups[in->group],
		.index = in,
		.leaf = q->view->indexes[index]->leaves[leaf],
		.leaf_no = in->first_leaf + leaf,
		.read.mem = &q->searcher->leaf_mem,
		.watch = watch,
	};
}

int pass_failure(const struct eval *ev, struct bq_error *err)
{
	if (ev->read.error.status != BQ_OK) {
		if (err != NULL)
			*err = ev->read.error;
		return ev->read.error.status;
	}
	if (ev->read.mem->oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory to answer the query");
	return BQ_OK;
}

static inline uint64_t place_of(const struct eval *ev, uint32_t index, uint32_t doc)
{
	return topk_place(index, ev->leaf_no - ev->index->first_leaf, doc);
}

struct topk_item pass_item(struct eval *ev, uint32_t index, uint32_t doc, uint32_t points)
{
	struct topk_item item = { .key = points, .points = points,
		.place = place_of(ev, index, doc) };
	enum bq_sort sort = ev->q->opts->sort;
	struct bq_doc_head head;

	if (sort == BQ_SORT_SCORE || bq_leaf_head(ev->leaf, doc, &head, &ev->read) != BQ_OK)
		return item;
	if (sort == BQ_SORT_DATE) { /* unknown, INT64_MIN, comes last */
		item.key = (uint64_t)head.mtime_us ^ ((uint64_t)1 << 63);
	} else {
		item.key = 0;
		item.path = head.path.ptr;
		item.path_len = (uint32_t)head.path.len;
	}
	return item;
}

uint32_t pass_known(const struct pass *pass)
{
	double points = ldexp(pass->q->opts->known_score, pass->q->shift);

	return pass->q->opts->match == BQ_MATCH_AUTO || !(points > 0) ? 0
		: points < UINT32_MAX ? (uint32_t)points : UINT32_MAX;
}

void pass_keep(struct pass *pass, struct eval *ev, uint32_t index, uint32_t doc, uint32_t points)
{
	struct topk *top = pass->top;
	struct topk_item item;

	if (top == NULL)
		return;
	if (pass->after == NULL && ev->q->opts->sort == BQ_SORT_SCORE) {
		item = (struct topk_item){ .key = points, .points = points, .place = place_of(ev, index, doc) };
		topk_push(top, &item);
		return;
	}
	item = pass_item(ev, index, doc, points);
	if (pass->after == NULL || topk_before(pass->after, &item))
		topk_push(top, &item);
}

void pass_keep_docs(struct pass *pass, struct eval *ev, uint32_t index, struct topk_docs *docs)
{
	docs->leaf = place_of(ev, index, 0);
	if (pass->after == NULL) {
		topk_push_docs(pass->top, docs);
		return;
	}
	for (uint32_t i = 0; i < docs->n; i++)
		pass_keep(pass, ev, index, docs->docs[i], docs->points[i]);
}

/* Walk a leaf to its end; `strict`: what is left out, or NULL. */
static void walk_leaf(struct pass *pass, struct eval *ev, struct node *root, struct node *strict, uint32_t index)
{
	for (uint32_t doc = node_seek(root, 0); doc != BQ_DOC_END; doc = node_seek(root, doc + 1)) {
		if (bq_leaf_is_dead(ev->leaf, doc) || (strict != NULL && node_seek(strict, doc) == doc))
			continue;
		pass->n++;
		pass_keep(pass, ev, index, doc, pass->top == NULL ? 0 : node_score(root));
	}
}

static int run_leaf(struct pass *pass, uint32_t index, uint32_t leaf, struct bq_error *err)
{
	struct eval ev = pass_eval(pass->q, index, leaf, pass->watch);
	struct node *strict = NULL, *root;
	uint64_t n;

	if (pass->top == NULL && !pass->without_strict && count_listed(&ev, &n)) {
		pass->n += n;
		return pass_failure(&ev, err);
	}
	ev.counts_only = pass->top == NULL;
	root = node_build(&ev, ev.group->root, pass->mode);
	if (root != NULL && pass->without_strict)
		strict = node_build(&ev, ev.group->root, AST_STRICT);
	if (root == NULL || (pass->without_strict && strict == NULL))
		return pass_failure(&ev, err);
	if (!phrased_leaf(pass, &ev, root, strict, index) && !prune_leaf(pass, &ev, root, strict, index))
		walk_leaf(pass, &ev, root, strict, index);
	return pass_failure(&ev, err);
}

int pass_run(struct pass *pass, struct bq_error *err)
{
	struct bq_query *q = pass->q;
	int rc = BQ_OK;

	pass->n = 0;
	pass->is_cut = false;
	for (uint32_t i = 0; rc == BQ_OK && i < q->view->n; i++)
		for (uint32_t l = 0; rc == BQ_OK && l < q->view->indexes[i]->n_leaves; l++)
			if (!watch_check(pass->watch))
				rc = run_leaf(pass, i, l, err);
	return rc;
}
