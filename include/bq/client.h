/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The client's side of BQP/1 (daemon/PROTOCOL.md): connect, ask, read typed
 * replies.  Needs libc and jansson only.
 *
 *   bq_client_open     connect and read the banner
 *   bq_client_send     put a request on its way
 *   bq_client_next     the next reply line, parsed and checked
 *   bq_client_search_* one search as results, paged as far as wanted
 *
 * The other side is never trusted: a line is at most BQP_MAX_REPLY bytes, every
 * number is in range, every byte range lies inside its text, every wait has a
 * deadline, and nothing grows with what the other side sends beyond these
 * caps.  One thread uses a connection.
 */
#ifndef BQ_CLIENT_H
#define BQ_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <bq/proto.h>
#include <bq/span.h>
#include <bq/status.h>

struct json_t; /* jansson */

/* ---- connection -------------------------------------------------------- */

/* **owned**: release with bq_client_close(). */
struct bq_client;

struct bq_client_opts {
	unsigned timeout_ms;    /* for connecting, banner and authentication; 0: 5 s */
	struct bq_span token;   /* sent as HELLO @auth where not empty */
};

/* Connect to `address`, the path of a Unix socket or tcp:HOST:PORT, and read
 * the banner.  BQ_ENOTFOUND when nothing listens there, BQ_EVERSION when the
 * other side speaks no version we do, BQ_EFORMAT when it is no BQP server,
 * BQ_EDEADLINE, BQ_EIO, BQ_EUSAGE for an address that is none. */
int bq_client_open(const char *address, const struct bq_client_opts *opts, struct bq_client **out,
	struct bq_error *err);

/* Close the connection; what was in flight is cancelled.  NULL is fine. */
void bq_client_close(struct bq_client *c);

/* The server's version from the banner; **borrowed** from `c`. */
struct bq_span bq_client_server_version(const struct bq_client *c);

/* ---- requests ---------------------------------------------------------- */

/* A request line's parts.  Empty spans, NULL and negative numbers are left
 * out.  Everything is **borrowed** for the call. */
struct bq_client_request {
	const char *id;   /* NULL: untagged */
	const char *verb;
	int64_t limit, offset, ctx, hits, timeout_ms;
	const char *match, *sort, *snippets, *syntax, *stopwords, *total;
	bool no_cache, explain;
	struct bq_span index, after, doc, auth;
	struct bq_span query; /* LF becomes a space */
};

#define BQ_CLIENT_REQUEST_INIT { .limit = -1, .offset = -1, .ctx = -1, .hits = -1, .timeout_ms = -1 }

/* Queue a request; bq_client_next() sends what the socket does not take at
 * once.  BQ_ELIMIT when the line is longer than BQP_MAX_REQUEST or too much is
 * waiting already, BQ_EIO. */
int bq_client_send(struct bq_client *c, const struct bq_client_request *req, struct bq_error *err);

/* ---- replies ----------------------------------------------------------- */

enum bq_reply_kind {
	BQ_REPLY_OTHER, /* a kind we do not know: to be ignored */
	BQ_REPLY_OK,
	BQ_REPLY_END,
	BQ_REPLY_ERR,
	BQ_REPLY_HIT,
	BQ_REPLY_SNIP,
	BQ_REPLY_TEXT,
	BQ_REPLY_WORD,
	BQ_REPLY_EVT,
	BQ_REPLY_BYE,
	BQ_REPLY_HELLO,
};

enum bq_reply_at { BQ_REPLY_AT_FILE, BQ_REPLY_AT_TEXT, BQ_REPLY_AT_RECORD, BQ_REPLY_AT_OTHER };

struct bq_client_range {
	uint32_t from, to; /* from < to */
};

#define BQ_CLIENT_MAX_RANGES 1024u /* of one text; more are an error */

struct bq_client_hit {
	uint64_t rank; /* "r" */
	struct bq_span doc, id, path, title, index; /* `path` may hold any bytes but NUL */
	double score;
	bool all, has_place, in_title, is_stale, is_gone;
	enum bq_reply_at at;
	uint64_t line, col, off, len; /* where has_place; line and col from 1 */
	uint64_t file_line;           /* 0: not said */
	uint32_t n_marks;
	const struct bq_client_range *marks; /* in `title`, ascending, disjoint */
};

struct bq_client_snip {
	uint64_t rank; /* 0: not said */
	struct bq_span doc, text;
	bool has_place, is_cut;
	uint64_t line, col, off, len, first_line; /* `first_line`: of the first byte of text; 0: not said */
	uint32_t n_marks;
	const struct bq_client_range *marks; /* in `text`, ascending, disjoint */
};

