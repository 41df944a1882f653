/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/dictionary.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <bq/arena.h>

#include "base/pool.h"
#include "build/radix.h"
#include "build/unite.h"

enum {
	STOP_WORDS = 1 << 12, /* stemmed between two looks at `stop` */
	LEAST_PART = 64,      /* words that a thread is asked to stem, but for fewer words in all */
	JOB_TERMS = 128,      /* of a job, about */
	JOBS = 16,            /* a thread, under way: so that none waits while another has a word like "the" */
	MOST_WAITING = 4 << 20, /* bytes made, of jobs that others have to be put before */
};

/* A written word under its stem. */
struct form {
	uint64_t prefix;  /* the stem's first 8 bytes, which decide most comparisons */
	const char *stem; /* the word's own first bytes, or in a hand's mem */
	uint32_t word;    /* number in the vocabulary */
	uint8_t len;      /* of the stem */
	bool is_word;     /* it is the stem */
};

/* The stems over one kind of words. */
struct stems {
	struct form *forms; /* by stem, then word */
	uint32_t n_forms;
	uint32_t n_terms;   /* stems that get a term */
};

/* What one thread has. */
struct hand {
	struct vocabulary *v;   /* a fork of dictionary.v, or it */
	uint32_t *places;       /* of one stem's forms */
	struct unite merge;
	struct bq_text *text;   /* of the first, dictionary_write()'s; else **owned**, when there are words to stem */
	struct bq_arena mem;    /* texts of stems */
};

/* Neighbouring words, stemmed and sorted by one thread. */
struct stemming {
	struct task task; /* first */
	struct dictionary *d;
	struct form *forms; /* [n], of the words from `from` on */
	uint32_t from, n;
	int rc;
	struct bq_error err;
};

/* Some neighbouring terms: forms [from, to) of stems, or words. */
struct job {
	struct task task; /* first */
	struct dictionary *d;
	const struct stems *stems; /* NULL: words */
	enum bq_term_kind kind;    /* of stems */
	uint32_t from, to;
	size_t bytes; /* made */
	int rc;
	struct bq_error err;
	struct term_batch batch;
};

/*   words --> job | job | job --> the writer, in their order
 *              cut, encoded, put: a ring                       */
struct dictionary {
	struct vocabulary *v;
	struct segment_writer *w;
	struct pool *pool;
	struct stems words, titles;
	uint32_t max_places;
	struct hand hands[POOL_MAX];
	struct job *ring;
	unsigned n_ring, at;         /* the next to be cut */
	unsigned n_under_way;        /* before it */
	atomic_size_t waiting;       /* bytes */
	struct bq_error *err;
};

static int no_memory(const struct vocabulary *v, struct bq_error *err)
{
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory to sort %u words", v->n);
}

/* Between two terms. */
static int take_breath(struct vocabulary *v, struct bq_error *err)
{
	if (v->ops->rest != NULL)
		v->ops->rest(v);
	if (v->stop != NULL && *v->stop != 0)
		return bq_error_set(err, BQ_ECANCELLED, 0, "stopped by a signal");
	return v->ops->check(v, err);
}

/* ---- stems ------------------------------------------------------------- */

static struct bq_span form_stem(const struct form *f)
{
	return bq_span_make(f->stem, f->len);
}

static int compare_forms(const void *pa, const void *pb)
{
	const struct form *a = pa, *b = pb;
	int c;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	c = bq_span_cmp(form_stem(a), form_stem(b));
	return c != 0 ? c : (a->word > b->word) - (a->word < b->word);
}

/* The end of the group of forms that starts at `from`. */
static uint32_t group_end(const struct stems *s, uint32_t from)
{
	uint32_t to = from + 1;

	while (to < s->n_forms && s->forms[to].prefix == s->forms[from].prefix &&
		bq_span_eq(form_stem(&s->forms[to]), form_stem(&s->forms[from])))
		to++;
	return to;
}

/* Whether the group's only written word is the stem itself. */
static bool is_plain(const struct stems *s, uint32_t from, uint32_t to)
{
	return to - from == 1 && s->forms[from].is_word;
}

/* The form that word `i` is.  Most stems are the first bytes of their word. */
static struct form make_form(const struct dictionary *d, struct hand *h, uint32_t i)
{
	struct bq_span word = d->v->ops->word(d->v, i), stem = bq_text_stem_once(h->text, word);
	bool is_start = bq_span_starts(word, stem);

