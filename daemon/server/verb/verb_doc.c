/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verbs that name documents by token: SNIPPET and GET.
 */
#include "server/verb/verb.h"

#include <string.h>

#include <bq/utf8.h>

#include "server/server.h"
#include "server/wire/doc_token.h"

enum { READ_BYTES = 64 * 1024 }; /* of text at a time */

/* ---- tokens ------------------------------------------------------------ */

/* The place in the view of the generation with this uid, or view.n. */
static uint32_t find_gen(const struct job *job, uint64_t uid)
{
	uint32_t i = 0;

	while (i < job->view.n && job->gens[i]->uid != uid)
		i++;
	return i;
}

static bool add_token(struct server *s, struct job *job, struct bq_span text)
{
	struct doc_token token;

	if (!doc_token_parse(text, &token))
		return verb_fail(job, REPLY_BAD_REQUEST, "@doc is no document's token");
	if (find_gen(job, token.uid) < job->view.n)
		return true;
	struct live_gen *g = live_find_uid(&s->live, token.uid);
	if (g == NULL || g->ix->gen != token.gen)
		return verb_fail(job, REPLY_GEN_GONE, "the document is of a generation no longer held");
	return verb_add_gen(job, g);
}

bool verb_doc_prepare(struct server *s, struct job *job)
{
	struct bq_span text;
	uint32_t i = 0;

	if (job->opts.n_docs == 0)
		return verb_fail(job, REPLY_BAD_REQUEST, "@doc is missing");
	if (job->opts.n_docs > 1 && job->command->work == verb_get_work)
		return verb_fail(job, REPLY_BAD_REQUEST, "GET takes one @doc");
	for (uint32_t n = 0; n < job->opts.n_docs; n++) {
		text = request_opts_doc(&job->req, &i);
		if (!add_token(s, job, text))
			return false;
	}
	return true;
}

/* The hit a token stands for.  BQ_ENOTFOUND when its generation has no such
 * document. */
static int hit_of(const struct job *job, struct bq_span text, struct bq_hit *out, struct bq_error *err)
{
	struct doc_token token;

	if (!doc_token_parse(text, &token))
		return bq_error_set(err, BQ_ENOTFOUND, 0, "no such document");
	*out = (struct bq_hit){ .index = find_gen(job, token.uid), .leaf = token.leaf, .doc = token.doc };
	const struct bq_index *ix = out->index < job->view.n ? job->view.indexes[out->index] : NULL;
	if (ix == NULL || token.leaf >= ix->n_leaves || token.doc >= ix->leaves[token.leaf]->n_docs ||
		bq_leaf_is_dead(ix->leaves[token.leaf], token.doc))
		return bq_error_set(err, BQ_ENOTFOUND, 0, "no such document");
	return BQ_OK;
}

/* ---- SNIPPET ----------------------------------------------------------- */

struct snippet_progress {
	uint32_t option; /* where the next @doc is looked for */
	uint32_t rank;   /* of the document that is due, from 1 */
	uint32_t place;  /* its SNIP that is due */
};

