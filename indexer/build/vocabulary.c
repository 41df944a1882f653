/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/vocabulary.h"

/* Be at a document that has not been taken; false at the end and after a failure. */
static bool look_ahead(struct walk *w)
{
	if (!w->is_ahead && !w->v->ops->next(w))
		w->doc = BQ_DOC_END;
	w->is_ahead = true;
	return w->doc != BQ_DOC_END;
}

/* The document's positions, if they are wanted; false after a failure. */
static bool put_positions(struct walk *w, struct bq_buf *out)
{
	const uint32_t *positions = out == NULL ? NULL : w->v->ops->positions(w);

	if (positions != NULL)
		bq_buf_put(out, positions, w->tf * sizeof *positions);
	else if (out != NULL)
		w->doc = BQ_DOC_END;
	return out == NULL || positions != NULL;
}

void vocabulary_take(struct walk *w, uint32_t limit, struct postings_room *out)
{
	if (w->v->ops->take != NULL) {
		w->v->ops->take(w, limit, out);
		return;
	}
	while (look_ahead(w) && w->doc < limit && out->n < out->max) {
		uint32_t doc = w->doc;
		if (!put_positions(w, out->positions))
			return;
		out->docs[out->n] = doc;
		out->tfs[out->n++] = w->tf;
		w->is_ahead = false;
	}
}
