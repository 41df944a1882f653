/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/building.h"

#include <malloc.h>

#include "base/clock.h"
#include "base/pool.h"
#include "build/budget.h"
#include "build/dictionary.h"
#include "build/inverted.h"
#include "build/merge.h"

bool building_wants_order(const struct bq_build *b)
{
	return b->opts.reorder && b->ix == NULL;
}

static int start_segment(struct bq_build *b, struct bq_error *err)
{
	struct merge merge = {
		.dirfd = b->dirfd,
		.params = {
			.number = b->manifest.next_segment,
			.text_id = b->manifest.text_id,
			.k1 = b->manifest.k1,
			.b = b->manifest.b,
			.no_store = b->opts.no_store,
			.pool = b->pool,
			.pairs = {
				.t = building_wants_order(b) ? BQ_PAIRS_OFF : b->manifest.pairs,
				.min = b->opts.pairs_min,
				.percent = b->manifest.pairs_percent,
				.memory_bytes = b->spill_bytes,
				.stop = b->opts.stop,
			},
		},
		.keep_bytes = budget_pages(b->opts.memory_bytes),
		.stop = b->opts.stop,
	};
	struct bq_error why;

	if (merge.params.number > MANIFEST_MAX_NUMBER)
		return bq_error_set(err, BQ_EUSAGE, 0, "segment numbers are used up: build into a new directory");
	b->segment_docs = b->run_docs = 0;
	b->crew.n_tokens = 0;
	b->w = segment_writer_new(b->dirfd, &merge.params, &why);
	if (b->w == NULL)
		return bq_error_set(err, why.status, why.at, "%s", why.msg);
	merge.params.number = ++b->manifest.next_segment; /* runs have gone when this number is used */
	spill_init(&b->spill, &merge);
	return BQ_OK;
}

static void note_peak(struct bq_build *b)
{
	uint64_t bytes = crew_bytes(&b->crew);

	b->report.peak_bytes = bytes > b->report.peak_bytes ? bytes : b->report.peak_bytes;
}

void building_fix_average(struct bq_build *b)
{
	struct manifest *m = &b->manifest;

	if (!(m->avg_len > 0))
		m->avg_len = merge_average(b->crew.n_tokens, b->segment_docs);
}

/* The inverters' words become a run. */
static int end_run(struct bq_build *b, struct bq_error *err)
{
	const struct inverter *from[POOL_MAX];
	int rc = crew_drain(&b->crew, b->w, err);

	note_peak(b);
	if (rc == BQ_OK)
		rc = spill_run(&b->spill, from, crew_inverters(&b->crew, from), b->run_docs, err);
	b->report.runs++;
	crew_empty(&b->crew);
	b->run_docs = 0;
	if (rc != BQ_OK || b->spill.n < b->spill.max)
		return rc;
	(void)malloc_trim(0); /* the inverters' memory is the merge's now */
	return spill_make_room(&b->spill, err);
}

/* All words of the segment: the inverters', or those of the runs. */
static int write_terms(struct bq_build *b, struct bq_error *err)
{
	const struct inverter *from[POOL_MAX];
	struct inverted words;
	int rc = BQ_OK;

	if (b->spill.n != 0) {
		rc = b->run_docs == 0 ? BQ_OK : end_run(b, err);
		(void)malloc_trim(0); /* the inverters' memory is the merge's now */
		return rc == BQ_OK ? spill_finish(&b->spill, b->text, b->w, err) : rc;
	}
	if (inverted_init(&words, from, crew_inverters(&b->crew, from), b->pool)) {
		words.v.stop = b->opts.stop;
		rc = dictionary_write(&words.v, b->text, b->w, err);
	} else {
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory to sort words");
	}
	inverted_release(&words);
	crew_empty(&b->crew);
	return rc;
}

int building_end_segment(struct bq_build *b, struct bq_error *err)
{
	struct segment_writer *w = b->w;
	struct segment_info info;
	int rc = crew_drain(&b->crew, w, err);
	uint64_t start;

	if (rc != BQ_OK)
		return rc;
	note_peak(b);
	building_fix_average(b);
	segment_writer_begin_terms(w, b->manifest.avg_len);
	start = clock_now_ns();
	rc = write_terms(b, err);
	b->report.terms_ns += clock_now_ns() - start;
	if (rc != BQ_OK)
		return rc;
	b->w = NULL;
	rc = segment_writer_finish(w, &info, err);
	if (rc != BQ_OK)
		return rc;
	b->report.pairs_ns += info.pairs_ns;
	b->report.analysed += info.n_tokens;
	b->report.written_bytes += info.bytes;
	if (b->manifest.pairs == 0 && !building_wants_order(b))
		b->manifest.pairs = info.pairs; /* the first one has chosen */
	return compact_add(&b->compact, &info, err);
}

int building_make_room(struct bq_build *b, struct bq_error *err)
{
	uint32_t max_segments = b->ix == NULL ? BQ_MAX_SEGMENTS : MERGED_MAX;
	int rc = BQ_OK;

	if (b->w != NULL && b->segment_docs == b->max_docs && b->compact.n + 1 < max_segments)
		rc = building_end_segment(b, err);
	else if (b->w != NULL && b->segment_docs == BQ_MAX_DOCS)
		return bq_error_set(err, BQ_ELIMIT, 0, "an index holds no more documents than this");
	else if (b->w != NULL && b->run_docs != 0 && crew_next_bytes(&b->crew) >= b->spill_bytes)
		rc = end_run(b, err);
	return rc == BQ_OK && b->w == NULL ? start_segment(b, err) : rc;
}
