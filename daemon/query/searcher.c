/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "query/plan.h"

/* What the cursors of one leaf, or one expanded prefix, may take. */
#define SCRATCH_BYTES ((size_t)512 << 20)

struct bq_searcher *bq_searcher_new(void)
{
	struct bq_searcher *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->kernels = kernel_best();
	bq_arena_init(&s->leaf_mem, SCRATCH_BYTES);
	bq_arena_init(&s->list_mem, SCRATCH_BYTES);
	bq_arena_init(&s->text_mem, SCRATCH_BYTES);
	bq_arena_init(&s->match_mem, SCRATCH_BYTES);
	bq_arena_init(&s->walk_mem, SCRATCH_BYTES);
	return s;
}

void bq_searcher_free(struct bq_searcher *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->n_texts; i++)
		bq_text_free(s->texts[i].text);
	free(s->texts);
	bq_arena_release(&s->leaf_mem);
	bq_arena_release(&s->list_mem);
	free(s->sums);
	free(s->starts.bits[0]);
	free(s->starts.bits[1]);
	free(s->starts.places);
	bq_arena_release(&s->text_mem);
	bq_arena_release(&s->match_mem);
	bq_arena_release(&s->walk_mem);
	free(s);
}

int searcher_text(struct bq_searcher *s, const struct bq_index *ix, struct bq_text **out, struct bq_error *err)
{
	struct searcher_text *texts;
	int rc;

	for (uint32_t i = 0; i < s->n_texts; i++) {
		if (s->texts[i].text_id == ix->text_id) {
			*out = s->texts[i].text;
			return BQ_OK;
		}
	}
	texts = realloc(s->texts, (s->n_texts + 1) * sizeof *texts);
	if (texts == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for an analyser");
	s->texts = texts;
	rc = bq_text_new(&ix->text, out, err);
	if (rc != BQ_OK)
		return rc;
	s->texts[s->n_texts++] = (struct searcher_text){ ix->text_id, *out };
	return BQ_OK;
}
