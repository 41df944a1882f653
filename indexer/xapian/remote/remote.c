/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/remote.h"

#include <stdlib.h>

#include "xapian/engine/naming.h"
#include "xapian/remote/page.h"
#include "xapian/remote/session.h"

enum { ARENA_BYTES = 32 << 20, OPEN_MS = 800 };

/* What one shard says when the index is opened. */
struct greeting {
	bool has_answered;
	struct bq_span build; /* the metadata of bqindex */
	uint64_t gen;
	uint32_t documents;
	char uuid[CLUSTER_UUID];
};

/* ---- asking all of them ------------------------------------------------------------ */

/* What shard `i`, which is connected, says of itself. */
static void read_greeting(struct remote *r, const struct session_shard *shard, uint32_t i, struct greeting *out)
{
	struct cluster *c = &r->cluster;
	struct bq_error err = { 0 };
	struct manifest m;

	out->documents = shard->documents;
	memcpy(out->uuid, shard->uuid, sizeof out->uuid);
	if (out->build.len == 0)
		cluster_set_down(c, i, "not a database that bqindex built");
	else if (manifest_parse_as(NAMING_FORMAT, out->build, &r->mem, &m, &err) != BQ_OK)
		cluster_set_down(c, i, err.msg);
	else
		out->has_answered = true;
	out->gen = out->has_answered ? m.gen : 0;
}

static int greet_all(struct remote *r, struct session *s, struct greeting *all)
{
	struct session_patience p = { cluster_now_ns() + OPEN_MS * 1000000ull, NULL };
	struct bq_span builds[BQ_REMOTE_MAX_SHARDS];
	int rc = session_open(s, &p, &r->mem, builds);

	for (uint32_t i = 0; i < r->cluster.n && rc == BQ_OK; i++) {
		all[i].build = builds[i];
		if (s->shards[i].line.fd >= 0)
			read_greeting(r, &s->shards[i], i, &all[i]);
	}
	return rc;
}

/* ---- which generation ----------------------------------------------------------------- */

static uint32_t count_like(const struct greeting *all, uint32_t n, const struct greeting *g)
{
	uint32_t like = 0;

	for (uint32_t i = 0; i < n; i++)
		like += all[i].has_answered && bq_span_eq(all[i].build, g->build);
	return like;
}

/* The newest, then the one that most have, then the first; NULL if none answers. */
static const struct greeting *choose_build(const struct greeting *all, uint32_t n)
{
	const struct greeting *best = NULL;

	for (uint32_t i = 0; i < n; i++) {
		if (!all[i].has_answered)
			continue;
		if (best == NULL || all[i].gen > best->gen ||
			(all[i].gen == best->gen && count_like(all, n, &all[i]) > count_like(all, n, best)))
			best = &all[i];
	}
	return best;
}

static int fail_all(struct cluster *c, struct bq_error *err)
{
	struct bq_remote_shard s;

	cluster_look(c, 0, &s);
	return bq_error_set(err, BQ_EIO, 0, "no shard answers; %.80s: %.120s", s.at, s.why);
}

static int take_build(struct remote *r, const struct greeting *all, struct bq_error *err)
{
	struct cluster *c = &r->cluster;
	const struct greeting *build = choose_build(all, c->n);

	if (build == NULL)
		return fail_all(c, err);
	for (uint32_t i = 0; i < c->n; i++) {
		char why[96];
		if (!all[i].has_answered)
			continue;
		if (bq_span_eq(all[i].build, build->build)) {
			memcpy(c->shards[i].uuid, all[i].uuid, CLUSTER_UUID);
			r->index.n_docs += all[i].documents;
			continue;
		}
		memcpy(c->shards[i].stranger, all[i].uuid, CLUSTER_UUID);
		(void)snprintf(why, sizeof why, "serves generation %llu, others %llu%s", (unsigned long long)all[i].gen,
			(unsigned long long)build->gen, all[i].gen == build->gen ? " of another build" : "");
		cluster_set_down(c, i, why);
	}
	c->build = build->build;
	return manifest_parse_as(NAMING_FORMAT, build->build, &r->mem, &r->manifest, err);
}

/* ---- the index -------------------------------------------------------------------------- */

/* Documents may be any number there is: shards are not asked again. */
static void make_leaf(struct page_leaf *l, uint32_t number, struct page *page)
{
	l->leaf.ops = &page_leaf_ops;
	l->leaf.n_docs = BQ_MAX_DOCS;
	l->leaf.number = number + 1;
	l->number = number;
	l->page = page;
}