/* The SNIPs of one document, in a query of its own so that memory is bounded. */
static int put_document(struct job *job, struct worker *w, struct bq_span token, struct bq_error *err)
{
	struct snippet_progress *p = job->progress;
	struct bq_query_opts opts = verb_query_opts(job);
	struct hit_lines lines = { .job = job, .w = w, .says_doc = true, .rank = p->rank };

	bq_arena_reset(&w->mem);
	if (atomic_load(&job->cancel))
		return bq_error_set(err, BQ_ECANCELLED, 0, "cancelled");
	if (w->searcher == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a searcher");
	int rc = hit_of(job, token, &lines.hit, err);
	if (rc == BQ_OK)
		rc = bq_query_parse(w->searcher, &job->view, job->req.query, &opts, &w->mem, &lines.query, err);
	if (rc == BQ_OK)
		rc = verb_hit_open(&lines, err);
	if (rc != BQ_OK)
		return rc;
	return verb_hit_put_snips(&lines, &p->place, err);
}

/* The first `docs` of the documents were looked at. */
static enum job_step end_snippets(struct job *job, uint32_t docs)
{
	response_begin(&job->re, "END");
	response_put_u64(&job->re, "docs", docs);
	verb_put_took(job);
	if (docs < job->opts.n_docs)
		verb_put_partial(&job->re, "deadline");
	verb_end(job);
	return JOB_DONE;
}

enum job_step verb_snippet_work(struct job *job, struct worker *w)
{
	struct bq_error err = { 0 };

	if (job->progress == NULL)
		job->progress = BQ_ARENA_NEW(&job->mem, struct snippet_progress, 1);
	struct snippet_progress *p = job->progress;
	if (p == NULL) {
		(void)bq_error_set(&err, BQ_ENOMEM, 0, "no memory for the reply");
		return verb_end_error(job, &err);
	}
	if (p->rank == 0)
		p->rank = 1;
	while (p->rank <= job->opts.n_docs && !verb_is_late(job)) {
		uint32_t next = p->option;
		struct bq_span token = request_opts_doc(&job->req, &next);
		int rc = job_is_full(job) ? BQ_END : put_document(job, w, token, &err);
		if (rc == BQ_END)
			return JOB_MORE;
		if (rc != BQ_OK)
			return verb_end_error(job, &err);
		p->option = next;
		p->rank++;
		p->place = 0;
	}
	return end_snippets(job, p->rank - 1);
}

/* ---- GET --------------------------------------------------------------- */

struct get_progress {
	bool has_started;
	uint64_t off;  /* of the next line */
	uint64_t line; /* its number */
	uint64_t n;    /* lines written */
};

/* One document's text while it is read in turn. */
struct text_reader {
	const struct bq_leaf *leaf;
	struct bq_doc_head head;
	struct bq_read rd;
	const atomic_bool *cancel;
};

/* Up to READ_BYTES at `off`; the empty span at the end.  The last one given is
 * no longer there afterwards. */
static int read_text(struct text_reader *t, uint64_t off, struct bq_span *out, struct bq_error *err)
{
	bq_arena_reset(t->rd.mem);
	if (atomic_load(t->cancel))
		return bq_error_set(err, BQ_ECANCELLED, 0, "cancelled");
	*out = (struct bq_span){ NULL, 0 };
	if (off >= t->head.text_bytes)
		return BQ_OK;
	int rc = bq_leaf_text(t->leaf, &t->head, off, READ_BYTES, out, &t->rd);
	if (rc == BQ_OK)
		return BQ_OK;
	if (rc == BQ_ENOTFOUND)
		return bq_error_set(err, rc, 0, "the index keeps no text");
	*err = t->rd.error;
	return err->status == rc ? rc : bq_error_set(err, rc, 0, "the document's text cannot be read");
}

/* The last mark before line `line` begins: marks ascend with their ordinal. */
static struct bq_mark mark_before(struct text_reader *t, uint64_t line)
{
	struct bq_mark best = { 0, 0, 1 }, mark;
	uint32_t low = 0, high = t->head.words; /* the first ordinal that is not before is in [low, high] */

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (bq_leaf_mark(t->leaf, &t->head, mid, &mark, &t->rd) != BQ_OK)
			break; /* reading from the start finds it, too */
		if (mark.line >= line) {
			high = mid;
		} else {
			best = mark;
			low = mid + 1;
		}
	}
	return best;
}

/* Find the byte where p->line starts, or the end of the text. */
static int find_line(struct text_reader *t, struct get_progress *p, struct bq_error *err)
{
	struct bq_mark from = p->line == 1 ? (struct bq_mark){ 0, 0, 1 } : mark_before(t, p->line);
	struct bq_span text;

	p->off = from.off;
	while (from.line < p->line) {
		int rc = read_text(t, p->off, &text, err);
		if (rc != BQ_OK)
			return rc;
		if (text.len == 0)
			break;
		size_t used = 0;
		const char *lf;
		while (from.line < p->line && (lf = memchr(text.ptr + used, '\n', text.len - used)) != NULL) {
			used = (size_t)(lf + 1 - text.ptr);
			from.line++;
		}
		p->off += from.line < p->line ? text.len : used;
	}
	return BQ_OK;
}

static void put_text_line(struct job *job, const struct get_progress *p, struct bq_span text, bool is_cut)
{
	if (!is_cut && text.len > 0 && text.ptr[text.len - 1] == '\r')
		text.len--;
	response_begin(&job->re, "TEXT");
	response_put_u64(&job->re, "line", p->line);
	response_put_u64(&job->re, "off", p->off);
	response_put_str(&job->re, "text", text);
	if (is_cut)
		response_put_bool(&job->re, "cut", true);
	(void)response_end(&job->re);
}

