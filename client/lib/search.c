/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One search as results.  A page is a request; its reply is
 *
 *   HIT SNIP* HIT SNIP* .. END
 *
 * and a result is a HIT with the SNIPs behind it.
 */
#include <bq/client.h>

#include <stdlib.h>

#include "lib/connect.h"

#define PAGE_LIMIT     1000u             /* the protocol's largest @limit */
#define PAGE_MAX_BYTES ((size_t)16 << 20) /* reply lines of one page */
#define GRACE_MS       10000             /* beyond the server's own time limit */

struct bq_client_search {
	struct bq_client *conn;
	struct bq_client_request req;
	uint64_t max_hits; /* 0: every one */
	uint64_t given;
	bool seen_all;     /* a hit with all the words was given */
	bool is_done;      /* nothing more is wanted */
	int64_t deadline;  /* of the page */
	char *after;       /* the cursor the page was asked with */

	struct bq_client_reply *lines; /* HITs and SNIPs of the page */
	size_t n_lines, cap_lines, at; /* `at`: the next HIT to give */
	size_t n_hits, bytes;
	struct bq_client_reply end;
};

static void drop_page(struct bq_client_search *s)
{
	for (size_t i = 0; i < s->n_lines; i++)
		bq_client_reply_release(&s->lines[i]);
	s->n_lines = s->at = s->n_hits = s->bytes = 0;
}

/* ---- asking ------------------------------------------------------------ */

static uint64_t page_limit(const struct bq_client_search *s)
{
	uint64_t left = s->max_hits == 0 ? PAGE_LIMIT : s->max_hits - s->given;

	return left < PAGE_LIMIT ? left : PAGE_LIMIT;
}