struct bq_client_end {
	uint64_t hits, total, any, gen, took_us;
	bool has_total, is_exact, has_any, is_partial;
	struct bq_span next, why;
	uint32_t n_warnings; /* see bq_client_end_warning() */
	uint32_t n_shards_failed; /* see bq_client_end_shard() */
	uint64_t shards;          /* of the index; 0: not said */
	bool has_hint;
	int64_t hint_near, hint_all, hint_any; /* -1: not said */
};

struct bq_client_failure { /* ERR, BYE */
	struct bq_span code, msg, hint;
	uint64_t status, retry_ms;
	bool has_at;
	uint64_t at; /* byte of the query */
};

struct bq_client_text {
	uint64_t line, off;
	struct bq_span text;
};

/* One reply line.  **owned**: release with bq_client_reply_release(); all
 * spans and ranges are **borrowed** from it. */
struct bq_client_reply {
	char id[BQP_MAX_ID + 2]; /* "0": untagged, "*": event of the connection */
	enum bq_reply_kind kind;
	struct bq_span kind_word; /* as sent */
	struct bq_span object;    /* the JSON text as sent: well-formed, one object */
	union {
		struct bq_client_hit hit;
		struct bq_client_snip snip;
		struct bq_client_end end;
		struct bq_client_failure failure;
		struct bq_client_text text;
	} as;
	struct json_t *root;
	char *line;                     /* what the spans above point into, with `root` */
	char *path;                     /* a decoded path_b64 */
	struct bq_client_range *ranges;
};

/* Parse one reply line (without its LF).  BQ_EFORMAT for anything that is no
 * well-formed reply; then nothing need be released. */
int bq_client_reply_parse(struct bq_span line, struct bq_client_reply *out, struct bq_error *err);

/* Accepts a reply that is all zero, and leaves it so. */
void bq_client_reply_release(struct bq_client_reply *r);

/* Whether this is the last line of its request. */
bool bq_client_reply_ends(const struct bq_client_reply *r);

/* The next reply within `timeout_ms`.  BQ_END when the other side has closed
 * in order, BQ_EDEADLINE, BQ_EFORMAT (the connection is of no more use),
 * BQ_EIO. */
int bq_client_next(struct bq_client *c, unsigned timeout_ms, struct bq_client_reply *out, struct bq_error *err);

/* Send an untagged request and wait for its terminal line; what comes before
 * it and events are dropped.  A reply of ERR is a success here. */
int bq_client_call(struct bq_client *c, const struct bq_client_request *req, unsigned timeout_ms,
	struct bq_client_reply *out, struct bq_error *err);

/* Warning `i` < n_warnings of an END; **borrowed** from `r`. */
struct bq_span bq_client_end_warning(const struct bq_client_reply *r, uint32_t i);

/* A shard whose documents an answer is without. */
struct bq_client_shard {
	struct bq_span at, why; /* its address; "" where the daemon does not say why */
};

/* Shard `i` < n_shards_failed of an END; **borrowed** from `r`. */
struct bq_client_shard bq_client_end_shard(const struct bq_client_reply *r, uint32_t i);

/* Whether there is a page behind this END worth asking for: what came too late, or
 * without a shard, is not gone on with; what is without a whole index is. */
bool bq_client_end_leads_on(const struct bq_client_end *e);

/* ---- searching --------------------------------------------------------- */

/* One hit with its places, the best one first. */
struct bq_client_result {
	uint64_t rank; /* from 1, over all pages */
	const struct bq_client_reply *hit;
	uint32_t n_snips;
	const struct bq_client_reply *snips;
};

/* One search, page after page.  A page is read whole before its first result
 * is given, so that a slow reader of results never stalls the daemon.
 * **owned**: release with bq_client_search_close(). */
struct bq_client_search;

/* Start `req` (a SEARCH with inline snippets or none; its `limit` and `after`
 * are set here) for up to `max_hits` documents, 0 for every one.  Every one
 * means, in match=auto, those with all the words where there are any: the
 * documents that COUNT counts.  What `req` points to is **borrowed** until the
 * search is closed. */
int bq_client_search_open(struct bq_client *c, const struct bq_client_request *req, uint64_t max_hits,
	struct bq_client_search **out, struct bq_error *err);

/* Give up what is left of a search.  NULL is fine. */
void bq_client_search_close(struct bq_client_search *s);

/* The next result, **borrowed** until the next call.  BQ_END after the last;
 * any other status is an error, also one that the server named: then
 * bq_client_search_end() is its ERR. */
int bq_client_search_next(struct bq_client_search *s, struct bq_client_result *out, struct bq_error *err);

/* The terminal reply (END or ERR) of the last page read, or NULL. */
const struct bq_client_reply *bq_client_search_end(const struct bq_client_search *s);

/* The status that stands for an error code of the protocol. */
int bq_client_code_status(struct bq_span code);

#endif
