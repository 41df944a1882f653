/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/verb/verb.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/reach/reach.h"
#include "cli/show/last.h"
#include "cli/show/pager.h"
#include "cli/show/partial.h"
#include "cli/show/printer.h"
#include "cli/show/results.h"
#include "cli/words.h"

#define DEFAULT_LIMIT 10

struct search {
	const struct cmdline *o;
	bool is_terminal;
	struct words_query query;
	struct reach reach;
	struct bq_client *client;
	struct results results;
	struct last last;
};

/* ---- the query --------------------------------------------------------- */

/* -g and -t restrict the whole query: (query) path:GLOB type:TYPE. */
static bool restrict_query(const struct cmdline *o, struct words_query *q)
{
	char *text = NULL;

	if (o->glob == NULL && o->type == NULL)
		return true;
	if (asprintf(&text, "(%s)%s%s%s%s", q->text, o->glob == NULL ? "" : " path:", o->glob == NULL ? "" : o->glob,
		o->type == NULL ? "" : " type:", o->type == NULL ? "" : o->type) < 0)
		return false;
	free(q->text);
	*q = (struct words_query){ text, false };
	return true;
}

static bool make_query(const struct cmdline *o, struct words_query *q)
{
	bool ok;

	if (o->raw != NULL && o->n_words > 0) {
		printer_complain("-e takes the whole query: no words beside it");
		return false;
	}
	if (o->raw != NULL) {
		*q = (struct words_query){ strdup(o->raw), false };
		ok = q->text != NULL;
	} else {
		ok = words_join(o->words, o->n_words, q);
	}
	if (ok && q->text[strspn(q->text, " \t\n")] == '\0') {
		printer_complain("nothing to search for; bq --help shows how");
		return false;
	}
	ok = ok && restrict_query(o, q);
	if (!ok)
		printer_complain("no memory");
	return ok;
}

/* ---- the request ------------------------------------------------------- */

static enum results_form choose_form(const struct cmdline *o, bool is_terminal)
{
	if (o->is_quiet)
		return RESULTS_NONE;
	if (o->as_json)
		return RESULTS_JSON;
	if (o->as_vimgrep)
		return RESULTS_VIMGREP;
	if (o->list_paths || o->end_with_nul)
		return RESULTS_PATHS;
	return is_terminal ? RESULTS_GROUPED : RESULTS_PLAIN;
}

/* How many documents; 0: every one. */
static uint64_t choose_limit(const struct search *s)
{
	enum results_form form = s->results.form;

	if (s->o->is_quiet)
		return 1;
	if (s->o->limit > 0)
		return (uint64_t)s->o->limit;
	if (form == RESULTS_PATHS || (form == RESULTS_VIMGREP && !s->is_terminal))
		return 0;
	return DEFAULT_LIMIT;
}

static int64_t choose_context(const struct search *s)
{
	if (s->o->context >= 0)
		return s->o->context;
	return s->results.form == RESULTS_GROUPED || s->results.form == RESULTS_JSON ? 1 : 0;
}

static struct bq_client_request make_request(const struct search *s)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;

	req.verb = "SEARCH";
	req.query = bq_span_of(s->query.text);
	req.index = bq_span_of(s->reach.names);
	req.timeout_ms = s->o->timeout_ms;
	req.sort = s->o->sort;
	if (s->results.form == RESULTS_PATHS || s->results.form == RESULTS_NONE)
		req.snippets = "none";
	else
		req.ctx = choose_context(s);
	if (s->o->is_quiet)
		req.total = "none";
	return req;
}

/* ---- what to say at the end -------------------------------------------- */

/* The step that finds something: the query between `before` and `after`, as the
 * shell wants it, where it is a plain phrase. */
