/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/pairing_work.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "pairs/records.h"
#include "segment/segment.h"

enum {
	JOB_RECORDS = 1 << 15,  /* of a job, about; a row is not parted */
	JOBS = 16,              /* a thread, under way: so that none waits while another has the row of "the" */
	MOST_WAITING = 4 << 20, /* bytes of lists, of jobs that others have to be taken before */
};

/* Some documents. */
struct part {
	struct task task; /* first */
	struct rows *rows;
	uint32_t number;
	struct scan_part scan;
	int rc;
	struct bq_error err;
};

/* What one thread has. */
struct hand {
	struct lists lists;
	struct row row;
	bool is_open;
};

/* The rows [from, to). */
struct job {
	struct task task; /* first */
	struct rows *rows;
	uint32_t from, to;
	uint32_t n_keep;     /* as of its start */
	struct bq_buf lists;
};

/*   documents --> part | part ..  --> records --> job | job | job --> kept, in their order
 *                  all at once                     rows, sorted, encoded: a ring         */
struct rows {
	struct pairing *p;
	struct pool *pool;
	struct part parts[POOL_MAX];
	uint32_t n_parts, ends[POOL_MAX]; /* documents */
	uint64_t *counts;                 /* [n_parts][n_words]: how often is the word in the part? */
	struct records records;
	struct hand hands[POOL_MAX];
	struct job *ring;
	unsigned n_ring, at;              /* the next to be cut */
	unsigned n_under_way;             /* before it */
	atomic_size_t waiting;            /* bytes */
};

uint32_t pairing_rows_parts(const struct pairing *p)
{
	uint32_t n = pool_threads(p->job->pool);
	struct scan_part scan;

	n = n > p->s->leaf.n_docs ? 1 : n;
	if (records_fit(p->terms, p->n_words, n, pairing_divide(p, n, false, &scan)))
		return n;
	return records_fit(p->terms, p->n_words, 1, pairing_divide(p, 1, false, &scan)) ? 1 : 0;
}

/* ---- documents --> records --------------------------------------------- */

/* Parts of about as many words each. */
static void part_documents(struct rows *r, const struct scan_part *scan)
{
	const struct bq_leaf *leaf = &r->p->s->leaf;
	uint64_t all = 0, sum = 0;
	uint32_t doc = 0;

	for (uint32_t i = 0; i < leaf->n_docs; i++)
		all += 1ull + bq_len_decode(leaf->norms[i]);
	for (uint32_t k = 0; k < r->n_parts; k++) {
		struct part *part = &r->parts[k];
		*part = (struct part){ .rows = r, .number = k, .scan = *scan };
		part->scan.from = doc;
		while (doc < leaf->n_docs && (k + 1 == r->n_parts || sum < all / r->n_parts * (k + 1)))
			sum += 1ull + bq_len_decode(leaf->norms[doc++]);
		part->scan.to = r->ends[k] = doc;
	}
}

/* Have all parts do something at a time.  The first failure. */
static int run_parts(struct rows *r, void (*run)(struct task *t, unsigned worker))
{
	int rc = BQ_OK;

	for (uint32_t k = 0; k < r->n_parts; k++) {
		r->parts[k].task.run = run;
		pool_submit(r->pool, &r->parts[k].task);
	}
	for (uint32_t k = 0; k < r->n_parts; k++) {
		struct part *part = &r->parts[k];
		pool_wait(r->pool, &part->task);
		if (rc == BQ_OK && part->rc != BQ_OK) {
			rc = part->rc;
			*r->p->err = part->err;
		}
	}
	return rc;
}

