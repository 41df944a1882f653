/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ranks, as Xapian's own client asks for them: every shard ranks by the numbers
 * of all.
 *
 *   QUERY   question, weights       -->  each shard
 *   STATS   documents, words' numbers <--             added up, of those that answer
 *   GETMSET how many, all numbers   -->
 *   RESULTS weights, documents      <--              merged
 */
#include "xapian/remote/search.h"

#include <stdlib.h>

#include "xapian/remote/ask.h"
#include "xapian/remote/call.h"
#include "xapian/remote/number.h"
#include "xapian/remote/stats.h"

enum { SCRATCH_BYTES = 512 << 20, BY_DOCUMENT_ASCENDING = '1', BY_WEIGHT = '0', ASCENDING = '1' };

/* One search under way. */
struct ranking {
	struct page *page;
	const struct bq_remote_ask *ask;
	struct bq_buf question;     /* body of QUERY; empty: nothing matches it */
	uint32_t max_terms;         /* words in it, at most */
	struct call *call;
	struct bq_arena scratch;    /* of this attempt */
	struct stats parts[BQ_REMOTE_MAX_SHARDS];
	bool has_part[BQ_REMOTE_MAX_SHARDS];
	struct bq_remote_hit *hits[BQ_REMOTE_MAX_SHARDS];
	struct bq_remote_found found[BQ_REMOTE_MAX_SHARDS]; /* of one shard; `hits` is not used */
	struct bq_remote_hit *all;
	uint32_t n_all;
};

/* ---- the question ------------------------------------------------------------------ */

static uint32_t count_terms(const struct bq_expr *e)
{
	uint32_t n = e->kind == BQ_EXPR_TERM;

	for (const struct bq_expr *k = e->kids; k != NULL; k = k->next)
		n += count_terms(k);
	return n;
}

static void put_weighting(struct bq_buf *out, double k1, double b)
{
	struct bq_buf numbers = BQ_BUF_INIT;

	number_put_string(out, BQ_SPAN("Xapian::BM25Weight"));
	number_put_real(&numbers, k1);
	number_put_real(&numbers, 0); /* k2, k3: nothing is weighted by the query's length, or by words said twice */
	number_put_real(&numbers, 0);
	number_put_real(&numbers, b);
	number_put_real(&numbers, 0); /* the shortest length */
	number_put_string(out, bq_buf_span(&numbers));
	out->oom |= numbers.oom;
	bq_buf_release(&numbers);
}

static void put_question(struct bq_buf *out, struct bq_span query, uint32_t length, const struct bq_index *ix)
{
	number_put_string(out, query);
	number_put(out, length);
	number_put(out, 0); /* nothing is collapsed */
	bq_buf_put_u8(out, BY_DOCUMENT_ASCENDING);
	number_put(out, UINT32_MAX); /* sorted by no value */
	bq_buf_put_u8(out, BY_WEIGHT);
	bq_buf_put_u8(out, ASCENDING);
	number_put_real(out, 0); /* no limit of time */
	bq_buf_put_u8(out, 0);   /* nothing is cut off for its percents, or for its weight */
	number_put_real(out, 0);
	put_weighting(out, ix->k1, ix->b);
	number_put_string(out, BQ_SPAN("")); /* nothing is known to be relevant */
}

/* `query` as servers read it. */
static int put_query(struct ranking *r, const struct xapian_c_query *query, struct xapian_c_error *x)
{
	size_t len;
	int rc = xapian_c_query_serialise(query, NULL, 0, &len, x);

	if (rc != XAPIAN_C_ETOOLONG)
		return rc;
	char *bytes = malloc(len + 1);
	if (bytes == NULL)
		return XAPIAN_C_ENOMEM;
	rc = xapian_c_query_serialise(query, bytes, len + 1, NULL, x);
	if (rc == XAPIAN_C_OK)
		put_question(&r->question, bq_span_make(bytes, len), xapian_c_query_length(query), &r->page->index);
	free(bytes);
	return rc;
}

