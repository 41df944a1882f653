/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/pairing_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pairs/pairs.h"
#include "segment/segment.h"
#include "segment/spool.h"

enum {
	PAGES_SHARE = 4,       /* of memory, for pages of the segment; records have the rest */
	PAGES_LEAST = 8 << 20, /* bytes: below that they would come and go all the time */
};

static int no_memory(struct pairing *p)
{
	return bq_error_set(p->err, BQ_ENOMEM, 0, "no memory for pairs of %u words", p->n_words);
}

/* What is wrong, but damage and a stop, which have said so. */
static int describe(struct pairing *p, int rc, int saved_errno)
{
	switch (rc) {
	case BQ_OK:
		return rc;
	case BQ_EIO:
		return bq_error_set(p->err, rc, 0, "writing pairs: %s", strerror(saved_errno));
	case BQ_ELIMIT:
		return bq_error_set(p->err, rc, 0, "the dictionary of pairs is over 4 GiB");
	default:
		return no_memory(p);
	}
}

/* ---- words ------------------------------------------------------------- */

static int compare_weight(const void *pa, const void *pb)
{
	const struct bq_term *a = *(const struct bq_term *const *)pa, *b = *(const struct bq_term *const *)pb;
	uint32_t wa = pairs_weight(a->df, a->ttf), wb = pairs_weight(b->df, b->ttf);

	if (wa != wb)
		return wa < wb ? 1 : -1;
	return a->ord < b->ord ? -1 : a->ord > b->ord;
}

/* Of the word of a rank. */
static uint32_t weight_of(const struct pairing *p, uint32_t rank)
{
	const struct bq_term *t = &p->terms[p->by_rank[rank]];

	return pairs_weight(t->df, t->ttf);
}

static int read_terms(struct pairing *p)
{
	struct bq_arena mem;
	struct bq_read rd = { .mem = &mem };
	int rc = BQ_OK;

	bq_arena_init(&mem, SIZE_MAX);
	for (uint32_t i = 0; i < p->n_words && rc == BQ_OK; i++) {
		struct bq_terms at;
		rc = bq_leaf_term_at(&p->s->leaf, p->job->places[i], &at, &rd);
		p->terms[i] = at.term;
	}
	bq_arena_release(&mem);
	if (rc == BQ_EFORMAT)
		*p->err = rd.error;
	return rc;
}

static int rank_words(struct pairing *p)
{
	const struct bq_term **sorted = malloc((p->n_words + 1ull) * sizeof *sorted);

	if (sorted == NULL)
		return no_memory(p);
	for (uint32_t i = 0; i < p->n_words; i++)
		sorted[i] = &p->terms[i];
	qsort(sorted, p->n_words, sizeof *sorted, compare_weight);
	for (uint32_t i = 0; i < p->n_words; i++) {
		p->by_rank[i] = (uint32_t)(sorted[i] - p->terms);
		p->kept.rank[p->by_rank[i]] = i;
	}
	free(sorted);
	return BQ_OK;
}

/* Leave out the lightest words, and with them those that weigh as much. */
static int raise_floor(struct pairing *p)
{
	uint32_t n = 0;

	p->floor = weight_of(p, PAIRS_MAX_WORDS) + 1;
	for (uint32_t i = 0; i < p->n_words; i++)
		if (pairs_weight(p->terms[i].df, p->terms[i].ttf) >= p->floor)
			p->terms[n++] = p->terms[i];
	p->n_words = n;
	return rank_words(p);
}

static int prepare_words(struct pairing *p)
{
	uint64_t n = p->n_words + 1ull;

	p->terms = malloc(n * sizeof *p->terms);
	p->kept.rank = malloc(n * sizeof *p->kept.rank);
	p->by_rank = malloc(n * sizeof *p->by_rank);
	p->kept.cost = calloc(n, sizeof *p->kept.cost);
	if (p->terms == NULL || p->kept.rank == NULL || p->by_rank == NULL || p->kept.cost == NULL)
		return no_memory(p);
	int rc = read_terms(p);
	if (rc == BQ_OK)
		rc = rank_words(p);
	return rc == BQ_OK && p->n_words > PAIRS_MAX_WORDS ? raise_floor(p) : rc;
}

/* ---- T ------------------------------------------------------------------ */

/* T: the smallest that leaves out all words that did not fit, and so those that
 * weigh as much. */
static uint32_t choose_t(struct pairing *p)
{
	kept_fit(&p->kept);
	if (p->kept.n_keep == p->n_words)
		return p->floor;
	uint32_t t = weight_of(p, p->kept.n_keep) + 1;
	while (p->kept.n_keep != 0 && weight_of(p, p->kept.n_keep - 1) < t)
		p->kept.n_keep--;
	return t;
}

static uint64_t find_budget(const struct pairing *p)
{
	const struct pairs_params *params = p->job->params;
	uint64_t bytes = 0, percent = params->percent == 0 ? BQ_PAIRS_PERCENT : params->percent;

	if (params->t != 0)
		return UINT64_MAX;
	for (unsigned kind = 1; kind < SECTION_KINDS; kind++)
		if (kind != SECTION_DOCS)
			bytes += p->s->file.section[kind].len;
	return bytes * percent / 100;
}

/* ---- all pairs --------------------------------------------------------- */