static void suggest(const struct search *s, const char *what, int64_t n, const char *before, const char *after)
{
	bool plain = s->query.is_phrase && strpbrk(s->query.text, "'\\$`!*?~()[]{}<>|&;#^=+-:\n") == NULL;
	char count[32];
	size_t len = strlen(s->query.text);

	if (plain)
		printer_complain("no document has this phrase; %s %s: bq %s%.*s%s", printer_count((uint64_t)n, count),
			what, before, (int)(len - 2), s->query.text + 1, after);
	else
		printer_complain("no document has this phrase; %s %s", printer_count((uint64_t)n, count), what);
}

static void say_hint(const struct search *s, const struct bq_client_end *e)
{
	const char *guard = cmdline_starts_with_verb(s->query.text + s->query.is_phrase) ? "-- " : "";

	if (!e->has_hint || s->results.shown > 0)
		return;
	if (e->hint_near > 0)
		suggest(s, "have its words near each other", e->hint_near, "'\"", "\"~5'");
	else if (e->hint_all > 0)
		suggest(s, "have all its words", e->hint_all, guard, "");
	else if (e->hint_any > 0)
		suggest(s, "have some of its words", e->hint_any, guard, "");
	else
		printer_complain("no document has this phrase");
}

static void say_cut(const struct search *s, const struct bq_client_end *e)
{
	uint64_t total = e->has_any && e->any > e->total ? e->any : e->total;
	char shown[32], all[32];

	if (s->results.shown == 0 || choose_limit(s) == 0 || s->o->is_quiet)
		return;
	if (e->has_total && total > s->results.shown)
		fprintf(stderr, "%s of %s%s\n", printer_count(s->results.shown, shown), printer_count(total, all),
			e->is_exact ? "" : " or more");
	else if (e->next.len > 0)
		fprintf(stderr, "%s of more\n", printer_count(s->results.shown, shown));
}

static void say_stats(const struct search *s, const struct bq_client_end *e)
{
	char shown[32], all[32];

	if (s->o->show_stats)
		fprintf(stderr, "%s shown, %s%s match, %llu us in the daemon, generation %llu\n",
			printer_count(s->results.shown, shown), e->is_exact ? "" : "at least ",
			printer_count(e->total, all), (unsigned long long)e->took_us, (unsigned long long)e->gen);
}

static void say_warnings(const struct bq_client_reply *reply)
{
	for (uint32_t i = partial_other_warnings(reply); i < reply->as.end.n_warnings; i++) {
		struct bq_span w = bq_client_end_warning(reply, i);
		printer_complain("warning: %.*s", (int)w.len, w.ptr);
	}
}

/* Warnings, hints and counts on standard error; the exit status. */
static int say_end(const struct search *s, const struct bq_client_reply *reply)
{
	const struct bq_client_end *e = &reply->as.end;
	char partial[PARTIAL_MAX];

	say_warnings(reply);
	if (e->is_partial)
		printer_complain("only part of the answer: %s", partial_describe(reply, partial));
	say_hint(s, e);
	say_cut(s, e);
	say_stats(s, e);
	return e->is_partial ? 2 : s->results.shown > 0 ? 0 : 1;
}

/* A server's ERR, with a mark under the byte of the query it speaks of. */
static void say_failure(const struct search *s, const struct bq_client_failure *f, const char *msg)
{
	bool at_index = s->reach.names != NULL && bq_span_eq(f->code, BQ_SPAN("not_found"));
	struct printer p = { .out = stderr };

	if (at_index)
		printer_complain("the daemon at %s does not serve %s: %s", s->reach.address, s->reach.names, msg);
	else
		printer_complain("%s", msg);
	if (f->has_at && f->at <= strlen(s->query.text) && bq_span_eq(f->code, BQ_SPAN("bad_query"))) {
		printer_format(&p, PRINTER_PLAIN, "  %s", s->query.text);
		fprintf(stderr, "\n  %*s^\n", (int)f->at, "");
	}
	if (s->reach.is_tcp && s->reach.token == NULL && bq_span_eq(f->code, BQ_SPAN("forbidden")))
		printer_complain("the token is in a file: --auth-file FILE");
	if (f->hint.len > 0)
		printer_complain("%.*s", (int)f->hint.len, f->hint.ptr);
}