/* Ask for the page behind `after`, the first one when it is empty. */
static int ask_page(struct bq_client_search *s, struct bq_span after, struct bq_error *err)
{
	char *copy = malloc(after.len + 1);

	if (copy == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a cursor");
	if (after.len > 0)
		memcpy(copy, after.ptr, after.len);
	copy[after.len] = '\0';
	free(s->after);
	s->after = copy;
	s->req.limit = (int64_t)page_limit(s);
	s->req.after = bq_span_make(copy, after.len);
	s->deadline = connect_now_ms() + GRACE_MS +
		(s->req.timeout_ms >= 0 ? s->req.timeout_ms : BQP_DEFAULT_TIMEOUT_MS);
	return bq_client_send(s->conn, &s->req, err);
}

/* ---- reading a page ---------------------------------------------------- */

static int fail_with(const struct bq_client_failure *f, struct bq_error *err)
{
	struct bq_span msg = f->msg.len > 0 ? f->msg : f->code;

	return bq_error_set(err, bq_client_code_status(f->code), f->at, "%.*s", (int)msg.len, msg.ptr);
}

/* The next reply that belongs to this search. */
static int read_reply(struct bq_client_search *s, struct bq_client_reply *r, struct bq_error *err)
{
	const char *id = s->req.id == NULL ? "0" : s->req.id;

	for (;;) {
		int64_t left = s->deadline - connect_now_ms();
		int status = left <= 0 ? bq_error_set(err, BQ_EDEADLINE, 0, "no answer in time")
				       : bq_client_next(s->conn, (unsigned)left, r, err);
		if (status == BQ_END)
			return bq_error_set(err, BQ_EIO, 0, "the daemon closed the connection before its answer ended");
		if (status != BQ_OK)
			return status;
		if (r->kind != BQ_REPLY_OTHER && strcmp(r->id, id) == 0)
			return BQ_OK;
		if (r->kind == BQ_REPLY_BYE)
			status = fail_with(&r->as.failure, err);
		bq_client_reply_release(r);
		if (status != BQ_OK)
			return status;
	}
}

/* Whether a HIT or SNIP keeps the promises of its page. */
static int check_line(const struct bq_client_search *s, const struct bq_client_reply *r, struct bq_error *err)
{
	const struct bq_client_reply *last = s->n_lines == 0 ? NULL : &s->lines[s->n_lines - 1];
	uint64_t rank = last == NULL ? 0 : last->kind == BQ_REPLY_HIT ? last->as.hit.rank : last->as.snip.rank;

	if (s->bytes > PAGE_MAX_BYTES)
		return bq_error_set(err, BQ_ELIMIT, 0, "the daemon sent more than %zu MiB for one page",
			PAGE_MAX_BYTES >> 20);
	if (r->kind == BQ_REPLY_HIT && s->n_hits == (size_t)s->req.limit)
		return bq_error_set(err, BQ_EFORMAT, 0, "the daemon sent more hits than were asked for");
	if (r->kind == BQ_REPLY_HIT && r->as.hit.rank <= rank)
		return bq_error_set(err, BQ_EFORMAT, 0, "the daemon sent hits out of order");
	if (r->kind == BQ_REPLY_SNIP && (rank == 0 || r->as.snip.rank != rank))
		return bq_error_set(err, BQ_EFORMAT, 0, "the daemon sent a snippet without its hit");
	return BQ_OK;
}

/* **takes** the reply on success. */
static int keep_line(struct bq_client_search *s, const struct bq_client_reply *r, struct bq_error *err)
{
	int status;

	s->bytes += r->object.len;
	status = check_line(s, r, err);
	if (status != BQ_OK)
		return status;
	if (s->n_lines == s->cap_lines) {
		size_t cap = s->cap_lines == 0 ? 64 : s->cap_lines * 2;
		struct bq_client_reply *lines = reallocarray(s->lines, cap, sizeof *lines);
		if (lines == NULL)
			return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a page of results");
		s->lines = lines;
		s->cap_lines = cap;
	}
	s->lines[s->n_lines++] = *r;
	s->n_hits += r->kind == BQ_REPLY_HIT;
	return BQ_OK;
}

/* Read the page that was asked for, up to its END. */
static int read_page(struct bq_client_search *s, struct bq_error *err)
{
	struct bq_client_reply r;
	int status;

	drop_page(s);
	while ((status = read_reply(s, &r, err)) == BQ_OK && !bq_client_reply_ends(&r)) {
		if (r.kind == BQ_REPLY_HIT || r.kind == BQ_REPLY_SNIP)
			status = keep_line(s, &r, err);
		else
			status = bq_error_set(err, BQ_EFORMAT, 0, "the daemon sent %.*s among hits",
				(int)r.kind_word.len, r.kind_word.ptr);
		if (status != BQ_OK) {
			bq_client_reply_release(&r);
			return status;
		}
	}
	if (status != BQ_OK)
		return status;
	bq_client_reply_release(&s->end);
	s->end = r;
	if (r.kind == BQ_REPLY_ERR)
		return fail_with(&r.as.failure, err);
	if (r.kind != BQ_REPLY_END)
		return bq_error_set(err, BQ_EFORMAT, 0, "a search was answered with OK");
	return BQ_OK;
}

/* BQ_OK when another page was read, BQ_END when there is none to want. */
static int turn_page(struct bq_client_search *s, struct bq_error *err)
{
	const struct bq_client_end *e = &s->end.as.end;
	bool first = s->after == NULL;
	int status;

	if (!first && (!bq_client_end_leads_on(e) || s->n_hits == 0 || s->given == s->max_hits))
		return BQ_END;
	if (!first && bq_span_eq(e->next, bq_span_of(s->after)))
		return bq_error_set(err, BQ_EFORMAT, 0, "the daemon gave the same cursor twice");
	status = ask_page(s, first ? BQ_SPAN("") : e->next, err);
	return status == BQ_OK ? read_page(s, err) : status;
}

/* ---- results ----------------------------------------------------------- */

int bq_client_search_open(struct bq_client *c, const struct bq_client_request *req, uint64_t max_hits,
	struct bq_client_search **out, struct bq_error *err)
{
	struct bq_client_search *s = calloc(1, sizeof *s);

	if (s == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a search");
	s->conn = c;
	s->req = *req;
	s->max_hits = max_hits;
	*out = s;
	return BQ_OK;
}

void bq_client_search_close(struct bq_client_search *s)
{
	if (s == NULL)
		return;
	drop_page(s);
	bq_client_reply_release(&s->end);
	free(s->lines);
	free(s->after);
	free(s);
}

/* Take the HIT at `at` and its SNIPs. */
static void take_result(struct bq_client_search *s, struct bq_client_result *out)
{
	size_t from = s->at++;

	while (s->at < s->n_lines && s->lines[s->at].kind == BQ_REPLY_SNIP)
		s->at++;
	*out = (struct bq_client_result){ s->given, &s->lines[from], (uint32_t)(s->at - from - 1),
		&s->lines[from + 1] };
}

int bq_client_search_next(struct bq_client_search *s, struct bq_client_result *out, struct bq_error *err)
{
	if (s->at == s->n_lines && !s->is_done) {
		int status = turn_page(s, err);
		if (status != BQ_OK)
			return status;
	}
	if (s->at == s->n_lines || s->is_done)
		return BQ_END;
	/* Of every one: after a hit with all the words, one without is the second tier. */
	bool all = s->lines[s->at].as.hit.all;
	s->is_done = s->max_hits == 0 && s->seen_all && !all;
	if (s->is_done)
		return BQ_END;
	s->seen_all = s->seen_all || all;
	s->given++;
	take_result(s, out);
	return BQ_OK;
}

const struct bq_client_reply *bq_client_search_end(const struct bq_client_search *s)
{
	return s->end.root == NULL ? NULL : &s->end;
}