	stem = is_start ? bq_span_first(word, stem.len) : bq_arena_dup(&h->mem, stem);
	return (struct form){ terms_prefix(stem), stem.ptr, i, (uint8_t)stem.len, is_start && stem.len == word.len };
}

static void stem_words(struct task *t, unsigned worker)
{
	struct stemming *st = (struct stemming *)t;
	struct dictionary *d = st->d;
	struct hand *h = &d->hands[worker];

	if (h->text == NULL)
		st->rc = bq_text_again(d->hands[0].text, &h->text, &st->err);
	for (uint32_t i = 0; i < st->n && st->rc == BQ_OK; i++) {
		st->forms[i] = make_form(d, h, st->from + i);
		if (i % STOP_WORDS == 0 && d->v->stop != NULL && *d->v->stop != 0)
			st->rc = bq_error_set(&st->err, BQ_ECANCELLED, 0, "stopped by a signal");
	}
	if (st->rc == BQ_OK && h->mem.oom)
		st->rc = no_memory(d->v, &st->err);
	if (st->rc == BQ_OK)
		st->rc = bq_text_check(h->text, &st->err);
	if (st->rc == BQ_OK && !radix_sort(st->forms, st->n, sizeof *st->forms, compare_forms))
		st->rc = no_memory(d->v, &st->err);
}

/* Sorted parts to one: mostly one behind the other, as words are. */
static bool join_parts(struct stems *s, struct stemming *parts, unsigned n)
{
	struct form *joined = n == 1 ? s->forms : malloc((s->n_forms + 1ull) * sizeof *joined);

	if (n == 1 || joined == NULL)
		return joined != NULL;
	for (uint32_t i = 0; i < s->n_forms; i++) {
		struct stemming *best = NULL;
		for (unsigned k = 0; k < n; k++)
			if (parts[k].n != 0 && (best == NULL || compare_forms(parts[k].forms, best->forms) < 0))
				best = &parts[k];
		joined[i] = *best->forms++;
		best->n--;
	}
	free(s->forms);
	s->forms = joined;
	return true;
}

/* Stem and sort the words from `from` on, in `n` parts at a time. */
static int sort_parts(struct dictionary *d, struct stems *s, struct stemming *parts, unsigned n, uint32_t from)
{
	int rc = BQ_OK;

	for (unsigned k = 0; k < n; k++) {
		uint32_t start = (uint32_t)((uint64_t)s->n_forms * k / n), end = (uint32_t)((uint64_t)s->n_forms * (k + 1) / n);
		parts[k] = (struct stemming){ .task = { .run = stem_words }, .d = d, .forms = s->forms + start,
			.from = from + start, .n = end - start };
		pool_submit(d->pool, &parts[k].task);
	}
	for (unsigned k = 0; k < n; k++) {
		pool_wait(d->pool, &parts[k].task);
		if (rc == BQ_OK && parts[k].rc != BQ_OK) {
			rc = parts[k].rc;
			*d->err = parts[k].err;
		}
	}
	return rc;
}

/* The words from `from` on to forms, by stem. */
static int sort_forms(struct dictionary *d, struct stems *s, uint32_t from)
{
	unsigned threads = pool_threads(d->pool), most = s->n_forms / LEAST_PART + 1, n = threads < most ? threads : most;
	struct stemming *parts = malloc(n * sizeof *parts);
	int rc;

	if (parts == NULL)
		return no_memory(d->v, d->err);
	rc = sort_parts(d, s, parts, n, from);
	if (rc == BQ_OK && !join_parts(s, parts, n))
		rc = no_memory(d->v, d->err);
	free(parts);
	return rc;
}

/* Group the words [from, to) by stem. */
static int collect_stems(struct dictionary *d, struct stems *s, uint32_t from, uint32_t to)
{
	int rc;

	s->n_forms = to - from;
	s->forms = malloc((s->n_forms == 0 ? 1 : s->n_forms) * sizeof *s->forms);
	if (s->forms == NULL)
		return no_memory(d->v, d->err);
	rc = sort_forms(d, s, from);
	for (uint32_t i = 0, end; i < s->n_forms && rc == BQ_OK; i = end) {
		end = group_end(s, i);
		s->n_terms += !is_plain(s, i, end);
		d->max_places = end - i > d->max_places ? end - i : d->max_places;
	}
	return rc == BQ_OK ? take_breath(d->v, d->err) : rc;
}