static int make_question(struct ranking *r, struct bq_error *err)
{
	struct xapian_c_query *query;
	struct xapian_c_error x = { 0 };
	int rc = ask_make(r->ask->expr, &query, err);

	if (rc != BQ_OK)
		return rc;
	r->max_terms = count_terms(r->ask->expr);
	if (!xapian_c_query_is_empty(query))
		rc = put_query(r, query, &x);
	xapian_c_query_free(query);
	if (rc == XAPIAN_C_ENOMEM || r->question.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the question");
	return rc == XAPIAN_C_OK ? BQ_OK : bq_error_set(err, BQ_EQUERY, 0, "Xapian: %.60s: %.160s", x.type, x.msg);
}

/* ---- numbers ---------------------------------------------------------------------- */

static enum session_heard hear_stats(void *arg, uint32_t i, const struct line_message *m)
{
	struct ranking *r = arg;

	if (m->type == HEARD_EXCEPTION)
		return session_refuse(r->call->s, i, m);
	if (m->type != HEARD_STATS || !stats_read(m->body, r->max_terms, &r->scratch, &r->parts[i]))
		return EAR_NONSENSE;
	r->has_part[i] = true;
	return EAR_ALL;
}

static int ask_stats(struct ranking *r, bool *again)
{
	struct session *s = r->call->s;
	uint64_t until = call_until(r->call);

	for (uint32_t i = 0; i < s->n; i++)
		if (s->shards[i].is_here)
			session_ask(s, i, SAY_QUERY, bq_buf_span(&r->question), until);
	return call_hear(r->call, hear_stats, r, again);
}

/* ---- ranks ------------------------------------------------------------------------ */

/* How many hits of its own a shard is asked for. */
static uint32_t wanted_of(const struct ranking *r, uint32_t i)
{
	uint64_t want = (uint64_t)r->ask->first + r->ask->max;
	uint32_t has = r->call->s->shards[i].documents;

	return want < has ? (uint32_t)want : has;
}

static bool read_hit(struct number_reader *in, uint32_t leaf, struct bq_remote_hit *out)
{
	out->leaf = leaf;
	out->weight = number_take_real(in);
	out->doc = (uint32_t)number_take(in, UINT32_MAX) - 1;
	(void)number_take_string(in); /* what it would be sorted by, collapsed by, how many were */
	(void)number_take_string(in);
	(void)number_take(in, UINT32_MAX);
	return !in->is_bad && out->weight >= 0 && out->doc < BQ_MAX_DOCS;
}

/* RESULTS: the first rank, counts, weights of all, hits; then numbers that we sent. */
static bool read_results(struct ranking *r, uint32_t i, struct bq_span body)
{
	struct number_reader in = number_reader_of(body);
	struct bq_remote_found *f = &r->found[i];
	uint64_t first = number_take(&in, UINT32_MAX);

	f->least = number_take(&in, UINT32_MAX);
	f->estimate = number_take(&in, UINT32_MAX);
	f->most = number_take(&in, UINT32_MAX);
	for (int skip = 0; skip < 3; skip++)
		(void)number_take(&in, UINT64_MAX);
	for (int skip = 0; skip < 3; skip++)
		(void)number_take_real(&in);
	f->n = (uint32_t)number_take(&in, wanted_of(r, i));
	if (in.is_bad || first != 0 || f->least > f->most || f->n > f->most)
		return false;
	r->hits[i] = bq_arena_alloc(&r->scratch, (f->n + 1ull) * sizeof *r->hits[i]);
	for (uint32_t k = 0; k < f->n && r->hits[i] != NULL; k++)
		if (!read_hit(&in, i, &r->hits[i][k]))
			return false;
	return true;
}

static enum session_heard hear_results(void *arg, uint32_t i, const struct line_message *m)
{
	struct ranking *r = arg;

	if (m->type == HEARD_EXCEPTION)
		return session_refuse(r->call->s, i, m);
	if (m->type != HEARD_RESULTS || !read_results(r, i, m->body)) {
		r->found[i] = (struct bq_remote_found){ 0 };
		return EAR_NONSENSE;
	}
	return EAR_ALL;
}

static int ask_results(struct ranking *r, bool *again)
{
	struct session *s = r->call->s;
	struct bq_buf numbers = BQ_BUF_INIT, body = BQ_BUF_INIT;
	uint64_t until = call_until(r->call);
	bool oom = !stats_put_sum(r->parts, r->has_part, s->n, &r->scratch, &numbers);

	for (uint32_t i = 0; i < s->n && !oom; i++) {
		uint32_t want = wanted_of(r, i);
		if (!r->has_part[i])
			continue;
		bq_buf_clear(&body);
		number_put(&body, 0);
		number_put(&body, want);
		number_put(&body, r->ask->exact ? s->shards[i].documents : want);
		bq_buf_put_span(&body, bq_buf_span(&numbers));
		oom = body.oom;
		session_ask(s, i, SAY_GETMSET, bq_buf_span(&body), until);
	}
	bq_buf_release(&numbers);
	bq_buf_release(&body);
	return oom ? BQ_ENOMEM : call_hear(r->call, hear_results, r, again);
}

/* ---- an attempt -------------------------------------------------------------------- */

/* Whether all that gave numbers gave ranks, too. */
static bool is_consistent(const struct ranking *r)
{
	for (uint32_t i = 0; i < r->call->s->n; i++)
		if (r->has_part[i] && !r->call->s->shards[i].is_here)
			return false;
	return true;
}

static int compare_rank(const void *a, const void *b)
{
	const struct bq_remote_hit *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->doc != y->doc)
		return x->doc < y->doc ? -1 : 1;
	return (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

static int merge(struct ranking *r)
{
	uint32_t n = r->call->s->n, n_all = 0;

	for (uint32_t i = 0; i < n; i++)
		n_all += r->found[i].n;
	r->all = bq_arena_alloc(&r->scratch, (n_all + 1ull) * sizeof *r->all);
	if (r->all == NULL || r->scratch.oom)
		return BQ_ENOMEM;
	r->n_all = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (r->found[i].n != 0)
			memcpy(r->all + r->n_all, r->hits[i], r->found[i].n * sizeof *r->all);
		r->n_all += r->found[i].n;
	}
	if (n_all > 1)
		qsort(r->all, n_all, sizeof *r->all, compare_rank);
	return BQ_OK;
}

static void begin_attempt(struct ranking *r, struct call *k)
{
	r->call = k;
	bq_arena_reset(&r->scratch);
	memset(r->parts, 0, sizeof r->parts);
	memset(r->has_part, 0, sizeof r->has_part);
	memset(r->found, 0, sizeof r->found);
	r->n_all = 0;
}

static int rank(struct ranking *r)
{
	bool again = false;
	int rc = ask_stats(r, &again);

	if (rc == BQ_OK && r->scratch.oom)
		rc = BQ_ENOMEM;
	if (rc == BQ_OK && again && !r->call->is_last)
		return CALL_AGAIN;
	if (rc == BQ_OK && r->call->s->n_here != 0)
		rc = ask_results(r, &again);
	/* ranks by the numbers of a shard that is not there any more: asked again if there is time */
	if (rc == BQ_OK && !is_consistent(r) && !r->call->is_last && call_until(r->call) < r->page->deadline_ns)
		return CALL_AGAIN;
	return rc == BQ_OK ? merge(r) : rc;
}

static int attempt(struct call *k, void *arg)
{
	struct ranking *r = arg;

	begin_attempt(r, k);
	if (r->question.len == 0)
		return BQ_OK;
	int rc = rank(r);
	for (uint32_t i = 0; i < k->s->n && rc != BQ_OK; i++) /* they wait for the rest of the exchange */
		if (r->has_part[i] || k->s->shards[i].is_awaited)
			session_drop(k->s, i);
	return rc;
}

/* ---- the answer --------------------------------------------------------------------- */

static int copy_answer(const struct ranking *r, struct bq_arena *mem, struct bq_remote_found *out, struct bq_error *err)
{
	uint32_t from = r->ask->first < r->n_all ? r->ask->first : r->n_all, n = r->n_all - from;

	n = n < r->ask->max ? n : r->ask->max;
	out->hits = bq_arena_alloc(mem, (n + 1ull) * sizeof *out->hits);
	if (out->hits == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for %u hits", n);
	if (n != 0)
		memcpy(out->hits, r->all + from, n * sizeof *out->hits);
	out->n = n;
	for (uint32_t i = 0; i < r->page->remote->cluster.n; i++) {
		out->least += r->found[i].least;
		out->estimate += r->found[i].estimate;
		out->most += r->found[i].most;
	}
	return BQ_OK;
}

int search_ranks(struct page *p, const struct bq_remote_ask *ask, struct bq_arena *mem, struct bq_remote_found *out,
	struct bq_error *err)
{
	struct ranking *r = calloc(1, sizeof *r);
	int rc;

	if (r == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for the question");
	r->page = p;
	r->ask = ask;
	bq_arena_init(&r->scratch, SCRATCH_BYTES);
	rc = make_question(r, err);
	if (rc == BQ_OK)
		rc = call_make(p, attempt, r, err);
	if (rc == BQ_OK)
		rc = copy_answer(r, mem, out, err);
	bq_arena_release(&r->scratch);
	bq_buf_release(&r->question);
	free(r);
	return rc;
}
