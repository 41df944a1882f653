/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEARCH and COUNT.  A reply longer than a piece is written in several runs;
 * between them the hits stay in job->mem, and the query is parsed again where
 * places and snippets need it.
 */
#include "server/verb/verb.h"

#include <string.h>

#include <bq/remote.h>

#include "server/server.h"
#include "server/wire/doc_token.h"

enum {
	RENEW_BYTES = 24 << 20, /* of the worker's memory, beyond which formatting starts afresh */
	FETCH_HITS = 64,        /* documents of other machines fetched at once */
};

/* What a reply in pieces is made of. */
struct search_progress {
	struct bq_hits found;  /* everything in it lives in job->mem */
	uint32_t i;            /* the hit that is due */
	uint32_t place;        /* its SNIP that is due */
	bool has_put_hit;      /* its HIT is written */
	bool is_second_pass;   /* @snippets=lazy: the HITs are all written */
	bool is_late;          /* the deadline came while snippets were made */
	uint32_t n_lost;       /* hits whose shard failed before they were shown */
	struct verb_shards *shards; /* of an index that is on other machines; NULL */
};

/* ---- on the loop: which generations ------------------------------------ */

static bool add_once(struct job *job, struct live_gen *g)
{
	for (uint32_t i = 0; i < job->view.n; i++)
		if (job->gens[i] == g)
			return true;
	return verb_add_gen(job, g);
}

static bool add_named(struct server *s, struct job *job)
{
	struct bq_span rest = job->opts.index, name;

	while (live_next_name(&rest, &name)) {
		const struct live_index *x = live_find(&s->live, name);
		if (x == NULL)
			return verb_fail(job, REPLY_NOT_FOUND, "no such index; INDEXES lists them");
		if (x->current == NULL)
			return verb_fail(job, REPLY_UNAVAILABLE, x->error);
		if (!add_once(job, x->current))
			return false;
	}
	return job->view.n > 0 || verb_fail(job, REPLY_BAD_REQUEST, "@index names no index");
}

/* An index that cannot be asked, or NULL. */
static const struct live_index *find_missing(const struct server *s)
{
	for (uint32_t i = 0; i < s->live.n; i++)
		if (s->live.items[i].current == NULL)
			return &s->live.items[i];
	return NULL;
}

/* Say that the answer is without an index.  True. */
static bool note_missing(const struct server *s, struct job *job)
{
	const struct live_index *x = find_missing(s);

	if (x != NULL)
		job->warning = bq_arena_printf(&job->mem, "index %s is not searched: %s", x->name, x->error);
	return true;
}

/* All that can be asked, with a warning about the others. */
static bool add_all(struct server *s, struct job *job)
{
	const struct live_index *missing = find_missing(s);

	for (uint32_t i = 0; i < s->live.n; i++) {
		const struct live_index *x = &s->live.items[i];
		if (x->current != NULL && !add_once(job, x->current))
			return false;
	}
	if (job->view.n == 0)
		return verb_fail(job, REPLY_UNAVAILABLE, missing == NULL ? "no index" : missing->error);
	return note_missing(s, job);
}

/* The generations a cursor was made for; what is left is the query's own.  What the
 * first page was without, the others are, too, also when it came back. */
static bool add_of_cursor(struct server *s, struct job *job)
{
	struct bq_span *rest = &job->opts.after;
	char behind = ',';
	uint64_t uid;

	while (behind == ',') {
		if (job->view.n == OPTIONS_MAX_INDEXES || !doc_token_take_uid(rest, &uid, &behind))
			return verb_fail(job, REPLY_BAD_REQUEST, "@after is no cursor");
		struct live_gen *g = live_find_uid(&s->live, uid);
		if (g == NULL)
			return verb_fail(job, REPLY_GEN_GONE, "the cursor is of a generation no longer held");
		if (!add_once(job, g))
			return false;
	}
	if (behind == '-' && note_missing(s, job) && job->warning == NULL)
		job->warning = "an index that was missing from the first page is not searched: search anew";
	return true;
}