/* Count some of the words in all parts. */
static void count_words(struct task *t, unsigned worker)
{
	struct part *part = (struct part *)t;
	struct rows *r = part->rows;
	uint32_t n = r->p->n_words, k = part->number;
	uint32_t from = (uint32_t)((uint64_t)n * k / r->n_parts), to = (uint32_t)((uint64_t)n * (k + 1) / r->n_parts);
	struct placed_block block;
	struct bq_read rd = { .mem = NULL };

	(void)worker;
	for (uint32_t a = from; a < to && part->rc == BQ_OK; a++) {
		struct placed list = { .at = &block };
		uint64_t counts[POOL_MAX] = { 0 };
		part->rc = placed_open(&list, r->p->s, &r->p->terms[a], &rd);
		if (part->rc == BQ_OK)
			part->rc = placed_count(&list, r->ends, r->n_parts, counts);
		for (uint32_t i = 0; i < r->n_parts; i++)
			r->counts[(size_t)i * n + a] = counts[i];
	}
	part->err = rd.error;
}

static void fill_rows(struct task *t, unsigned worker)
{
	struct part *part = (struct part *)t;
	const struct pairing *p = part->rows->p;
	struct scan sc;
	int rc = scan_init(&sc, p->s, p->terms, p->n_words, &part->scan);

	(void)worker;
	while (rc == BQ_OK && (rc = scan_next(&sc)) == BQ_OK) {
		records_add(&part->rows->records, part->number, &sc);
		rc = pairing_check_stop(p, &part->err);
	}
	if (rc == BQ_EFORMAT)
		part->err = sc.read.error;
	scan_release(&sc);
	part->rc = rc == BQ_END ? BQ_OK : rc;
}

static int gather_records(struct rows *r)
{
	const struct pairing *p = r->p;
	struct scan_part scan;
	int rc = BQ_OK;

	(void)pairing_divide(p, r->n_parts, false, &scan);
	part_documents(r, &scan);
	r->counts = malloc(((size_t)p->n_words * r->n_parts + 1) * sizeof *r->counts);
	if (r->counts == NULL)
		return BQ_ENOMEM;
	for (uint32_t a = 0; r->n_parts == 1 && a < p->n_words; a++)
		r->counts[a] = p->terms[a].ttf;
	if (r->n_parts != 1)
		rc = run_parts(r, count_words);
	if (rc == BQ_OK)
		rc = records_init(&r->records, p->n_words, r->n_parts, r->counts);
	return rc == BQ_OK ? run_parts(r, fill_rows) : rc;
}

/* ---- records --> lists ------------------------------------------------- */

/* docs[n], one for each time, to one for each document with its tf; the count. */
static uint32_t fold_docs(uint32_t *docs, uint32_t *tfs, uint32_t n)
{
	uint32_t df = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (df != 0 && docs[df - 1] == docs[i]) {
			tfs[df - 1]++;
			continue;
		}
		docs[df] = docs[i];
		tfs[df++] = 1;
	}
	return df;
}

/* All pairs whose first word is `a`. */
static void put_row(struct job *j, struct hand *h, uint32_t a)
{
	const struct kept *kept = &j->rows->p->kept;
	const struct row *row = &h->row;

	records_sort(&j->rows->records, a, &h->row);
	for (uint32_t b = 0, from = 0; b < j->rows->p->n_words; from = row->ends[b++]) {
		struct waiting e = { .ttf = row->ends[b] - from, .a = (uint16_t)a, .b = (uint16_t)b,
			.impact = UINT8_MAX };
		if (e.ttf == 0 || kept->rank[b] >= j->n_keep)
			continue;
		e.df = fold_docs(row->docs + from, row->tfs, (uint32_t)e.ttf);
		lists_put(&h->lists, &e, row->docs + from, row->tfs, &j->lists);
	}
}

static void run_job(struct task *t, unsigned worker)
{
	struct job *j = (struct job *)t;

	for (uint32_t a = j->from; a < j->to; a++)
		if (j->rows->p->kept.rank[a] < j->n_keep)
			put_row(j, &j->rows->hands[worker], a);
	atomic_fetch_add(&j->rows->waiting, j->lists.len);
}