static int fill_index(struct remote *r, const char *dir, struct bq_error *err)
{
	const struct manifest *m = &r->manifest;
	struct bq_index *ix = &r->index;
	struct bq_text *text;

	ix->gen = m->gen;
	ix->k1 = m->k1;
	ix->b = m->b;
	ix->avg_len = m->avg_len;
	ix->n_live = ix->n_docs;
	ix->n_tokens = (uint64_t)((double)m->avg_len * (double)ix->n_docs);
	ix->text = m->text;
	ix->n_sources = m->n_sources;
	ix->sources = m->sources;
	ix->is_xapian = ix->is_remote = true;
	ix->dir = dir;
	ix->priv = r;
	ix->n_leaves = r->cluster.n;
	ix->leaves = r->leaves;
	int rc = bq_text_new(&ix->text, &text, err);
	if (rc != BQ_OK)
		return rc;
	ix->text_id = bq_text_id(text);
	bq_text_free(text);
	if (ix->text_id != m->text_id)
		return bq_error_set(err, BQ_EVERSION, 0, "analysed by another version of bq: build the index again");
	return BQ_OK;
}

static void free_remote(struct remote *r)
{
	cluster_release(&r->cluster);
	bq_arena_release(&r->mem);
	free(r->leaf_store);
	free(r);
}

/* The connections that were made are the first session's. */
static int greet(struct remote *r, struct greeting *all, struct bq_error *err)
{
	struct cluster *c = &r->cluster;
	struct session *s;
	int rc = cluster_take(c, UINT64_MAX, NULL, &s);

	if (rc == BQ_OK)
		rc = greet_all(r, s, all);
	if (rc == BQ_OK)
		rc = take_build(r, all, err);
	else
		(void)bq_error_set(err, rc, 0, "out of memory");
	for (uint32_t i = 0; s != NULL && i < c->n; i++) {
		if (rc == BQ_OK && c->shards[i].uuid[0] != '\0')
			session_take_in(s, i);
		else
			session_drop(s, i);
	}
	if (s != NULL)
		cluster_give(c, s);
	return rc;
}

static int open_shards(struct remote *r, const char *dir, struct bq_error *err)
{
	struct greeting *all = calloc(BQ_REMOTE_MAX_SHARDS, sizeof *all);
	int rc;

	r->leaf_store = calloc(r->cluster.n, sizeof *r->leaf_store);
	if (all == NULL || r->leaf_store == NULL || r->cluster.dir == NULL) {
		free(all);
		return bq_error_set(err, BQ_ENOMEM, 0, "out of memory");
	}
	for (uint32_t i = 0; i < r->cluster.n; i++) {
		make_leaf(&r->leaf_store[i], i, NULL);
		r->leaves[i] = &r->leaf_store[i].leaf;
	}
	rc = greet(r, all, err);
	free(all);
	if (rc == BQ_OK)
		rc = fill_index(r, r->cluster.dir, err);
	if (rc == BQ_OK && r->mem.oom)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "%.200s: out of memory", dir);
	return rc;
}

int remote_open(const char *dir, struct bq_index **out, struct bq_error *err)
{
	struct remote *r = calloc(1, sizeof *r);
	struct address *all = calloc(BQ_REMOTE_MAX_SHARDS, sizeof *all);
	int rc = BQ_ENOMEM;

	*out = NULL;
	if (r != NULL && all != NULL)
		rc = address_parse(dir + strlen(BQ_REMOTE_SCHEME), all, BQ_REMOTE_MAX_SHARDS, &r->cluster.n, err);
	else
		(void)bq_error_set(err, rc, 0, "%.200s: out of memory", dir);
	if (rc != BQ_OK) {
		free(all);
		free(r);
		return rc;
	}
	for (uint32_t i = 0; i < r->cluster.n; i++)
		r->cluster.shards[i].address = all[i];
	free(all);
	cluster_init(&r->cluster);
	atomic_init(&r->owners, 1);
	bq_arena_init(&r->mem, ARENA_BYTES);
	r->cluster.dir = bq_arena_dup(&r->mem, bq_span_of(dir)).ptr;
	rc = open_shards(r, dir, err);
	if (rc == BQ_OK)
		*out = &r->index;
	else
		free_remote(r);
	return rc;
}

void remote_ref(struct bq_index *ix) { atomic_fetch_add(&((struct remote *)ix->priv)->owners, 1); }

void remote_unref(struct bq_index *ix)
{
	struct remote *r = ix->priv;

	if (atomic_fetch_sub(&r->owners, 1) == 1)
		free_remote(r);
}