bool verb_search_prepare(struct server *s, struct job *job)
{
	if (job->opts.after.ptr != NULL)
		return add_of_cursor(s, job);
	return job->opts.index.ptr != NULL ? add_named(s, job) : add_all(s, job);
}

bool verb_count_prepare(struct server *s, struct job *job)
{
	return verb_search_prepare(s, job) &&
		(job->warning == NULL || verb_fail(job, REPLY_UNAVAILABLE, job->warning));
}

/* ---- on a worker ------------------------------------------------------- */

struct bq_query_opts verb_query_opts(const struct job *job)
{
	const struct request_opts *o = &job->opts;

	return (struct bq_query_opts){
		.match = o->match,
		.words_only = o->is_words,
		.keep_stopwords = o->keeps_stopwords,
		.partial = o->is_partial,
		.sort = o->sort,
		.total = o->total,
		.limit = o->limit,
		.offset = o->offset,
		.after = o->after,
		.deadline_ns = job->deadline_ns,
		.cancel = &job->cancel,
	};
}

static int parse(struct job *job, struct worker *w, const struct bq_query_opts *opts, struct bq_query **out,
	struct bq_error *err)
{
	if (w->searcher == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a searcher");
	return bq_query_parse(w->searcher, &job->view, job->req.query, opts, &w->mem, out, err);
}

/* Copy what the query found out of the worker's memory; NULL when it does not
 * fit. */
static struct search_progress *keep(struct job *job, const struct bq_hits *found)
{
	struct search_progress *p = BQ_ARENA_NEW(&job->mem, struct search_progress, 1);
	struct bq_hit *hits = bq_arena_alloc(&job->mem, found->n * sizeof *hits);
	const char **warnings = BQ_ARENA_NEW(&job->mem, const char *, found->n_warnings);

	if (p == NULL || hits == NULL || warnings == NULL)
		return NULL;
	p->found = *found;
	if (found->n > 0)
		memcpy(hits, found->hits, found->n * sizeof *hits);
	for (uint32_t i = 0; i < found->n_warnings; i++)
		warnings[i] = bq_arena_dup(&job->mem, bq_span_of(found->warnings[i])).ptr;
	p->found.hits = hits;
	p->found.warnings = warnings;
	if (found->why != NULL)
		p->found.why = bq_arena_dup(&job->mem, bq_span_of(found->why)).ptr;
	if (found->next.len > 0)
		p->found.next = bq_arena_dup(&job->mem, found->next);
	return job->mem.oom ? NULL : p;
}

static void put_next(struct job *job, struct bq_span next)
{
	struct response *r = &job->re;

	response_put_name(r, "next");
	bq_buf_put_u8(r->out, '"');
	for (uint32_t i = 0; i < job->view.n; i++) {
		if (i > 0)
			bq_buf_put_u8(r->out, ',');
		doc_token_put_uid(r->out, job->gens[i]->uid);
	}
	bq_buf_put_u8(r->out, job->warning == NULL ? '.' : '-');
	bq_buf_put_span(r->out, next); /* the query promises letters, digits and . _ - */
	bq_buf_put_u8(r->out, '"');
}

static void put_hint(struct response *r, const struct bq_hits *found)
{
	const struct {
		const char *name;
		uint64_t n;
	} members[] = { { "near", found->hint_near }, { "all", found->hint_all }, { "any", found->hint_any } };

	response_open(r, "hint", '{');
	for (size_t i = 0; i < 3; i++)
		if (members[i].n != UINT64_MAX)
			response_put_u64(r, members[i].name, members[i].n);
	response_close(r, '}');
}

static enum job_step put_end(struct job *job, struct search_progress *p)
{
	const struct bq_hits *found = &p->found;
	struct response *r = &job->re;

	verb_shards_note(job, &p->shards);

