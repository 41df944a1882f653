/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bq bench-serve: the public search benchmark's loop.  A line is
 * COMMAND<TAB>query, an answer one number or UNSUPPORTED.  Bare words are a
 * union, every word counts, and no cache answers.
 */
#include "cli/verb/verb.h"

#include <stdlib.h>
#include <string.h>

#include "cli/reach/reach.h"
#include "cli/show/printer.h"

#define TIMEOUT_MS 60000

struct command {
	const char *name;
	int64_t limit; /* 0: COUNT */
	bool wants_count;
};

static const struct command *find_command(const char *line, size_t len)
{
	static const struct command commands[] = {
		{ "COUNT", 0, true },          { "TOP_10", 10, false },         { "TOP_100", 100, false },
		{ "TOP_1000", 1000, false },   { "TOP_10_COUNT", 10, true },    { "TOP_100_COUNT", 100, true },
	};

	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strlen(commands[i].name) == len && memcmp(commands[i].name, line, len) == 0)
			return &commands[i];
	}
	return NULL;
}

/* Read up to the terminal line of a search, dropping its hits. */
static int read_end(struct bq_client *c, struct bq_client_reply *r, struct bq_error *err)
{
	for (;;) {
		int status = bq_client_next(c, TIMEOUT_MS, r, err);
		if (status != BQ_OK || bq_client_reply_ends(r))
			return status != BQ_END ? status :
				bq_error_set(err, BQ_EIO, 0, "the daemon closed the connection");
		bq_client_reply_release(r);
	}
}

/* The answer to one line; a status only when the connection failed. */
static int answer(struct bq_client *c, struct bq_span index, const char *line, size_t len, struct bq_error *err)
{
	struct bq_client_request req = BQ_CLIENT_REQUEST_INIT;
	struct bq_client_reply r;
	const char *tab = memchr(line, '\t', len);
	const struct command *cmd = tab != NULL ? find_command(line, (size_t)(tab - line)) : NULL;

	if (cmd == NULL) {
		puts("UNSUPPORTED");
		return BQ_OK;
	}
	req.verb = cmd->limit == 0 ? "COUNT" : "SEARCH";
	req.match = "any";
	req.stopwords = "keep";
	req.no_cache = true;
	req.index = index;
	req.query = bq_span_make(tab + 1, (size_t)(line + len - tab - 1));
	req.timeout_ms = TIMEOUT_MS;
	if (cmd->limit > 0) {
		req.limit = cmd->limit;
		req.snippets = "none";
		req.total = cmd->wants_count ? "exact" : "none";
	}
	int status = bq_client_send(c, &req, err);
	if (status == BQ_ELIMIT) { /* no request has room for it */
		puts("UNSUPPORTED");
		return BQ_OK;
	}
	if (status == BQ_OK)
		status = read_end(c, &r, err);
	if (status != BQ_OK)
		return status;
	/* A partial answer measures nothing. */
	bool sound = r.kind == BQ_REPLY_END && !r.as.end.is_partial &&
		(!cmd->wants_count || (r.as.end.has_total && r.as.end.is_exact));
	if (!sound)
		puts("UNSUPPORTED");
	else
		printf("%llu\n", cmd->wants_count ? (unsigned long long)r.as.end.total : 1ull);
	bq_client_reply_release(&r);
	return BQ_OK;
}

static int serve(struct bq_client *c, struct bq_span index)
{
	struct bq_error err;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int status = BQ_OK;

	while (status == BQ_OK && (len = getline(&line, &cap, stdin)) >= 0) {
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		status = answer(c, index, line, (size_t)len, &err);
		if (fflush(stdout) != 0)
			break;
	}
	free(line);
	if (status == BQ_OK)
		return 0;
	printer_complain("%s", err.msg);
	return 2;
}

int verb_bench_serve(const struct cmdline *o)
{
	struct bq_client *c = NULL;
	struct reach r;
	int rc = 2;

	if (reach_init(&r, o) && reach_open(&r, o, &c))
		rc = serve(c, bq_span_of(r.names));
	bq_client_close(c);
	reach_release(&r);
	return rc;
}