int pairing_check_stop(const struct pairing *p, struct bq_error *err)
{
	const volatile sig_atomic_t *stop = p->job->params->stop;

	if (stop == NULL || *stop == 0)
		return BQ_OK;
	return bq_error_set(err, BQ_ECANCELLED, 0, "stopped by a signal");
}

/* What a scan may read of the segment: where that fits, no page has to go. */
static uint64_t read_bytes(const struct segment *s)
{
	return s->post.len + s->pos.len + s->file.section[SECTION_HEADS].len;
}

uint64_t pairing_divide(const struct pairing *p, uint32_t n_parts, bool is_tight, struct scan_part *out)
{
	uint64_t memory = p->job->params->memory_bytes, pages = memory / PAGES_SHARE, lists;

	pages = pages < PAGES_LEAST ? PAGES_LEAST : pages;
	*out = (struct scan_part){ .to = p->s->leaf.n_docs, .is_tight = is_tight,
		.pages_bytes = memory == 0 || read_bytes(p->s) <= pages ? UINT64_MAX : pages / n_parts };
	lists = n_parts * scan_bytes(p->n_words, out);
	if (memory == 0)
		return UINT64_MAX;
	return pages < memory && lists < memory - pages ? memory - pages - lists : 0;
}

static int write_lists(struct pairing *p)
{
	uint32_t n_parts = pairing_rows_parts(p);
	int rc = n_parts != 0 ? pairing_rows(p, n_parts) : pairing_runs(p);

	return rc == BQ_EFORMAT || rc == BQ_ECANCELLED ? rc : describe(p, rc, errno);
}

/* ---- output ------------------------------------------------------------ */

/* The words that are covered under `t` get numbers, by place. */
static uint32_t number_words(const struct pairing *p, uint32_t t, uint32_t *numbers, uint32_t *places)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_words; i++) {
		numbers[i] = UINT32_MAX;
		if (pairs_weight(p->terms[i].df, p->terms[i].ttf) < t)
			continue;
		places[n] = p->terms[i].ord;
		numbers[i] = n++;
	}
	return n;
}

/* Lists of covered words to PPOST, what is known of them to `w`. */
static int copy_lists(struct pairing *p, const uint32_t *numbers, struct pairs_writer *w, struct container_writer *out)
{
	struct spool_reader r = { .spool = &p->kept.lists };
	const uint8_t *bytes;
	struct waiting e;
	int rc;

	while ((rc = spool_read(&r, sizeof e, &bytes)) == BQ_OK) {
		memcpy(&e, bytes, sizeof e);
		rc = spool_read(&r, e.bytes, &bytes);
		if (rc != BQ_OK)
			break;
		if (numbers[e.a] == UINT32_MAX || numbers[e.b] == UINT32_MAX)
			continue;
		static const uint8_t zeros[4];
		struct pairs_entry entry = { .df = e.df, .impact = e.impact, .ttf = e.ttf, .bytes = e.bytes };
		container_put(out, zeros, (size_t)(pairs_align(w->at, e.df) - w->at));
		container_put(out, bytes, e.bytes);
		pairs_writer_add(w, numbers[e.a], numbers[e.b], &entry);
	}
	spool_reader_release(&r);
	return rc == BQ_END ? BQ_OK : rc;
}

static int write_sections(struct pairing *p, uint32_t t, struct container_writer *out)
{
	uint32_t *numbers = malloc((p->n_words + 1ull) * sizeof *numbers);
	uint32_t *places = malloc((p->n_words + 1ull) * sizeof *places);
	struct pairs_writer w = { .lines = NULL };
	int rc = BQ_ENOMEM;

	if (numbers == NULL || places == NULL)
		goto out;
	if (!pairs_writer_init(&w, t, number_words(p, t, numbers, places)))
		goto out;
	container_begin(out, SECTION_PPOST);
	rc = copy_lists(p, numbers, &w, out);
	container_end(out);
	container_begin(out, SECTION_PAIRS);
	if (rc == BQ_OK)
		rc = pairs_writer_finish(&w, places, out);
	container_end(out);
out:
	rc = describe(p, rc, errno);
	pairs_writer_release(&w);
	free(numbers);
	free(places);
	return rc;
}

static int make_lists(struct pairing *p)
{
	int rc = prepare_words(p);

	if (rc != BQ_OK)
		return rc;
	p->kept.n_keep = p->n_words;
	p->kept.budget = find_budget(p);
	return write_lists(p);
}

int pairing_write(const struct pairing_job *job, struct container_writer *out, uint32_t *t, struct bq_error *err)
{
	struct pairing *p = calloc(1, sizeof *p);
	struct bq_error why;
	int rc = BQ_OK;

	if (p == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for pairs");
	p->job = job;
	p->s = job->s;
	p->n_words = job->n_places;
	p->floor = pairing_floor(job->params);
	p->err = err == NULL ? &why : err;
	spool_init(&p->kept.lists, job->dirfd, job->number);
	if (p->n_words != 0)
		rc = make_lists(p);
	*t = rc == BQ_OK ? choose_t(p) : 0;
	if (rc == BQ_OK)
		rc = write_sections(p, *t, out);
	spool_release(&p->kept.lists);
	free(p->terms);
	free(p->kept.rank);
	free(p->by_rank);
	free(p->kept.cost);
	free(p);
	return rc;
}
