/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bq batch FILE: many queries on one connection, up to 32 in flight, answered
 * in the order of the file.
 *
 *   slots, a ring        head                          tail
 *                        writes to stdout | keeps rows | reads the next line
 *
 * The head's rows go straight out; the others keep theirs, one page at most:
 * what has more pages asks for them once it is the head.
 */
#include "cli/verb/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/reach/reach.h"
#include "cli/show/batch.h"
#include "cli/show/partial.h"
#include "cli/show/printer.h"
#include "cli/words.h"

#define PAGE_LIMIT  1000u
#define GRACE_MS    30000u
#define PROGRESS_MS 200

enum slot_state { SLOT_FREE, SLOT_ASKED, SLOT_HELD, SLOT_DONE };

struct slot {
	enum slot_state state;
	char *line; /* **owned**: `query` points into it */
	struct batch_query query;
	char id[12];
	FILE *kept; /* rows of one that is not the head */
	char *rows;
	size_t rows_len;
	struct bq_client_reply hit; /* waits for its SNIP */
	struct bq_client_reply end; /* of the last page */
	uint64_t given, page_hits, page_limit;
	bool seen_all, has_enough;
};

struct batch {
	const struct cmdline *o;
	struct bq_client *client;
	struct bq_span index;
	FILE *in;
	enum batch_format format;
	uint64_t max_hits; /* 0: every one */
	struct slot slots[BQP_MAX_INFLIGHT];
	size_t head, n; /* slots[head .. head+n) of the ring are in use */
	uint64_t line, n_done, n_found, n_failed, n_cut;
	int64_t shown_ms;
	bool at_eof;
};

static struct slot *slot_at(struct batch *b, size_t i) { return &b->slots[(b->head + i) % BQP_MAX_INFLIGHT]; }

static FILE *out_of(struct batch *b, struct slot *s) { return s == slot_at(b, 0) ? stdout : s->kept; }

/* ---- asking ------------------------------------------------------------ */

static int ask(struct batch *b, struct slot *s, struct bq_error *err)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_span text = s->query.text;
	uint64_t left = b->max_hits == 0 ? PAGE_LIMIT : b->max_hits - s->given;

	s->page_limit = left < PAGE_LIMIT ? left : PAGE_LIMIT;
	s->page_hits = 0;
	s->state = SLOT_ASKED;
	req.id = s->id;
	req.verb = "SEARCH";
	req.limit = (int64_t)s->page_limit;
	req.after = s->end.kind == BQ_REPLY_END ? s->end.as.end.next : BQ_SPAN("");
	req.timeout_ms = b->o->timeout_ms;
	req.index = b->index;
	req.syntax = b->o->raw_lines || words_line_is_phrase(text) ? NULL : "words";
	req.snippets = b->format == BATCH_TREC ? "none" : NULL;
	req.ctx = b->format == BATCH_CSV ? 0 : -1;
	req.query = text;
	return bq_client_send(b->client, &req, err);
}

static struct bq_span trimmed(struct bq_span s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = bq_span_from(s, 1);
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* The line as id and query: what is before a TAB, else its number.  Blanks
 * around the query are none of it: a phrase with one behind it is a phrase. */
static void split_line(struct slot *s, size_t len, uint64_t number)
{
	struct bq_span line = bq_span_make(s->line, len);
	char *tab = memchr(s->line, '\t', len);

	if (tab != NULL) {
		s->query.id = bq_span_make(s->line, (size_t)(tab - s->line));
		s->query.text = trimmed(bq_span_from(line, s->query.id.len + 1));
		return;
	}
	/* getline() left room: a line is read into a buffer with this much more. */
	int n = snprintf(s->line + len + 1, 24, "%llu", (unsigned long long)number);
	s->query = (struct batch_query){ bq_span_make(s->line + len + 1, (size_t)n), trimmed(line) };
}

/* Read the next line that is not blank into `s`; false at the end. */
static bool read_query(struct batch *b, struct slot *s)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, b->in)) >= 0) {
		b->line++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		line[len] = '\0';
		if (line[strspn(line, " \t")] != '\0')
			break;
	}
	char *roomy = len < 0 ? NULL : realloc(line, (size_t)len + 32);
	if (roomy == NULL) {
		free(line);
		return false;
	}
	s->line = roomy;
	split_line(s, (size_t)len, b->line);
	return true;
}

/* A query that no request has room for is answered here, as the daemon would. */
static int refuse(struct slot *s, struct bq_error *err)
{
	char line[256];
	int n = snprintf(line, sizeof line, "#%s ERR {\"code\":\"line_too_long\",\"status\":413,\"msg\":\"%s\"}", s->id,
		err->msg);

	s->state = SLOT_DONE;
	return bq_client_reply_parse(bq_span_make(line, (size_t)n), &s->end, err);
}

