/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/crew.h"

#include <stdlib.h>
#include <string.h>

#include <bq/arena.h>
#include <bq/buf.h>

enum { CHUNK_BYTES = 256 << 10, CHUNK_DOCS = 1024, MAX_COPY_BYTES = 16 << 20 };

struct chunk_doc {
	struct bq_doc_in in;
	struct segment_doc parsed;
	size_t first_mark;
};

struct crew_chunk {
	struct task task; /* first */
	struct crew *crew;
	struct bq_arena mem;  /* the documents' bytes */
	struct bq_buf docs;   /* struct chunk_doc */
	struct bq_buf marks;  /* struct bq_mark */
	size_t bytes;
	uint32_t first_doc;
	bool is_under_way;
	/* by the thread that runs it: */
	unsigned worker;
	uint64_t inverter_bytes, inverter_next;
	int rc;
	struct bq_error err;
};

static int no_memory(struct bq_error *err)
{
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory for documents");
}

/* ---- opening ----------------------------------------------------------- */

static int open_hand(struct crew *c, unsigned i, struct bq_text *text, uint64_t seed, struct bq_error *err)
{
	struct crew_hand *h = &c->hands[i];
	int rc = BQ_OK;

	h->text = text;
	if (i != 0)
		rc = bq_text_again(text, &h->text, err);
	inverter_init(&h->inverter, seed);
	analyser_init(&h->analyser, h->text, &h->inverter);
	return rc;
}

int crew_init(struct crew *c, struct bq_text *text, struct pool *pool, uint64_t memory_bytes, uint64_t seed,
	struct bq_error *err)
{
	unsigned threads = pool_threads(pool);
	int rc = BQ_OK;

	*c = (struct crew){ .pool = pool, .chunk_bytes = memory_bytes / 256, .max_copy = memory_bytes / 64 };
	if (c->chunk_bytes > CHUNK_BYTES)
		c->chunk_bytes = CHUNK_BYTES;
	if (c->max_copy > MAX_COPY_BYTES)
		c->max_copy = MAX_COPY_BYTES;
	c->hands = calloc(threads, sizeof *c->hands);
	c->ring = threads == 1 ? NULL : calloc(2 * threads, sizeof *c->ring);
	if (c->hands == NULL || (threads != 1 && c->ring == NULL))
		return no_memory(err);
	for (; c->n < threads && rc == BQ_OK; c->n++)
		rc = open_hand(c, c->n, text, seed, err);
	for (; threads != 1 && c->n_ring < 2 * threads; c->n_ring++) {
		c->ring[c->n_ring].crew = c;
		bq_arena_init(&c->ring[c->n_ring].mem, SIZE_MAX);
	}
	return rc;
}

static void release_chunk(struct crew *c, struct crew_chunk *k)
{
	if (k->is_under_way)
		pool_wait(c->pool, &k->task);
	bq_arena_release(&k->mem);
	bq_buf_release(&k->docs);
	bq_buf_release(&k->marks);
}

void crew_release(struct crew *c)
{
	for (unsigned i = 0; i < c->n_ring; i++)
		release_chunk(c, &c->ring[i]);
	for (unsigned i = 0; i < c->n; i++) {
		analyser_release(&c->hands[i].analyser);
		inverter_release(&c->hands[i].inverter);
		if (i != 0)
			bq_text_free(c->hands[i].text);
	}
	free(c->ring);
	free(c->hands);
	memset(c, 0, sizeof *c);
}

/* ---- chunks ------------------------------------------------------------ */

static struct chunk_doc *docs_of(const struct crew_chunk *k)
{
	return (struct chunk_doc *)(void *)k->docs.ptr;
}

static uint32_t count_docs(const struct crew_chunk *k)
{
	return (uint32_t)(k->docs.len / sizeof(struct chunk_doc));
}

static int analyse(struct crew_hand *h, struct crew_chunk *k)
{
	for (uint32_t i = 0, n = count_docs(k); i < n; i++) {
		struct chunk_doc *d = &docs_of(k)[i];
		int rc = analyser_doc(&h->analyser, &d->in, k->first_doc + i, &d->parsed, &k->err);
		d->first_mark = k->marks.len / sizeof(struct bq_mark);
		bq_buf_put(&k->marks, d->parsed.marks, d->parsed.n_marks * sizeof(struct bq_mark));
		if (rc != BQ_OK)
			return rc;
	}
	return k->marks.oom ? no_memory(&k->err) : BQ_OK;
}

static void run_chunk(struct task *t, unsigned worker)
{
	struct crew_chunk *k = (struct crew_chunk *)t;
	struct crew_hand *h = &k->crew->hands[worker];

	k->rc = analyse(h, k);
	k->worker = worker;
	k->inverter_bytes = inverter_bytes(&h->inverter);
	k->inverter_next = inverter_next_bytes(&h->inverter);
}