/* ---- encoding ---------------------------------------------------------- */

/* A word's own list. */
static int put_word(struct hand *h, struct job *j, uint32_t i)
{
	struct vocabulary *v = h->v;
	enum bq_term_kind kind = vocabulary_kind(v, i);
	struct postings_room room;
	struct walk w;

	term_batch_term(&j->batch, kind, v->ops->word(v, i), NULL, 0);
	v->ops->start(v, i, &w);
	do {
		room = term_batch_room(&j->batch);
		if (kind != BQ_TERM_WORD)
			room.positions = NULL;
		vocabulary_take(&w, BQ_DOC_END, &room);
		term_batch_take(&j->batch, &room);
	} while (w.doc != BQ_DOC_END && room.n != 0);
	v->ops->stop(&w);
	return take_breath(v, &j->err);
}

/* One stem: its forms by place, and their union if there are several. */
static int put_stem(struct hand *h, struct job *j, const struct form *forms, uint32_t n)
{
	const struct dictionary *d = j->d;
	/* the vocabulary leaves out STEM terms, and TITLE_STEM terms from MARKED on */
	uint32_t shift = d->words.n_terms + (j->kind == BQ_TERM_STEM ? d->titles.n_terms : 0);
	struct postings_room room;

	for (uint32_t i = 0; i < n; i++)
		h->places[i] = forms[i].word + shift;
	term_batch_term(&j->batch, j->kind, form_stem(&forms[0]), h->places, n);
	if (n == 1)
		return BQ_OK;
	if (!unite_start(&h->merge, n))
		return no_memory(d->v, &j->err);
	for (uint32_t i = 0; i < n; i++)
		unite_add(&h->merge, h->v, forms[i].word);
	do {
		room = term_batch_room(&j->batch);
		unite_take(&h->merge, &room);
		term_batch_take(&j->batch, &room);
	} while (room.n != 0);
	return take_breath(h->v, &j->err);
}

static void run_job(struct task *t, unsigned worker)
{
	struct job *j = (struct job *)t;
	struct hand *h = &j->d->hands[worker];

	j->rc = BQ_OK;
	for (uint32_t i = j->from, end; i < j->to && j->rc == BQ_OK; i = end) {
		end = j->stems == NULL ? i + 1 : group_end(j->stems, i);
		if (j->stems == NULL)
			j->rc = put_word(h, j, i);
		else if (!is_plain(j->stems, i, end))
			j->rc = put_stem(h, j, &j->stems->forms[i], end - i);
	}
	if (j->rc == BQ_OK)
		term_batch_end(&j->batch);
	j->bytes = term_batch_bytes(&j->batch);
	atomic_fetch_add(&j->d->waiting, j->bytes);
}

/* ---- jobs -------------------------------------------------------------- */

/* The one that was cut first. */
static struct job *oldest_job(const struct dictionary *d)
{
	return &d->ring[(d->at + d->n_ring - d->n_under_way) % d->n_ring];
}

/* Put what the oldest job has made. */
static int finish_job(struct dictionary *d)
{
	struct job *j = oldest_job(d);

	pool_wait(d->pool, &j->task);
	d->n_under_way--;
	atomic_fetch_sub(&d->waiting, j->bytes);
	if (j->rc != BQ_OK) {
		*d->err = j->err;
		return j->rc;
	}
	segment_writer_batch(d->w, &j->batch);
	term_batch_clear(&j->batch);
	return BQ_OK;
}

/* Hand out the terms [from, to), and make room for the next job. */
static int start_job(struct dictionary *d, const struct stems *stems, enum bq_term_kind kind, uint32_t from, uint32_t to)
{
	struct job *j = &d->ring[d->at];
	int rc = BQ_OK;

	j->stems = stems;
	j->kind = kind;
	j->from = from;
	j->to = to;
	pool_submit(d->pool, &j->task);
	d->at = (d->at + 1) % d->n_ring;
	d->n_under_way++;
	while (rc == BQ_OK && d->n_under_way != 0
		&& (d->n_under_way == d->n_ring || atomic_load(&d->waiting) > MOST_WAITING))
		rc = finish_job(d);
	return rc;
}