/* Fill the ring with queries and send them. */
static int refill(struct batch *b, struct bq_error *err)
{
	int status = BQ_OK;

	while (status == BQ_OK && b->n < BQP_MAX_INFLIGHT && !b->at_eof) {
		struct slot *s = slot_at(b, b->n);
		if (!read_query(b, s)) {
			b->at_eof = true;
			break;
		}
		snprintf(s->id, sizeof s->id, "q%zu", (b->head + b->n) % BQP_MAX_INFLIGHT);
		if (b->n > 0)
			s->kept = open_memstream(&s->rows, &s->rows_len);
		if (b->n > 0 && s->kept == NULL)
			return bq_error_set(err, BQ_ENOMEM, 0, "no memory");
		b->n++;
		status = ask(b, s, err);
		if (status == BQ_ELIMIT)
			status = refuse(s, err);
	}
	return status;
}

/* ---- answers ----------------------------------------------------------- */

/* Write the hit that waits, with its snippet or without. */
static void put_hit(struct batch *b, struct slot *s, const struct bq_client_reply *snip)
{
	bool all = s->hit.as.hit.all;

	if (s->hit.root == NULL)
		return;
	/* Of every one: after a hit with all the words, one without is the second tier. */
	s->has_enough = s->has_enough || (b->max_hits == 0 && s->seen_all && !all);
	s->seen_all = s->seen_all || all;
	if (!s->has_enough)
		batch_put_hit(out_of(b, s), b->format, &s->query, ++s->given, &s->hit, snip);
	bq_client_reply_release(&s->hit);
}

/* The page is over: more, held until it is the head, or done.  **takes** `r`. */
static int end_page(struct batch *b, struct slot *s, struct bq_client_reply *r, struct bq_error *err)
{
	const struct bq_client_end *e = &r->as.end;
	bool more = r->kind == BQ_REPLY_END && bq_client_end_leads_on(e) && s->page_hits > 0 &&
		!s->has_enough && (b->max_hits == 0 || s->given < b->max_hits);
	bool same = more && s->end.kind == BQ_REPLY_END && bq_span_eq(e->next, s->end.as.end.next);

	bq_client_reply_release(&s->end);
	s->end = *r;
	if (same)
		return bq_error_set(err, BQ_EFORMAT, 0, "the daemon gave the same cursor twice");
	s->state = more ? SLOT_HELD : SLOT_DONE;
	return BQ_OK;
}

/* One reply for the slot; **takes** it. */
static int take_reply(struct batch *b, struct slot *s, struct bq_client_reply *r, struct bq_error *err)
{
	bool ends = bq_client_reply_ends(r);

	if (r->kind == BQ_REPLY_SNIP) {
		put_hit(b, s, r);
		bq_client_reply_release(r);
		return BQ_OK;
	}
	put_hit(b, s, NULL);
	if (ends)
		return end_page(b, s, r, err);
	if (r->kind == BQ_REPLY_HIT && s->page_hits < s->page_limit) {
		s->page_hits++;
		s->hit = *r;
		return BQ_OK;
	}
	bq_client_reply_release(r);
	return bq_error_set(err, BQ_EFORMAT, 0, "the daemon sent what was not asked for");
}

static struct slot *slot_of(struct batch *b, const char *id)
{
	for (size_t i = 0; i < b->n; i++) {
		struct slot *s = slot_at(b, i);
		if (s->state == SLOT_ASKED && strcmp(s->id, id) == 0)
			return s;
	}
	return NULL;
}

/* Wait for a reply that is ours and take it. */
static int read_some(struct batch *b, struct bq_error *err)
{
	int64_t deadline = clock_now_ms() + GRACE_MS + (b->o->timeout_ms > 0 ? b->o->timeout_ms : 0);
	struct bq_client_reply r;

	for (;;) {
		int64_t left = deadline - clock_now_ms();
		int status = bq_client_next(b->client, left > 0 ? (unsigned)left : 0, &r, err);
		if (status == BQ_END)
			return bq_error_set(err, BQ_EIO, 0, "the daemon closed the connection before its answer ended");
		if (status != BQ_OK)
			return status;
		struct slot *s = r.kind == BQ_REPLY_OTHER ? NULL : slot_of(b, r.id);
		if (s != NULL)
			return take_reply(b, s, &r, err);
		bq_client_reply_release(&r);
		if (left <= 0)
			return bq_error_set(err, BQ_EDEADLINE, 0, "no answer in time");
	}
}

/* ---- the head ---------------------------------------------------------- */

