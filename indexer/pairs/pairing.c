/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/pairing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pairs/pairs.h"
#include "pairs/records.h"
#include "pairs/runs.h"
#include "segment/segment.h"
#include "segment/spool.h"

enum {
	IMPACT_TFS = 4,
	PAGES_SHARE = 4,       /* of memory, for pages of the segment; records have the rest */
	PAGES_LEAST = 8 << 20, /* bytes: below that they would come and go all the time */
};

/* A list as it waits for T: this, then its bytes. */
struct waiting {
	uint64_t ttf, bytes;
	uint32_t df;
	uint16_t a, b;
	uint8_t impact, spare[7];
};

struct pairing {
	const struct pairing_job *job;
	const struct segment *s;
	struct bq_error *err;   /* never NULL */
	uint32_t floor;         /* what T is at least */
	uint32_t n_words;       /* that weigh `floor`; at most PAIRS_MAX_WORDS */
	struct bq_term *terms;  /* of each */
	uint32_t *rank;         /* of each, the heaviest first */
	uint32_t *by_rank;
	/* A budget for lists: a pair counts where its lighter word is. */
	uint64_t *cost;         /* of each rank */
	uint32_t n_keep;        /* ranks that fit so far; others need not be written */
	uint64_t used, budget;  /* `used` by ranks below n_keep */
	struct records records; /* either */
	struct runs runs;       /* or */
	struct spool lists;
	struct postings_writer list;
	uint8_t impacts[IMPACT_TFS][256];
	float k[256];
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
		p->rank[p->by_rank[i]] = i;
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
	p->rank = malloc(n * sizeof *p->rank);
	p->by_rank = malloc(n * sizeof *p->by_rank);
	p->cost = calloc(n, sizeof *p->cost);
	if (p->terms == NULL || p->rank == NULL || p->by_rank == NULL || p->cost == NULL)
		return no_memory(p);
	int rc = read_terms(p);
	if (rc == BQ_OK)
		rc = rank_words(p);
	return rc == BQ_OK && p->n_words > PAIRS_MAX_WORDS ? raise_floor(p) : rc;
}

/* ---- the budget -------------------------------------------------------- */

/* What the dictionary of `n` words takes without its groups. */
static uint64_t fixed_bytes(uint32_t n)
{
	return pairs_table_bytes(n) + 64;
}

static uint64_t varint_bytes(uint64_t v)
{
	return v == 0 ? 1 : (70u - (unsigned)__builtin_clzll(v)) / 7;
}

/* What a pair takes at most in PPOST and its group: all but what aligns its list
 * (below 4 bytes, which may lengthen a varint) is exact; a group's own 14 bytes
 * are spread over its 32 pairs as one each. */
static uint64_t pair_bytes(const struct waiting *e)
{
	bool is_long = e->df >= BQ_SMALL_DF, repeats = e->ttf != e->df;
	uint64_t bytes = e->bytes + (is_long ? 3 : 0);

	return bytes + varint_bytes(e->df) + varint_bytes(bytes << 1) + (is_long ? 1 : 0)
		+ (repeats ? varint_bytes(e->ttf - e->df - 1) : 0) + 1;
}

/* Let the lightest words go until the others fit.  Sums only grow: who does not
 * fit now never will. */
static void keep_budget(struct pairing *p)
{
	while (p->n_keep != 0 && p->used + fixed_bytes(p->n_keep) > p->budget)
		p->used -= p->cost[--p->n_keep];
}

/* T: the smallest that leaves out all words that did not fit, and so those that
 * weigh as much. */
