/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/spill.h"

#include <unistd.h>

#include "build/dictionary.h"
#include "build/inverted.h"
#include "index/manifest.h"

enum { RUN_PAGES = 256 << 10, LEAST_RUNS = 8 };

/* However soon pages go, those of the places that are read at a time, a fault's worth
 * each, are there for every run: few runs where memory is small. */
static uint32_t most_runs(uint64_t keep_bytes)
{
	uint64_t n = keep_bytes / RUN_PAGES;

	return n < LEAST_RUNS ? LEAST_RUNS : n > MERGED_MAX ? MERGED_MAX : (uint32_t)n;
}

void spill_init(struct spill *s, const struct merge *merge)
{
	*s = (struct spill){ .merge = *merge, .max = most_runs(merge->keep_bytes) };
	s->merge.text = NULL;
	s->merge.params.no_store = true;
	s->merge.params.is_temporary = true;
}

void spill_release(struct spill *s)
{
	for (; s->n > 0; s->n--)
		segment_close(s->segments[s->n - 1]);
}

/* A writer of the next run, which has begun its terms.  NULL with *err. */
static struct segment_writer *begin_run(struct spill *s, uint32_t n_docs, struct bq_error *err)
{
	static const struct bq_doc_in nothing = { .path = BQ_SPAN_INIT("") };
	static const struct segment_doc empty = { .in = &nothing };
	struct segment_writer *w;

	if (s->merge.params.number > MANIFEST_MAX_NUMBER) {
		(void)bq_error_set(err, BQ_EUSAGE, 0, "segment numbers are used up: build into a new directory");
		return NULL;
	}
	w = segment_writer_new(s->merge.dirfd, &s->merge.params, err);
	for (uint32_t i = 0; w != NULL && i < n_docs; i++)
		segment_writer_doc(w, &empty);
	if (w != NULL)
		segment_writer_begin_terms(w, 1.0f);
	return w;
}

/* Complete the run, map it and take its name away. */
static int end_run(struct spill *s, struct segment_writer *w, struct segment **out, struct bq_error *err)
{
	struct manifest_segment named = { .number = s->merge.params.number };
	char name[MANIFEST_FILE_MAX];
	struct segment_info info;
	int rc = segment_writer_finish(w, &info, err);

	if (rc != BQ_OK)
		return rc;
	s->merge.params.number++;
	manifest_segment_file(&named, name);
	rc = segment_open(s->merge.dirfd, name, out, err);
	(void)unlinkat(s->merge.dirfd, name, 0);
	if (rc == BQ_OK)
		mapfile_forget(&(*out)->map); /* what opening has touched */
	return rc == BQ_ENOTFOUND ? BQ_EIO : rc;
}

/* All runs become one. */
static int merge_runs(struct spill *s, struct bq_error *err)
{
	struct segment *made = NULL;
	struct segment_writer *w = NULL;
	uint32_t n_docs = 0;
	int rc = merge_number(s->runs, s->n, err);

	for (uint32_t i = 0; i < s->n; i++)
		n_docs += s->runs[i].n_live;
	if (rc == BQ_OK) {
		w = begin_run(s, n_docs, err);
		rc = w == NULL ? err->status : merge_terms(&s->merge, s->runs, s->n, w, err);
	}
	merge_unnumber(s->runs, s->n);
	if (rc == BQ_OK)
		rc = end_run(s, w, &made, err);
	else
		segment_writer_free(w);
	if (rc != BQ_OK)
		return rc;
	spill_release(s);
	s->segments[0] = made;
	s->runs[0] = (struct merge_input){ .segment = made };
	s->n = 1;
	return BQ_OK;
}

int spill_make_room(struct spill *s, struct bq_error *err)
{
	struct bq_error why;
	int rc = s->n < s->max ? BQ_OK : merge_runs(s, &why);

	return rc == BQ_OK ? rc : bq_error_set(err, rc, why.at, "%s", why.msg);
}

int spill_run(struct spill *s, const struct inverter *const *from, uint32_t n, uint32_t n_docs, struct bq_error *err)
{
	struct inverted words;
	struct segment_writer *w;
	struct bq_error why;
	int rc;

	w = begin_run(s, n_docs, &why);
	if (w == NULL)
		return bq_error_set(err, why.status, 0, "%s", why.msg);
	if (inverted_init(&words, from, n, s->merge.params.pool))
		rc = dictionary_write(&words.v, NULL, w, &why);
	else
		rc = bq_error_set(&why, BQ_ENOMEM, 0, "no memory to sort words");
	inverted_release(&words);
	if (rc == BQ_OK)
		rc = end_run(s, w, &s->segments[s->n], &why);
	else
		segment_writer_free(w);
	if (rc != BQ_OK)
		return bq_error_set(err, rc, why.at, "%s", why.msg);
	s->runs[s->n] = (struct merge_input){ .segment = s->segments[s->n] };
	s->n++;
	return BQ_OK;
}

int spill_finish(struct spill *s, struct bq_text *text, struct segment_writer *w, struct bq_error *err)
{
	struct merge merge = s->merge;
	int rc = merge_number(s->runs, s->n, err);

	merge.text = text;
	if (rc == BQ_OK)
		rc = merge_terms(&merge, s->runs, s->n, w, err);
	merge_unnumber(s->runs, s->n);
	spill_release(s);
	return rc;
}