static void say_end(struct batch *b, struct slot *s)
{
	const struct bq_client_reply *r = &s->end;
	const struct batch_query *q = &s->query;
	char partial[PARTIAL_MAX];

	if (r->kind == BQ_REPLY_ERR) {
		printer_complain("%.*s: %.*s", (int)q->id.len, q->id.ptr, (int)r->as.failure.msg.len,
			r->as.failure.msg.ptr);
		b->n_failed++;
		return;
	}
	for (uint32_t i = partial_other_warnings(r); i < r->as.end.n_warnings; i++) {
		struct bq_span w = bq_client_end_warning(r, i);
		printer_complain("%.*s: warning: %.*s", (int)q->id.len, q->id.ptr, (int)w.len, w.ptr);
	}
	if (r->as.end.is_partial) {
		printer_complain("%.*s: only part of the answer: %s", (int)q->id.len, q->id.ptr,
			partial_describe(r, partial));
		b->n_failed++;
	}
	b->n_found += s->given > 0;
	b->n_cut += b->max_hits > 0 && s->given == b->max_hits && r->as.end.next.len > 0;
}

static void slot_release(struct slot *s)
{
	if (s->kept != NULL)
		(void)fclose(s->kept);
	free(s->rows);
	free(s->line);
	bq_client_reply_release(&s->hit);
	bq_client_reply_release(&s->end);
	memset(s, 0, sizeof *s);
}

/* What the slot kept goes out: it is the head now. */
static void put_kept(struct slot *s)
{
	if (s->kept == NULL)
		return;
	(void)fclose(s->kept);
	s->kept = NULL;
	fwrite(s->rows, 1, s->rows_len, stdout);
	free(s->rows);
	s->rows = NULL;
}

/* Where the rows go to the terminal, they are the progress. */
static void show_progress(struct batch *b)
{
	if (!isatty(STDERR_FILENO) || isatty(STDOUT_FILENO) || clock_now_ms() - b->shown_ms < PROGRESS_MS)
		return;
	b->shown_ms = clock_now_ms();
	fprintf(stderr, "\r%llu queries", (unsigned long long)b->n_done);
}

/* Give out what is complete at the head; ask for its next page if it has one. */
static int advance(struct batch *b, struct bq_error *err)
{
	while (b->n > 0) {
		struct slot *s = slot_at(b, 0);
		put_kept(s);
		if (s->state == SLOT_HELD)
			return ask(b, s, err);
		if (s->state != SLOT_DONE)
			return BQ_OK;
		batch_put_end(stdout, b->format, &s->query, s->given, &s->end);
		say_end(b, s);
		slot_release(s);
		b->head = (b->head + 1) % BQP_MAX_INFLIGHT;
		b->n--;
		b->n_done++;
		show_progress(b);
	}
	return BQ_OK;
}

static int run(struct batch *b)
{
	struct bq_error err;
	int status;

	batch_put_head(stdout, b->format);
	do {
		status = refill(b, &err);
		if (status == BQ_OK)
			status = advance(b, &err);
		if (status == BQ_OK && b->n > 0)
			status = read_some(b, &err);
	} while (status == BQ_OK && (b->n > 0 || !b->at_eof));
	while (b->n > 0)
		slot_release(slot_at(b, --b->n));
	if (b->shown_ms > 0)
		fputs("\r\033[K", stderr);
	if (status == BQ_OK && ferror(b->in) != 0)
		status = bq_error_set(&err, BQ_EIO, 0, "%.180s: cannot be read", b->o->words[0]);
	if (status != BQ_OK)
		printer_complain("%s", err.msg);
	if (b->n_cut > 0)
		printer_complain("%llu of %llu queries have more documents than the %llu written", (unsigned long long)b->n_cut,
			(unsigned long long)b->n_done, (unsigned long long)b->max_hits);
	return status != BQ_OK || b->n_failed > 0 ? 2 : b->n_found > 0 ? 0 : 1;
}

/* ---- starting ---------------------------------------------------------- */

static enum batch_format choose_format(const char *name)
{
	if (name == NULL || strcmp(name, "csv") == 0)
		return BATCH_CSV;
	return strcmp(name, "json") == 0 ? BATCH_JSON : BATCH_TREC;
}

static uint64_t choose_limit(const struct cmdline *o, enum batch_format format)
{
	if (o->limit > 0)
		return (uint64_t)o->limit;
	return format == BATCH_CSV ? 0 : format == BATCH_TREC ? 1000 : 10;
}

int verb_batch(const struct cmdline *o)
{
	struct batch *b = calloc(1, sizeof *b);
	struct reach r;
	int rc = 2;

	if (b == NULL)
		return 2;
	b->o = o;
	b->format = choose_format(o->format);
	b->max_hits = choose_limit(o, b->format);
	b->in = strcmp(o->words[0], "-") == 0 ? stdin : fopen(o->words[0], "re");
	if (b->in == NULL) {
		printer_complain("%s: %s", o->words[0], strerror(errno));
		(void)cmdline_misfit(o);
	} else if (reach_init(&r, o) && reach_open(&r, o, &b->client)) {
		b->index = bq_span_of(r.names);
		rc = run(b);
	}
	bq_client_close(b->client);
	if (b->in != NULL) {
		reach_release(&r);
		(void)fclose(b->in);
	}
	free(b);
	return rc;
}