static uint32_t choose_t(struct pairing *p)
{
	keep_budget(p);
	if (p->n_keep == p->n_words)
		return p->floor;
	uint32_t t = weight_of(p, p->n_keep) + 1;
	while (p->n_keep != 0 && weight_of(p, p->n_keep - 1) < t)
		p->n_keep--;
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

/* ---- lists ------------------------------------------------------------- */

static void prepare_impacts(struct pairing *p)
{
	const struct container_head *h = &p->s->file.head;

	bq_length_norms(h->k1, h->b, h->avg_len, p->k);
	for (uint32_t tf = 1; tf <= IMPACT_TFS; tf++)
		for (unsigned code = 0; code < 256; code++)
			p->impacts[tf - 1][code] = postings_impact(tf, p->k[code]);
}

static uint8_t impact_of(const struct pairing *p, uint32_t doc, uint32_t tf)
{
	uint8_t code = p->s->leaf.norms[doc];

	return tf <= IMPACT_TFS ? p->impacts[tf - 1][code] : postings_impact(tf, p->k[code]);
}

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

static void put_long_list(struct pairing *p, const uint32_t *docs, const uint32_t *tfs, struct waiting *e)
{
	postings_writer_clear(&p->list);
	for (uint32_t i = 0; i < e->df; i++) {
		if (p->list.n == BQ_BLOCK_DOCS)
			postings_writer_block(&p->list);
		postings_writer_add(&p->list, docs[i], tfs[i], impact_of(p, docs[i], tfs[i]));
	}
	e->impact = postings_writer_finish(&p->list, NULL, &p->lists.buf).impact;
	p->lists.buf.oom |= postings_writer_oom(&p->list);
}

/* The list of pair (a, b), of `df` documents. */
static void put_list(struct pairing *p, const struct waiting *pair, const uint32_t *docs, const uint32_t *tfs)
{
	uint32_t a = p->rank[pair->a], b = p->rank[pair->b], least = a > b ? a : b;
	struct waiting e = *pair;
	struct bq_buf *buf = &p->lists.buf;
	size_t start = buf->len;

	if (least >= p->n_keep)
		return;
	bq_buf_put(buf, &e, sizeof e);
	if (e.df < BQ_SMALL_DF)
		postings_put_tail(buf, docs, tfs, e.df, 0);
	else
		put_long_list(p, docs, tfs, &e);
	if (buf->oom)
		return; /* the spool's owner asks */
	e.bytes = buf->len - start - sizeof e;
	memcpy(buf->ptr + start, &e, sizeof e);
	p->cost[least] += pair_bytes(&e);
	p->used += pair_bytes(&e);
	spool_drain(&p->lists);
}

/* All pairs whose first word is `a`, from records in memory. */
static void put_row(struct pairing *p, uint32_t a)
{
	struct records *r = &p->records;

	if (p->rank[a] >= p->n_keep)
		return;
	records_sort(r, a);
	for (uint32_t b = 0, from = 0; b < p->n_words; from = r->ends[b++]) {
		struct waiting e = { .ttf = r->ends[b] - from, .a = (uint16_t)a, .b = (uint16_t)b, .impact = UINT8_MAX };
		if (e.ttf == 0)
			continue;
		e.df = fold_docs(r->docs + from, r->tfs, (uint32_t)e.ttf);
		put_list(p, &e, r->docs + from, r->tfs);
	}
	keep_budget(p);
}

/* ---- all pairs --------------------------------------------------------- */

static int check_stop(const struct pairing *p)
{
	const volatile sig_atomic_t *stop = p->job->params->stop;

	if (stop == NULL || *stop == 0)
		return BQ_OK;
	return bq_error_set(p->err, BQ_ECANCELLED, 0, "stopped by a signal");
}

/* How the budget is parted: what is left for records. */
static uint64_t divide_memory(const struct pairing *p, struct scan_memory *scan)
{
	uint64_t memory = p->job->params->memory_bytes, pages = memory / PAGES_SHARE, lists;

	scan->pages_bytes = memory == 0 ? UINT64_MAX : pages < PAGES_LEAST ? PAGES_LEAST : pages;
	lists = scan_bytes(p->n_words, scan);
	return memory == 0 ? UINT64_MAX : lists < memory - pages ? memory - pages - lists : 0;
}

/* All windows of text to records or runs. */
static int scan_all(struct pairing *p, const struct scan_memory *memory,
	int (*take)(struct pairing *p, const struct scan *sc))
{
	struct scan sc;
	int rc = scan_init(&sc, p->s, p->terms, p->n_words, memory);

	while (rc == BQ_OK && (rc = scan_next(&sc)) == BQ_OK) {
		rc = take(p, &sc);
		if (rc == BQ_OK)
			rc = check_stop(p);
	}
	if (rc == BQ_EFORMAT)
		*p->err = sc.read.error;
	scan_release(&sc);
	return rc == BQ_END ? BQ_OK : rc;
}

static int take_records(struct pairing *p, const struct scan *sc)
{
	records_add(&p->records, sc);
	return BQ_OK;
}

static int write_records(struct pairing *p, const struct scan_memory *memory)
{
	int rc = records_init(&p->records, p->n_words);

	if (rc == BQ_OK)
		rc = records_take(&p->records, p->terms);
	if (rc == BQ_OK)
		rc = scan_all(p, memory, take_records);
	for (uint32_t a = 0; a < p->n_words && rc == BQ_OK; a++) {
		put_row(p, a);
		rc = check_stop(p);
	}
	records_release(&p->records);
	return rc;
}

static int take_runs(struct pairing *p, const struct scan *sc)
{
	return runs_add(&p->runs, sc);
}

/* The same where memory does not hold all records; the lists, and what is kept of
 * them, come out the same. */
static int write_runs(struct pairing *p, const struct scan_memory *memory, uint64_t bytes)
{
	struct runs *r = &p->runs;
	uint32_t row = 0;
	int rc = runs_init(r, p->n_words, p->s->leaf.n_docs, bytes);

	if (rc == BQ_OK)
		rc = scan_all(p, memory, take_runs);
	if (rc == BQ_OK)
		rc = runs_finish(r);
	while (rc == BQ_OK && (rc = runs_next(r)) == BQ_OK) {
		struct waiting e = { .ttf = r->ttf, .df = r->df, .a = (uint16_t)r->a, .b = (uint16_t)r->b,
			.impact = UINT8_MAX };
		if (r->a != row) {
			keep_budget(p);
			row = r->a;
			rc = check_stop(p);
		}
		put_list(p, &e, r->docs, r->tfs);
	}
	keep_budget(p);
	return rc == BQ_END ? BQ_OK : rc;
}

static int write_lists(struct pairing *p)
{
	struct scan_memory memory = { .is_tight = false };
	uint64_t bytes = divide_memory(p, &memory);
	int rc, saved;

	if (records_fit(p->terms, p->n_words, bytes)) {
		rc = write_records(p, &memory);
	} else {
		memory.is_tight = true;
		bytes = divide_memory(p, &memory);
		rc = write_runs(p, &memory, bytes);
	}
	saved = errno;
	runs_release(&p->runs);
	return rc == BQ_EFORMAT || rc == BQ_ECANCELLED ? rc : describe(p, rc, saved);
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
	struct spool_reader r = { .spool = &p->lists };
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
	p->n_keep = p->n_words;
	p->budget = find_budget(p);
	prepare_impacts(p);
	if (!postings_writer_init(&p->list, p->s->leaf.n_docs))
		return no_memory(p);
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
	spool_init(&p->lists, job->dirfd, job->number);
	spool_init(&p->runs.file, job->dirfd, job->number);
	if (p->n_words != 0)
		rc = make_lists(p);
	*t = rc == BQ_OK ? choose_t(p) : 0;
	if (rc == BQ_OK)
		rc = write_sections(p, *t, out);
	spool_release(&p->lists);
	postings_writer_release(&p->list);
	free(p->terms);
	free(p->rank);
	free(p->by_rank);
	free(p->cost);
	free(p);
	return rc;
}