/* The one that was cut first. */
static struct job *oldest_job(const struct rows *r)
{
	return &r->ring[(r->at + r->n_ring - r->n_under_way) % r->n_ring];
}

/* Take what the oldest job has made. */
static int finish_job(struct rows *r)
{
	struct job *j = oldest_job(r);

	pool_wait(r->pool, &j->task);
	r->n_under_way--;
	atomic_fetch_sub(&r->waiting, j->lists.len);
	kept_take(&r->p->kept, &j->lists);
	kept_fit(&r->p->kept);
	if (j->lists.cap > SPOOL_BYTES)
		bq_buf_release(&j->lists); /* of words as frequent as "the" */
	bq_buf_clear(&j->lists);
	return pairing_check_stop(r->p, r->p->err);
}

/* Hand out the rows [from, to), and make room for the next job. */
static int start_job(struct rows *r, uint32_t from, uint32_t to)
{
	struct job *j = &r->ring[r->at];
	int rc = BQ_OK;

	j->from = from;
	j->to = to;
	j->n_keep = r->p->kept.n_keep;
	pool_submit(r->pool, &j->task);
	r->at = (r->at + 1) % r->n_ring;
	r->n_under_way++;
	while (rc == BQ_OK && r->n_under_way != 0
		&& (r->n_under_way == r->n_ring || atomic_load(&r->waiting) > MOST_WAITING))
		rc = finish_job(r);
	return rc;
}

static int open_jobs(struct rows *r)
{
	unsigned threads = pool_threads(r->pool);
	bool is_open = true;

	r->n_ring = threads == 1 ? 1 : JOBS * threads;
	r->ring = calloc(r->n_ring, sizeof *r->ring);
	for (unsigned i = 0; i < threads && is_open; i++) {
		struct hand *h = &r->hands[i];
		h->is_open = true;
		is_open = lists_init(&h->lists, r->p->s);
		is_open &= row_init(&h->row, r->p->terms, r->p->n_words, r->p->s->leaf.n_docs);
	}
	for (unsigned i = 0; i < r->n_ring && r->ring != NULL; i++) {
		r->ring[i].task.run = run_job;
		r->ring[i].rows = r;
	}
	return is_open && r->ring != NULL ? BQ_OK : BQ_ENOMEM;
}

static void close_jobs(struct rows *r)
{
	for (; r->n_under_way != 0; r->n_under_way--)
		pool_wait(r->pool, &oldest_job(r)->task);
	for (unsigned i = 0; i < r->n_ring && r->ring != NULL; i++)
		bq_buf_release(&r->ring[i].lists);
	for (unsigned i = 0; i < POOL_MAX && r->hands[i].is_open; i++) {
		lists_release(&r->hands[i].lists);
		row_release(&r->hands[i].row);
	}
	free(r->ring);
}

static int write_rows(struct rows *r)
{
	const struct pairing *p = r->p;
	int rc = open_jobs(r);

	for (uint32_t from = 0, to; from < p->n_words && rc == BQ_OK; from = to) {
		uint64_t sum = p->terms[from].ttf;
		for (to = from + 1; to < p->n_words && sum + p->terms[to].ttf <= JOB_RECORDS; to++)
			sum += p->terms[to].ttf;
		rc = start_job(r, from, to);
	}
	while (rc == BQ_OK && r->n_under_way != 0)
		rc = finish_job(r);
	close_jobs(r);
	return rc;
}

int pairing_rows(struct pairing *p, uint32_t n_parts)
{
	struct rows *r = calloc(1, sizeof *r);
	int rc;

	if (r == NULL)
		return BQ_ENOMEM;
	r->p = p;
	r->pool = p->job->pool;
	r->n_parts = n_parts;
	rc = gather_records(r);
	if (rc == BQ_OK)
		rc = write_rows(r);
	records_release(&r->records);
	free(r->counts);
	free(r);
	return rc;
}