	response_begin(r, "END");
	response_put_u64(r, "hits", found->n - p->n_lost);
	if (job->opts.total != BQ_TOTAL_NONE) {
		response_put_u64(r, "total", found->total);
		response_put_bool(r, "exact", found->exact);
	}
	if (found->has_any)
		response_put_u64(r, "any", found->any);
	verb_put_took(job);
	if (found->next.len > 0)
		put_next(job, found->next);
	if (found->is_partial || p->is_late)
		verb_put_partial(r, p->is_late || found->why == NULL ? "deadline" : found->why);
	else if (p->shards != NULL)
		verb_put_partial(r, "shards");
	else if (job->warning != NULL)
		verb_put_partial(r, "index");
	verb_shards_put(r, p->shards);
	if (found->has_hint)
		put_hint(r, found);
	verb_put_warnings(job, found->warnings, found->n_warnings);
	(void)response_end(r);
	job->hits = found->n - p->n_lost;
	return JOB_DONE;
}

/* ---- the hits, in pieces ----------------------------------------------- */

struct hit_writer {
	struct job *job;
	struct worker *w;
	struct search_progress *p;
	const struct bq_query_opts *opts;
	struct bq_query *query; /* NULL: to be parsed when it is needed */
	uint32_t fetched;       /* hits before this one were fetched in this run, if they had to be */
	struct hit_file file;
};

/* Whether this hit, in this pass, needs places. */
static bool wants_places(const struct hit_writer *hw)
{
	enum snippets_mode mode = hw->job->opts.snippets;

	return !hw->p->is_late && (mode == SNIPPETS_INLINE || (mode == SNIPPETS_LAZY && hw->p->is_second_pass));
}

static bool is_remote(const struct hit_writer *hw)
{
	return hw->job->view.indexes[0]->is_remote;
}

/* A query to ask for places, parsed again when the last one's memory is big. */
static int renew_query(struct hit_writer *hw, struct bq_error *err)
{
	if (hw->query != NULL && hw->w->mem.bytes < RENEW_BYTES && !hw->w->mem.oom)
		return BQ_OK;
	bq_arena_reset(&hw->w->mem);
	hw->query = NULL;
	if (is_remote(hw) && hw->fetched > hw->p->i) /* a new query has no documents */
		hw->fetched = hw->p->i;
	return parse(hw->job, hw->w, hw->opts, &hw->query, err);
}

/* The documents of the next hits. */
static int fetch_hits(struct hit_writer *hw, struct bq_error *err)
{
	struct search_progress *p = hw->p;
	uint32_t left = p->found.n - p->i, n = left < FETCH_HITS ? left : FETCH_HITS;
	struct bq_hit *hits = (struct bq_hit *)(uintptr_t)p->found.hits + p->i; /* ours: see keep() */

	if (!is_remote(hw) || p->i < hw->fetched)
		return BQ_OK;
	hw->fetched = p->i + n;
	if (!wants_places(hw) && hw->opts->match != BQ_MATCH_ANY)
		bq_remote_begin(hw->job->view.indexes[0], NULL);
	return bq_query_fetch(hw->query, hits, n, err);
}

/* Whether the document of hit p->i cannot be had. */
static bool is_lost(const struct hit_writer *hw)
{
	const struct bq_hit *hit = &hw->p->found.hits[hw->p->i];

	return is_remote(hw) && !bq_remote_has(hw->job->view.indexes[0], hit->leaf, hit->doc);
}

/* The lines that are due of hit p->i in this pass: BQ_OK when all are written,
 * BQ_END when the job is full first. */
static int put_hit(struct hit_writer *hw, struct bq_error *err)
{
	struct search_progress *p = hw->p;

	p->is_late |= wants_places(hw) && verb_is_late(hw->job); /* the other hits come without places */
	bool wants = wants_places(hw);
	int rc = wants || is_remote(hw) ? renew_query(hw, err) : BQ_OK;
	if (rc == BQ_OK)
		rc = fetch_hits(hw, err);
	if (rc == BQ_OK && is_lost(hw)) {
		p->n_lost += !p->is_second_pass;
		return BQ_OK;
	}
	struct hit_lines lines = {
		.job = hw->job,
		.w = hw->w,
		.file = &hw->file,
		.query = wants ? hw->query : NULL,
		.has_places = wants && hw->job->opts.snippets == SNIPPETS_INLINE,
		.rank = hw->job->opts.offset + p->i + 1,
		.hit = p->found.hits[p->i],
	};

	if (rc == BQ_OK)
		rc = verb_hit_open(&lines, err);
	if (rc != BQ_OK)
		return rc;
	if (!p->is_second_pass && !p->has_put_hit)
		verb_hit_put(&lines);
	p->has_put_hit = true;
	return wants ? verb_hit_put_snips(&lines, &p->place, err) : BQ_OK;
}

/* Hit p->i, once more when there was no memory or time for its places. */
static int put_hit_somehow(struct hit_writer *hw, struct bq_error *err)
{
	int rc = put_hit(hw, err);

	if (rc == BQ_ENOMEM) { /* with all the worker's memory for this hit alone */
		hw->w->mem.oom = true;
		rc = put_hit(hw, err);
	}
	if (rc == BQ_EDEADLINE) {
		hw->p->is_late = true;
		rc = put_hit(hw, err);
	}
	return rc;
}

static bool begin_second_pass(struct hit_writer *hw)
{
	struct search_progress *p = hw->p;

	if (hw->job->opts.snippets != SNIPPETS_LAZY || p->is_second_pass || p->is_late)
		return false;
	p->is_second_pass = true;
	p->i = hw->fetched = 0;
	return true;
}

static enum job_step put_hits(struct hit_writer *hw)
{
	struct search_progress *p = hw->p;
	struct bq_error err = { 0 };

