/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Verbs that pass one request on and show what comes back: explain, suggest.
 */
#include "cli/verb/verb.h"

#include <jansson.h>
#include <stdlib.h>

#include "cli/reach/reach.h"
#include "cli/show/printer.h"
#include "cli/words.h"

#define REPLY_MS 10000

/* A WORD as "word TAB df", anything else as its JSON. */
static void put_reply(struct printer *p, const struct bq_client_reply *r)
{
	const json_t *word = json_object_get(r->root, "word"), *df = json_object_get(r->root, "df");

	if (r->kind == BQ_REPLY_WORD && json_is_string(word) && json_is_integer(df))
		printer_format(p, PRINTER_PLAIN, "%s\t%lld", json_string_value(word),
			(long long)json_integer_value(df));
	else if (r->kind == BQ_REPLY_OK)
		printer_text(p, PRINTER_PLAIN, r->object);
	if (r->kind == BQ_REPLY_WORD || r->kind == BQ_REPLY_OK)
		printer_newline(p);
}

static void say_failure(const char *verb, const struct bq_client_failure *f)
{
	if (bq_span_eq(f->code, BQ_SPAN("unknown_verb")))
		printer_complain("this version of bqd does not know %s", verb);
	else
		printer_complain("%.*s", (int)f->msg.len, f->msg.ptr);
}

static int relay(struct bq_client *c, const struct bq_client_request *req)
{
	struct printer p = { .out = stdout };
	struct bq_client_reply r;
	struct bq_error err;
	int status = bq_client_send(c, req, &err), rc = 1;
	bool ends = false;

	while (status == BQ_OK && !ends) {
		status = bq_client_next(c, REPLY_MS, &r, &err);
		if (status != BQ_OK)
			break;
		ends = bq_client_reply_ends(&r);
		if (r.kind == BQ_REPLY_ERR) {
			say_failure(req->verb, &r.as.failure);
			rc = 2;
		} else {
			put_reply(&p, &r);
			rc = r.kind == BQ_REPLY_WORD || r.kind == BQ_REPLY_OK ? 0 : rc;
		}
		bq_client_reply_release(&r);
	}
	if (status == BQ_OK)
		return rc;
	printer_complain("%s", status == BQ_END ? "the daemon closed the connection before its answer ended" : err.msg);
	return 2;
}

static int ask(const struct cmdline *o, const char *verb, struct bq_span query)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client *c = NULL;
	struct reach r;
	int rc = 2;

	if (reach_init(&r, o) && reach_open(&r, o, &c)) {
		req.verb = verb;
		req.query = query;
		req.index = bq_span_of(r.names);
		rc = relay(c, &req);
	}
	bq_client_close(c);
	reach_release(&r);
	return rc;
}

int verb_suggest(const struct cmdline *o) { return ask(o, "SUGGEST", bq_span_of(o->words[0])); }

int verb_explain(const struct cmdline *o)
{
	struct words_query q = { NULL, false };
	int rc = 2;

	if (o->raw != NULL)
		rc = ask(o, "EXPLAIN", bq_span_of(o->raw));
	else if (words_join(o->words, o->n_words, &q))
		rc = ask(o, "EXPLAIN", bq_span_of(q.text));
	else
		printer_complain("no memory");
	free(q.text);
	return rc;
}
