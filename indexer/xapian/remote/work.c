/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/work.h"

#include <stdlib.h>

#include "xapian/engine/naming.h"

enum {
	TRIES = 6,
	READ = 256,            /* entries of a list a call */
	MAX_WORDS = 1 << 20,   /* of all shards that start with a prefix */
	ALL_OF_THEM = INT32_MAX,
};

/* ---- searching ---------------------------------------------------------------------- */

/* Number d of a database of n is the (d - 1) / n + 1 of its (d - 1) % n -th. */
static struct bq_remote_hit hit_of(const struct session *s, const struct xapian_c_hit *h)
{
	uint32_t at = h->docid - 1;

	return (struct bq_remote_hit){ s->members[at % s->n_members], at / s->n_members, h->weight };
}

static int read_hits(struct task *t, const struct session *s, const struct xapian_c_mset *m, struct xapian_c_error *x)
{
	uint32_t size = xapian_c_mset_size(m);
	struct xapian_c_hit out[READ];
	int n;

	t->n = 0;
	t->hits = BQ_ARENA_NEW(&t->mem, struct bq_remote_hit, size);
	while (t->hits != NULL && t->n < size && (n = xapian_c_mset_read(m, t->n, out, READ, x)) != 0) {
		if (n < 0)
			return n;
		for (int i = 0; i < n; i++)
			t->hits[t->n++] = hit_of(s, &out[i]);
	}
	return xapian_c_mset_count(m, &t->counts, x);
}

static int search(struct task *t, struct session *s, struct xapian_c_error *x)
{
	struct xapian_c_bm25 bm25 = { .k1 = t->k1, .b = t->b };
	struct xapian_c_enquire *e = NULL;
	struct xapian_c_mset *m = NULL;
	int rc = xapian_c_enquire_new(s->all, &e, x);

	if (rc == XAPIAN_C_OK)
		rc = xapian_c_enquire_set_query(e, t->query, 0, x);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_enquire_set_bm25(e, &bm25, x);
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_enquire_search(e, t->first, t->max, t->exact ? ALL_OF_THEM : 0, &m, x);
	if (rc == XAPIAN_C_OK)
		rc = read_hits(t, s, m, x);
	xapian_c_mset_free(m);
	xapian_c_enquire_free(e);
	return rc;
}

/* ---- fetching ------------------------------------------------------------------------- */

static int fetch_one(struct task *t, struct xapian_c_database *db, uint32_t i, struct xapian_c_error *x)
{
	struct xapian_c_bytes data = { NULL, 0 }, marks = { NULL, 0 };
	struct xapian_c_document *d = NULL;
	struct task_doc *out = &t->docs[i];
	int rc = xapian_c_database_document(db, t->hits[i].doc + 1, &d, x);

	if (rc == XAPIAN_C_ENODOC)
		return XAPIAN_C_OK;
	if (rc == XAPIAN_C_OK)
		rc = xapian_c_document_value(d, SLOT_MARKS, &marks, x);
	if (rc == XAPIAN_C_OK) {
		out->marks = bq_arena_dup(&t->mem, bq_span_make(marks.ptr, marks.len));
		rc = xapian_c_document_data(d, &data, x);
	}
	if (rc == XAPIAN_C_OK) {
		out->data = bq_arena_dup(&t->mem, bq_span_make(data.ptr, data.len));
		out->is_here = true;
	}
	xapian_c_document_free(d);
	return rc;
}

/* Those that are not here yet. */
static int fetch(struct task *t, struct session *s, struct xapian_c_error *x)
{
	int rc = XAPIAN_C_OK;

	if (t->docs == NULL)
		t->docs = BQ_ARENA_NEW(&t->mem, struct task_doc, t->n);
	for (uint32_t i = 0; t->docs != NULL && i < t->n && rc == XAPIAN_C_OK; i++)
		if (!t->docs[i].is_here && s->dbs[t->hits[i].leaf] != NULL)
			rc = fetch_one(t, s->dbs[t->hits[i].leaf], i, x);
	return rc;
}

/* ---- words that start with a prefix ----------------------------------------------------- */

struct words {
	struct task_word *w;
	uint32_t n, cap;
};

static bool add_word(struct task *t, struct words *all, const struct xapian_c_term *term)
{
	if (all->n == all->cap) {
		uint32_t cap = all->cap == 0 ? READ : 2 * all->cap;
		struct task_word *w = bq_arena_alloc(&t->mem, cap * sizeof *w);
		if (w == NULL)
			return false;
		if (all->n != 0)
			memcpy(w, all->w, all->n * sizeof *w);
		all->w = w;
		all->cap = cap;
	}
	all->w[all->n++] = (struct task_word){ bq_arena_dup(&t->mem, bq_span_make(term->text.ptr, term->text.len)),
		term->documents };
	return true;
}

static int compare_word(const void *a, const void *b)
{
	return bq_span_cmp(((const struct task_word *)a)->word, ((const struct task_word *)b)->word);
}

static int compare_frequency(const void *a, const void *b)
{
	const struct task_word *x = a, *y = b;

	return x->documents != y->documents ? (x->documents < y->documents ? 1 : -1) : bq_span_cmp(x->word, y->word);
}