static int fail(const struct search *s, const struct bq_client_reply *end, const struct bq_error *err)
{
	if (end == NULL || end->kind != BQ_REPLY_ERR)
		printer_complain("%s", err->msg);
	else
		say_failure(s, &end->as.failure, err->msg);
	return 2;
}

/* ---- the ways to answer ------------------------------------------------ */

static int show_results(struct search *s, struct bq_client_search *search)
{
	struct bq_client_result x;
	struct bq_error err;
	int status;

	while ((status = bq_client_search_next(search, &x, &err)) == BQ_OK) {
		results_put(&s->results, &x);
		if (s->is_terminal)
			last_add(&s->last, &x);
	}
	const struct bq_client_reply *end = bq_client_search_end(search);
	if (end != NULL && s->results.form == RESULTS_JSON)
		printer_json(&s->results.out, end->kind == BQ_REPLY_ERR ? "\"kind\":\"ERR\"" : "\"kind\":\"END\"",
			end->object);
	if (s->results.form == RESULTS_GROUPED)
		pager_finish();
	return status == BQ_END && end != NULL ? say_end(s, end) : fail(s, end, &err);
}

static int run_search(struct search *s)
{
	struct bq_client_request req = make_request(s);
	struct bq_client_search *search;
	struct bq_error err;

	if (bq_client_search_open(s->client, &req, choose_limit(s), &search, &err) != BQ_OK)
		return fail(s, NULL, &err);
	if (s->results.form == RESULTS_GROUPED)
		pager_start();
	int rc = show_results(s, search);
	bq_client_search_close(search);
	return rc;
}

static int run_count(struct search *s)
{
	struct bq_client_request req = make_request(s);
	struct bq_client_reply reply;
	struct bq_error err;
	int rc = 0;

	req.verb = "COUNT";
	req.snippets = req.total = req.sort = NULL;
	req.ctx = -1;
	if (bq_client_call(s->client, &req, 60000 + (s->o->timeout_ms > 0 ? (unsigned)s->o->timeout_ms : 0), &reply,
		&err) != BQ_OK)
		return fail(s, NULL, &err);
	if (s->o->as_json)
		printer_json(&s->results.out, reply.kind == BQ_REPLY_ERR ? "\"kind\":\"ERR\"" : "\"kind\":\"END\"",
			reply.object);
	if (reply.kind == BQ_REPLY_END && reply.as.end.has_total) {
		say_warnings(&reply);
		if (!s->o->as_json && !s->o->is_quiet)
			printf("%llu\n", (unsigned long long)reply.as.end.total);
		rc = reply.as.end.total > 0 ? 0 : 1;
	} else {
		struct bq_span msg = BQ_SPAN("the daemon gave no total");
		if (reply.kind == BQ_REPLY_ERR)
			msg = reply.as.failure.msg;
		bq_error_set(&err, BQ_EIO, 0, "%.*s", (int)msg.len, msg.ptr);
		rc = fail(s, &reply, &err);
	}
	bq_client_reply_release(&reply);
	return rc;
}

int verb_search(const struct cmdline *o)
{
	struct search s = { .o = o, .is_terminal = isatty(STDOUT_FILENO) == 1 };
	int rc = 2;

	s.results.form = choose_form(o, s.is_terminal);
	s.results.has_context = o->context > 0;
	s.results.path_end = o->end_with_nul ? '\0' : '\n';
	s.results.is_raw_path = o->end_with_nul && !s.is_terminal;
	s.results.out = (struct printer){ stdout, printer_wants_color(o->color, s.is_terminal), o->hyperlink };
	if (s.results.form == RESULTS_JSON)
		s.results.out.is_color = false;
	bool ready = make_query(o, &s.query) && reach_init(&s.reach, o) && reach_open(&s.reach, o, &s.client);
	if (ready)
		rc = o->count_only ? run_count(&s) : run_search(&s);
	last_save(&s.last);
	results_release(&s.results);
	bq_client_close(s.client);
	reach_release(&s.reach);
	free(s.query.text);
	return rc;
}