	do {
		while (p->i < p->found.n) {
			if (job_is_full(hw->job))
				return JOB_MORE;
			int rc = atomic_load(&hw->job->cancel) ? bq_error_set(&err, BQ_ECANCELLED, 0, "cancelled") :
				put_hit_somehow(hw, &err);
			if (rc == BQ_END)
				return JOB_MORE;
			if (rc != BQ_OK)
				return verb_end_error(hw->job, &err);
			p->i++;
			p->place = 0;
			p->has_put_hit = false;
		}
	} while (begin_second_pass(hw));
	return put_end(hw->job, p);
}

enum job_step verb_search_work(struct job *job, struct worker *w)
{
	struct bq_query_opts opts = verb_query_opts(job);
	struct hit_writer hw = { .job = job, .w = w, .p = job->progress, .opts = &opts };
	struct bq_error err = { 0 };
	struct bq_hits found = { 0 };

	if (hw.p == NULL) {
		if (parse(job, w, &opts, &hw.query, &err) != BQ_OK || bq_query_search(hw.query, &found, &err) != BQ_OK)
			return verb_end_error(job, &err);
		job->progress = hw.p = keep(job, &found);
		if (hw.p == NULL) {
			(void)bq_error_set(&err, BQ_ENOMEM, 0, "no memory for the hits");
			return verb_end_error(job, &err);
		}
	}
	enum job_step step = put_hits(&hw);
	if (step == JOB_MORE)
		verb_shards_note(job, &hw.p->shards);
	return step;
}

enum job_step verb_count_work(struct job *job, struct worker *w)
{
	struct bq_query_opts opts = verb_query_opts(job);
	struct bq_query *query;
	struct bq_error err = { 0 };
	uint64_t total;

	if (parse(job, w, &opts, &query, &err) != BQ_OK || bq_query_count(query, &total, &err) != BQ_OK)
		return verb_end_error(job, &err);
	response_begin(&job->re, "END");
	response_put_u64(&job->re, "total", total);
	response_put_bool(&job->re, "exact", true);
	verb_put_took(job);
	verb_end(job);
	return JOB_DONE;
}