/* The end of the line at p->off, which is longer than what was read so far:
 * sets p->off to the next line. */
static int skip_line(struct text_reader *t, struct get_progress *p, struct bq_error *err)
{
	const char *lf = NULL;
	struct bq_span text;

	do {
		int rc = read_text(t, p->off, &text, err);
		if (rc != BQ_OK)
			return rc;
		lf = text.len == 0 ? NULL : memchr(text.ptr, '\n', text.len);
		p->off += lf == NULL ? text.len : (size_t)(lf + 1 - text.ptr);
	} while (text.len > 0 && lf == NULL);
	return BQ_OK;
}

/* Write lines until the piece is full (BQ_END), the text or the wish is at its
 * end (BQ_OK), or something fails. */
static int put_lines(struct job *job, struct text_reader *t, struct get_progress *p, struct bq_error *err)
{
	struct bq_span text = { NULL, 0 };
	int rc = BQ_OK;

	while (rc == BQ_OK && p->n < job->opts.lines && p->off < t->head.text_bytes) {
		if (job_is_full(job))
			return BQ_END;
		const char *lf = text.len == 0 ? NULL : memchr(text.ptr, '\n', text.len);
		if (lf == NULL && text.len <= BQP_MAX_TEXT_LINE && p->off + text.len < t->head.text_bytes) {
			rc = read_text(t, p->off, &text, err);
			if (rc == BQ_OK && text.len == 0)
				break;
			lf = rc != BQ_OK ? NULL : memchr(text.ptr, '\n', text.len);
		}
		if (rc != BQ_OK)
			break;
		size_t len = lf == NULL ? text.len : (size_t)(lf - text.ptr);
		bool is_cut = len > BQP_MAX_TEXT_LINE;
		put_text_line(job, p, is_cut ? bq_utf8_cut(bq_span_first(text, len), BQP_MAX_TEXT_LINE) :
			bq_span_first(text, len), is_cut);
		p->n++;
		p->line++;
		if (lf != NULL) {
			p->off += len + 1;
			text = bq_span_from(text, len + 1);
		} else {
			rc = skip_line(t, p, err);
			text = (struct bq_span){ NULL, 0 };
		}
	}
	return rc;
}

static enum job_step end_get(struct job *job, const struct get_progress *p)
{
	response_begin(&job->re, "END");
	response_put_u64(&job->re, "lines", p->n);
	verb_put_took(job);
	verb_end(job);
	return JOB_DONE;
}

static int open_text(struct job *job, struct worker *w, struct text_reader *t, struct bq_error *err)
{
	uint32_t i = 0;
	struct bq_hit hit;

	int rc = hit_of(job, request_opts_doc(&job->req, &i), &hit, err);
	if (rc != BQ_OK)
		return rc;
	*t = (struct text_reader){ .leaf = job->view.indexes[hit.index]->leaves[hit.leaf], .rd = { .mem = &w->mem },
		.cancel = &job->cancel };
	rc = bq_leaf_head(t->leaf, hit.doc, &t->head, &t->rd);
	if (rc != BQ_OK)
		return bq_error_set(err, rc, 0, "the document cannot be read: %.180s", t->rd.error.msg);
	return BQ_OK;
}

enum job_step verb_get_work(struct job *job, struct worker *w)
{
	struct bq_error err = { 0 };
	struct text_reader t;

	if (job->progress == NULL)
		job->progress = BQ_ARENA_NEW(&job->mem, struct get_progress, 1);
	struct get_progress *p = job->progress;
	int rc = p == NULL ? bq_error_set(&err, BQ_ENOMEM, 0, "no memory for the reply") : open_text(job, w, &t, &err);
	if (rc == BQ_OK && !p->has_started) {
		p->has_started = true;
		p->line = job->opts.line;
		rc = find_line(&t, p, &err);
	}
	if (rc == BQ_OK)
		rc = put_lines(job, &t, p, &err);
	if (rc == BQ_END)
		return JOB_MORE;
	return rc == BQ_OK ? end_get(job, p) : verb_end_error(job, &err);
}