/* Give the documents of a chunk that is under way to the writer. */
static int put_chunk(struct crew *c, struct crew_chunk *k, struct segment_writer *w, struct bq_error *err)
{
	int rc = BQ_OK;

	if (!k->is_under_way)
		return BQ_OK;
	pool_wait(c->pool, &k->task);
	k->is_under_way = false;
	rc = k->rc;
	if (rc != BQ_OK)
		return bq_error_set(err, rc, k->err.at, "%s", k->err.msg);
	for (uint32_t i = 0, n = count_docs(k); i < n; i++) {
		struct chunk_doc *d = &docs_of(k)[i];
		d->parsed.in = &d->in;
		d->parsed.marks = (const struct bq_mark *)(const void *)k->marks.ptr + d->first_mark;
		segment_writer_doc(w, &d->parsed);
		c->n_tokens += d->parsed.length;
	}
	c->hands[k->worker].bytes = k->inverter_bytes;
	c->hands[k->worker].next_bytes = k->inverter_next;
	bq_arena_reset(&k->mem);
	bq_buf_clear(&k->docs);
	bq_buf_clear(&k->marks);
	k->bytes = 0;
	return BQ_OK;
}

/* Have the chunk at hand analysed, and go on with the oldest. */
static int next_chunk(struct crew *c, struct segment_writer *w, struct bq_error *err)
{
	struct crew_chunk *k = &c->ring[c->at];

	if (k->docs.len != 0) {
		k->task.run = run_chunk;
		k->is_under_way = true;
		pool_submit(c->pool, &k->task);
	}
	c->at = (c->at + 1) % c->n_ring;
	return put_chunk(c, &c->ring[c->at], w, err);
}

static void copy_span(struct crew_chunk *k, struct bq_span *s)
{
	k->bytes += s->len;
	if (s->len != 0)
		*s = bq_arena_dup(&k->mem, *s);
}

static int copy_doc(struct crew_chunk *k, const struct bq_doc_in *in, uint32_t doc, struct bq_error *err)
{
	struct chunk_doc d = { .in = *in };

	if (k->docs.len == 0)
		k->first_doc = doc;
	copy_span(k, &d.in.id);
	copy_span(k, &d.in.path);
	copy_span(k, &d.in.title);
	copy_span(k, &d.in.text);
	copy_span(k, &d.in.fields);
	bq_buf_put(&k->docs, &d, sizeof d);
	return k->mem.oom || k->docs.oom ? no_memory(err) : BQ_OK;
}

/* ---- the interface ----------------------------------------------------- */

int crew_check(const struct crew *c, const struct bq_doc_in *in, struct bq_error *err)
{
	return analyser_check(&c->hands[0].analyser, in, err);
}

/* Analyse at once, in the owner's thread. */
static int add_at_once(struct crew *c, const struct bq_doc_in *in, uint32_t doc, struct segment_writer *w,
	struct bq_error *err)
{
	struct crew_hand *h = &c->hands[0];
	struct segment_doc parsed;
	int rc = analyser_doc(&h->analyser, in, doc, &parsed, err);

	if (rc != BQ_OK)
		return rc;
	segment_writer_doc(w, &parsed);
	c->n_tokens += parsed.length;
	h->bytes = inverter_bytes(&h->inverter);
	h->next_bytes = inverter_next_bytes(&h->inverter);
	return BQ_OK;
}

int crew_add(struct crew *c, const struct bq_doc_in *in, uint32_t doc, struct segment_writer *w, struct bq_error *err)
{
	int rc = BQ_OK;

	if (c->n_ring != 0 && in->text.len + in->fields.len <= c->max_copy) {
		struct crew_chunk *k = &c->ring[c->at];
		rc = copy_doc(k, in, doc, err);
		if (rc == BQ_OK && (k->bytes >= c->chunk_bytes || count_docs(k) == CHUNK_DOCS))
			rc = next_chunk(c, w, err);
		return rc;
	}
	rc = crew_drain(c, w, err);
	return rc == BQ_OK ? add_at_once(c, in, doc, w, err) : rc;
}

int crew_drain(struct crew *c, struct segment_writer *w, struct bq_error *err)
{
	int rc = BQ_OK;

	for (unsigned i = 0; i < c->n_ring && rc == BQ_OK; i++)
		rc = next_chunk(c, w, err);
	return rc;
}

uint64_t crew_bytes(const struct crew *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < c->n; i++)
		sum += c->hands[i].bytes;
	return sum;
}

uint64_t crew_next_bytes(const struct crew *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < c->n; i++)
		sum += c->hands[i].next_bytes;
	return sum;
}

uint32_t crew_inverters(const struct crew *c, const struct inverter *out[])
{
	for (unsigned i = 0; i < c->n; i++)
		out[i] = &c->hands[i].inverter;
	return c->n;
}

void crew_empty(struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		inverter_release(&c->hands[i].inverter);
		c->hands[i].bytes = c->hands[i].next_bytes = 0;
	}
}