/* The same word of several shards is one. */
static void unite_words(struct task *t, struct words *all)
{
	uint32_t n = 0;

	if (all->n > 1)
		qsort(all->w, all->n, sizeof *all->w, compare_word);
	for (uint32_t i = 0; i < all->n; i++) {
		if (n != 0 && bq_span_eq(all->w[n - 1].word, all->w[i].word))
			all->w[n - 1].documents += all->w[i].documents;
		else
			all->w[n++] = all->w[i];
	}
	if (n > 1)
		qsort(all->w, n, sizeof *all->w, compare_frequency);
	t->has_more = n > t->max;
	t->words = all->w;
	t->n = t->has_more ? t->max : n;
}

static int expand(struct task *t, struct session *s, struct xapian_c_error *x)
{
	struct xapian_c_bytes prefix = { t->prefix.ptr, t->prefix.len };
	struct words all = { 0 };
	int rc = XAPIAN_C_OK;

	for (uint32_t i = 0; i < s->n_members && rc >= 0; i++) {
		struct xapian_c_term out[READ];
		struct xapian_c_terms *list = NULL;
		bool has_room = true;
		rc = xapian_c_terms_of_database(s->dbs[s->members[i]], prefix, &list, x);
		while (rc >= 0 && has_room && (rc = xapian_c_terms_read(list, out, READ, x)) > 0)
			for (int k = 0; k < rc && has_room; k++)
				has_room = all.n < MAX_WORDS && add_word(t, &all, &out[k]);
		xapian_c_terms_free(list);
	}
	if (rc >= 0)
		unite_words(t, &all);
	return rc < 0 ? rc : XAPIAN_C_OK;
}

/* ---- trying ------------------------------------------------------------------------------- */

/* Errors that say something about the question, not about a shard. */
static bool is_about_question(int status)
{
	return status == XAPIAN_C_EARGUMENT || status == XAPIAN_C_EUNIMPLEMENTED || status == XAPIAN_C_EFEATURE ||
		status == XAPIAN_C_EOPERATION || status == XAPIAN_C_EWILDCARD;
}

/* What an answer leaves out. */
static void note_failed(struct task *t, const struct session *s, struct cluster *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		struct bq_remote_shard shard;
		if (s->dbs[i] != NULL)
			continue;
		cluster_look(c, i, &shard);
		t->has_failed[i] = true;
		(void)snprintf(t->why[i], sizeof t->why[i], "%s", shard.why[0] == '\0' ? "does not answer" : shard.why);
	}
}

static uint32_t milliseconds_of(const struct task *t, unsigned of_five)
{
	uint32_t ms = t->patience_ms / 5 * of_five;

	return ms < 10 ? 10 : ms;
}

static int work_once(struct task *t, struct session *s, struct xapian_c_error *x)
{
	switch (t->kind) {
	case TASK_SEARCH: return search(t, s, x);
	case TASK_FETCH: return fetch(t, s, x);
	default: return expand(t, s, x);
	}
}

/* After a failure: connections are in no known state.  One that was used before
 * may have been closed for idleness, or have seen a revision that is gone: then
 * the shard is as good as before. */
static void give_up(struct task *t, struct session *s, struct cluster *c, const struct xapian_c_error *x, bool *is_again)
{
	uint32_t shard = session_find_failed(c, x);
	bool is_stale = (s->is_used && x->status != XAPIAN_C_ETIMEOUT) || (x->status == XAPIAN_C_EMODIFIED && !*is_again);
	char why[sizeof t->why[0]];

	*is_again = true;
	session_close(s);
	if (is_stale || shard == UINT32_MAX)
		return;
	if (x->status == XAPIAN_C_ETIMEOUT)
		(void)snprintf(why, sizeof why, "no answer within %u ms", s->wait_ms);
	else
		(void)snprintf(why, sizeof why, "%.40s: %.100s", x->type, x->msg);
	cluster_set_down(c, shard, why);
}

static int try_often(struct task *t, struct session *s, struct cluster *c, struct bq_error *err)
{
	struct xapian_c_error x = { 0 };
	bool is_again = false;

	for (int i = 0; i < TRIES; i++) {
		if (cluster_is_ending(c))
			return bq_error_set(err, BQ_ECANCELLED, 0, "cancelled");
		if (cluster_now_ns() >= t->deadline_ns)
			return bq_error_set(err, BQ_EDEADLINE, 0, "the shards did not answer in time");
		int rc = session_refresh(s, c, milliseconds_of(t, 2), milliseconds_of(t, 1), err);
		if (rc != BQ_OK) {
			note_failed(t, s, c);
			return rc;
		}
		rc = work_once(t, s, &x);
		if (t->mem.oom || rc == XAPIAN_C_ENOMEM)
			return bq_error_set(err, BQ_ENOMEM, 0, "no memory for what the shards answer");
		if (rc == XAPIAN_C_OK) {
			note_failed(t, s, c);
			s->is_used = true;
			return BQ_OK;
		}
		if (is_about_question(rc))
			return bq_error_set(err, BQ_EQUERY, 0, "Xapian: %.60s: %.160s", x.type, x.msg);
		give_up(t, s, c, &x, &is_again);
	}
	return bq_error_set(err, BQ_EREMOTE, 0, "shards fail: %.60s: %.150s", x.type, x.msg);
}

void work_run(struct task *t, struct session *s, struct cluster *c) { t->status = try_often(t, s, c, &t->error); }