int remote_stamp(const char *dir, struct bq_index_stamp *out, struct bq_error *err)
{
	(void)err;
	*out = (struct bq_index_stamp){ .checksum = cluster_stamp(dir) };
	return BQ_OK;
}

/* ---- copies ------------------------------------------------------------------------------ */

struct bq_index *bq_remote_attach(struct bq_index *ix, uint64_t deadline_ns, const atomic_bool *cancel)
{
	struct remote *r = ix->priv;
	uint32_t n = r->cluster.n;
	struct page *p = calloc(1, sizeof *p + n * sizeof p->leaves[0]);
	struct bq_leaf **leaves = calloc(n, sizeof *leaves);
	uint64_t now = cluster_now_ns();

	if (p == NULL || leaves == NULL) {
		free(p);
		free(leaves);
		return NULL;
	}
	p->index = r->index;
	p->index.leaves = leaves;
	p->remote = r;
	p->patience_ms = deadline_ns == 0 ? CLUSTER_PATIENCE_MS : deadline_ns <= now ? 1 :
		deadline_ns - now > 60000000000ull ? 60000 : (uint32_t)((deadline_ns - now) / 1000000);
	p->deadline_ns = deadline_ns == 0 ? now + CLUSTER_PATIENCE_MS * 1000000ull : deadline_ns;
	p->cancel = cancel;
	bq_arena_init(&p->mem, PAGE_BYTES);
	bq_arena_init(&p->fetched, PAGE_DOC_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		make_leaf(&p->leaves[i], i, p);
		leaves[i] = &p->leaves[i].leaf;
	}
	return &p->index;
}

void bq_remote_detach(struct bq_index *copy)
{
	if (copy == NULL)
		return;
	struct page *p = page_of(copy);
	bq_arena_release(&p->fetched);
	bq_arena_release(&p->mem);
	free(copy->leaves);
	free(p);
}

void bq_remote_begin(struct bq_index *copy, struct bq_text *text)
{
	struct page *p = page_of(copy);

	page_forget(p);
	p->wants = NULL;
	p->forms = NULL;
	p->wanted = NULL;
	p->n_wanted = p->max_wanted = 0;
	p->n_wants = p->max_wants = p->n_forms = p->max_forms = 0;
	memset(p->may_begin, 0, sizeof p->may_begin);
	bq_arena_reset(&p->mem);
	p->text = text;
}

/* Which words this one can be, by their first byte.  English stems begin as their
 * words do; not all languages' do. */
static void note_beginning(struct page *p, enum bq_term_kind kind, struct bq_span word)
{
	bool is_stem = kind == BQ_TERM_STEM || kind == BQ_TERM_TITLE_STEM;

	if (word.len == 0 || (is_stem && strcmp(p->index.text.lang, "en") != 0))
		memset(p->may_begin, true, sizeof p->may_begin);
	else
		p->may_begin[(uint8_t)word.ptr[0]] = true;
}

int bq_remote_want(struct bq_index *copy, enum bq_term_kind kind, struct bq_span word, bool is_prefix)
{
	struct page *p = page_of(copy);

	if (p->n_wants == p->max_wants) {
		uint32_t max = p->max_wants == 0 ? 16 : 2 * p->max_wants;
		struct page_want *w = bq_arena_alloc(&p->mem, max * sizeof *w);
		if (w == NULL)
			return BQ_ENOMEM;
		if (p->n_wants != 0)
			memcpy(w, p->wants, p->n_wants * sizeof *w);
		p->wants = w;
		p->max_wants = max;
	}
	p->wants[p->n_wants++] = (struct page_want){ kind, bq_arena_dup(&p->mem, word), is_prefix };
	note_beginning(p, kind, word);
	return p->mem.oom ? BQ_ENOMEM : BQ_OK;
}

bool bq_remote_has(const struct bq_index *copy, uint32_t leaf, uint32_t doc)
{
	return page_find(page_of(copy), leaf, doc) != NULL;
}

bool bq_remote_shard(const struct bq_index *ix, uint32_t i, struct bq_remote_shard *out)
{
	struct remote *r = ix->priv;
	bool is_copy = ix != &r->index;

	if (i >= r->cluster.n)
		return false;
	cluster_look(&r->cluster, i, out);
	if (is_copy) {
		out->is_up = !page_of(ix)->has_failed[i];
		memcpy(out->why, page_of(ix)->why[i], sizeof out->why);
	}
	return true;
}