static int write_words(struct dictionary *d, uint32_t from, uint32_t to)
{
	int rc = BQ_OK;

	for (uint32_t end; from < to && rc == BQ_OK; from = end) {
		end = to - from < JOB_TERMS ? to : from + JOB_TERMS;
		rc = start_job(d, NULL, BQ_TERM_WORD, from, end);
	}
	return rc;
}

static int write_stems(struct dictionary *d, enum bq_term_kind kind, const struct stems *s)
{
	int rc = BQ_OK;

	for (uint32_t from = 0, end; from < s->n_forms && rc == BQ_OK; from = end) {
		end = from;
		while (end < s->n_forms && end - from < JOB_TERMS)
			end = group_end(s, end);
		rc = start_job(d, s, kind, from, end);
	}
	return rc;
}

static bool open_hand(struct dictionary *d, struct hand *h)
{
	h->v = pool_threads(d->pool) == 1 ? d->v : d->v->ops->fork(d->v, pool_threads(d->pool));
	h->places = malloc((d->max_places + 1ull) * sizeof *h->places);
	return h->v != NULL && h->places != NULL;
}

static void close_hand(struct dictionary *d, struct hand *h)
{
	unite_release(&h->merge);
	free(h->places);
	if (h->v != NULL && h->v != d->v)
		d->v->ops->join(h->v);
}

/* With one thread positions need not wait for their batch: it is the next to be put. */
static int open_jobs(struct dictionary *d)
{
	unsigned threads = pool_threads(d->pool);
	bool is_open = true;

	d->n_ring = threads == 1 ? 1 : JOBS * threads;
	d->ring = calloc(d->n_ring, sizeof *d->ring);
	for (unsigned i = 0; i < threads; i++)
		is_open &= open_hand(d, &d->hands[i]);
	for (unsigned i = 0; i < d->n_ring && d->ring != NULL; i++) {
		struct job *j = &d->ring[i];
		j->task.run = run_job;
		j->d = d;
		is_open &= segment_writer_make_batch(d->w, &j->batch, threads == 1);
	}
	return is_open && d->ring != NULL ? BQ_OK : no_memory(d->v, d->err);
}

static void close_jobs(struct dictionary *d)
{
	for (; d->n_under_way != 0; d->n_under_way--)
		pool_wait(d->pool, &oldest_job(d)->task);
	for (unsigned i = 0; i < d->n_ring && d->ring != NULL; i++)
		term_batch_release(&d->ring[i].batch);
	for (unsigned i = 0; i < pool_threads(d->pool); i++)
		close_hand(d, &d->hands[i]);
	free(d->ring);
}

static int write_all(struct dictionary *d)
{
	uint32_t titles = d->v->n_title, words = titles + d->v->n_marked, n = d->v->n;
	bool has_stems = d->hands[0].text != NULL;
	int rc = BQ_OK;

	if (has_stems)
		rc = collect_stems(d, &d->words, words, n);
	if (rc == BQ_OK && has_stems)
		rc = collect_stems(d, &d->titles, 0, titles);
	if (rc == BQ_OK)
		rc = open_jobs(d);
	if (rc == BQ_OK)
		rc = write_stems(d, BQ_TERM_STEM, &d->words);
	if (rc == BQ_OK)
		rc = write_words(d, 0, titles);
	if (rc == BQ_OK)
		rc = write_stems(d, BQ_TERM_TITLE_STEM, &d->titles);
	if (rc == BQ_OK)
		rc = write_words(d, titles, n);
	while (rc == BQ_OK && d->n_under_way != 0)
		rc = finish_job(d);
	close_jobs(d);
	return rc;
}

int dictionary_write(struct vocabulary *v, struct bq_text *text, struct segment_writer *w, struct bq_error *err)
{
	struct dictionary *d = calloc(1, sizeof *d);
	struct bq_error why;
	int rc;

	if (d == NULL)
		return no_memory(v, err);
	d->v = v;
	d->w = w;
	d->pool = segment_writer_pool(w);
	d->err = err == NULL ? &why : err;
	d->hands[0].text = text;
	for (unsigned i = 0; i < POOL_MAX; i++)
		bq_arena_init(&d->hands[i].mem, SIZE_MAX);
	rc = write_all(d);
	free(d->words.forms);
	free(d->titles.forms);
	for (unsigned i = 0; i < POOL_MAX; i++) {
		bq_arena_release(&d->hands[i].mem);
		bq_text_free(i == 0 ? NULL : d->hands[i].text);
	}
	free(d);
	return rc;
}
