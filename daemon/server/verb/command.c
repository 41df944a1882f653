/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/verb/command.h"

#include <strings.h>

#include "server/verb/verb.h"

enum {
	SEARCH_OPTIONS = OPT_LIMIT | OPT_OFFSET | OPT_AFTER | OPT_INDEX | OPT_MATCH | OPT_SORT | OPT_SNIPPETS |
		OPT_CTX | OPT_HITS | OPT_TIMEOUT | OPT_LATEST | OPT_PARTIAL | OPT_SYNTAX | OPT_STOPWORDS |
		OPT_TOTAL | OPT_CACHE,
	SNIPPET_OPTIONS = OPT_DOC | OPT_CTX | OPT_HITS | OPT_MATCH | OPT_TIMEOUT | OPT_LATEST | OPT_PARTIAL |
		OPT_SYNTAX | OPT_STOPWORDS,
};

static const struct command rows[] = {
	{ .name = "SEARCH", .options = SEARCH_OPTIONS, .flags = COMMAND_FRESH | COMMAND_QUERY,
		.prepare = verb_search_prepare, .work = verb_search_work,
		.usage = "SEARCH [@option..] query", .help = "ranked hits with snippets" },
	{ .name = "COUNT", .options = SEARCH_OPTIONS, .flags = COMMAND_FRESH | COMMAND_QUERY,
		.prepare = verb_count_prepare, .work = verb_count_work,
		.usage = "COUNT [@option..] query", .help = "how many documents match, exactly" },
	{ .name = "SNIPPET", .options = SNIPPET_OPTIONS, .flags = COMMAND_QUERY,
		.prepare = verb_doc_prepare, .work = verb_snippet_work,
		.usage = "SNIPPET @doc=D [@doc=D..] [@ctx=n] [@hits=n] query",
		.help = "where the query matches in these documents" },
	{ .name = "GET", .options = OPT_DOC | OPT_LINE | OPT_LINES | OPT_LATEST,
		.prepare = verb_doc_prepare, .work = verb_get_work,
		.usage = "GET @doc=D [@line=n] [@lines=n]", .help = "a document's text, line by line" },
	{ .name = "CANCEL", .flags = COMMAND_AT_ONCE, .answer = verb_cancel_answer,
		.usage = "CANCEL id", .help = "end a request of this connection; 0 is the running untagged one" },
	{ .name = "STATUS", .flags = COMMAND_FRESH, .answer = verb_status_answer,
		.usage = "STATUS", .help = "the daemon and its indexes" },
	{ .name = "STATS", .answer = verb_stats_answer,
		.usage = "STATS", .help = "counters since the start" },
	{ .name = "INDEXES", .flags = COMMAND_FRESH, .answer = verb_indexes_answer,
		.usage = "INDEXES", .help = "what can be searched" },
	{ .name = "HELLO", .options = OPT_PROTO | OPT_CLIENT | OPT_AUTH, .answer = verb_hello_answer,
		.usage = "HELLO [@proto=1] [@client=name] [@auth=token]",
		.help = "the banner again; on TCP, who you are" },
	{ .name = "HELP", .answer = verb_help_answer,
		.usage = "HELP [verb]", .help = "this list" },
	{ .name = "PING", .flags = COMMAND_AT_ONCE, .answer = verb_ping_answer,
		.usage = "PING", .help = "OK" },
	{ .name = "QUIT", .flags = COMMAND_AT_ONCE, .answer = verb_quit_answer,
		.usage = "QUIT", .help = "finish what is in flight, then close" },
	{ .name = "RELOAD", .flags = COMMAND_RELOAD | COMMAND_OWNER, .answer = verb_reload_answer,
		.usage = "RELOAD", .help = "read the config and open all indexes again" },
	{ .name = "SHUTDOWN", .flags = COMMAND_OWNER, .answer = verb_shutdown_answer,
		.usage = "SHUTDOWN", .help = "finish what is in flight, then exit" },
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* What a client can count on beside the verbs. */
static const char *const features[] = { "after", "latest", "partial", "snippets-lazy" };

const struct command *command_at(unsigned i) { return i < N_ROWS ? &rows[i] : NULL; }

const struct command *command_find(struct bq_span name)
{
	for (unsigned i = 0; i < N_ROWS; i++)
		if (strncasecmp(name.ptr, rows[i].name, name.len) == 0 && rows[i].name[name.len] == '\0')
			return &rows[i];
	return NULL;
}

void command_put_caps(struct response *r)
{
	char word[16];

	response_open(r, "caps", '[');
	for (unsigned i = 0; i < N_ROWS; i++) {
		size_t n = 0;
		for (; rows[i].name[n] != '\0' && n + 1 < sizeof word; n++)
			word[n] = (char)(rows[i].name[n] | 0x20);
		response_put_str(r, NULL, bq_span_make(word, n));
	}
	for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
		response_put_text(r, NULL, features[i]);
	response_close(r, ']');
}
