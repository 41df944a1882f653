/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An index that is somewhere else: Xapian databases, each served by
 * xapian-tcpsrv, asked as one.  Postings stay there; questions go, ranks and
 * documents come back.
 *
 *   bq_index_open("xapian+tcp://h1:p,h2:p")     one generation, as any other
 *        |
 *   bq_remote_attach()   a request's own copy:  a bq_index with a leaf for
 *        |               each shard, that holds the documents fetched so far
 *        +- bq_remote_want()     the words that will be looked for in them
 *        +- bq_remote_search()   ranks of a page, over all shards
 *        +- bq_remote_fetch()    their documents
 *        +- bq_leaf_head() ..    as ever
 *
 * A shard that does not answer is left out of the answer, and named by
 * bq_remote_shard().  Whatever the servers do, calls end soon after the
 * deadline of their copy.
 */
#ifndef BQ_REMOTE_H
#define BQ_REMOTE_H

#include <stdatomic.h>

#include <bq/index.h>

#define BQ_REMOTE_SCHEME     "xapian+tcp://"
#define BQ_REMOTE_MAX_SHARDS 64u

/* ---- questions ----------------------------------------------------------- */

enum bq_expr_kind {
	BQ_EXPR_TERM,    /* `word` of kind `term` */
	BQ_EXPR_AND,     /* all kids */
	BQ_EXPR_OR,      /* any of them */
	BQ_EXPR_WITHOUT, /* the first kid without the others */
	BQ_EXPR_MAYBE,   /* the first; the others only add score */
	BQ_EXPR_PHRASE,  /* the kids, terms or their OR, in this order within `n` positions */
	BQ_EXPR_NEAR,    /* in any order */
	BQ_EXPR_SYNONYM, /* any of them, as one word that all of them are */
	BQ_EXPR_BEST,    /* any of them; the best one's score */
};

/* A tree of these; everything is **borrowed** for the call. */
struct bq_expr {
	enum bq_expr_kind kind;
	enum bq_term_kind term;
	struct bq_span word;
	uint32_t n;
	uint32_t times;  /* its score counts so often; 0 is 1 */
	struct bq_expr *kids, *next;
};

/* ---- a request's own copy ------------------------------------------------ */

/* A copy of remote `ix` (**borrowed** until it is given back) whose calls end at
 * `deadline_ns` (CLOCK_MONOTONIC, 0: a default of seconds) or soon after
 * `cancel` (may be NULL) is set.  **owned**: bq_remote_detach().  For one thread.
 * NULL without memory. */
struct bq_index *bq_remote_attach(struct bq_index *ix, uint64_t deadline_ns, const atomic_bool *cancel);

/* NULL is fine. */
void bq_remote_detach(struct bq_index *copy);

/* Forget documents and wanted words, and analyse those to come with `text`
 * (**borrowed** until the next call or the end). */
void bq_remote_begin(struct bq_index *copy, struct bq_text *text);

/* Look for this word, or what starts with it, in documents fetched from now on. */
int bq_remote_want(struct bq_index *copy, enum bq_term_kind kind, struct bq_span word, bool is_prefix);

/* ---- asking --------------------------------------------------------------- */

struct bq_remote_ask {
	const struct bq_expr *expr;
	uint32_t first, max; /* ranks first .. first + max - 1 */
	bool exact;          /* count all matches */
};

struct bq_remote_hit {
	uint32_t leaf, doc;
	double weight;
};

struct bq_remote_found {
	struct bq_remote_hit *hits;
	uint32_t n;
	uint64_t least, estimate, most; /* documents that match */
};

/* Rank by Xapian's BM25 under statistics of all shards together; equal weights
 * by document, shards in turn.  `hits` live in `mem`.  BQ_EDEADLINE,
 * BQ_ECANCELLED, BQ_EREMOTE if no shard answers, BQ_EQUERY for what Xapian cannot
 * do, BQ_ENOMEM. */
int bq_remote_search(struct bq_index *copy, const struct bq_remote_ask *ask, struct bq_arena *mem,
	struct bq_remote_found *out, struct bq_error *err);

/* Fetch `n` documents and analyse them for the wanted words; those fetched
 * before are forgotten, with all that was found in them.  What a failed shard
 * holds is left out, and what is no document of ours: bq_remote_has() says so.  As bq_remote_search(), but for
 * BQ_EREMOTE. */
int bq_remote_fetch(struct bq_index *copy, const struct bq_remote_hit *hits, uint32_t n, struct bq_error *err);

/* Whether this document is here. */
bool bq_remote_has(const struct bq_index *copy, uint32_t leaf, uint32_t doc);

struct bq_remote_prefix {
	enum bq_term_kind kind; /* WORD or TITLE */
	struct bq_span start;
	uint32_t max;
};

struct bq_remote_words {
	struct bq_span *words;
	uint32_t n;
	bool has_more;
};

/* The words that start so on any shard, the `max` most frequent; they live in
 * `mem`.  Errors as bq_remote_search(). */
int bq_remote_expand(struct bq_index *copy, const struct bq_remote_prefix *of, struct bq_arena *mem,
	struct bq_remote_words *out, struct bq_error *err);

/* ---- shards ---------------------------------------------------------------- */

struct bq_remote_shard {
	char at[96];   /* host:port */
	bool is_up;
	char why[160]; /* it is not */
};

/* How shard `i` did for this copy; for an index itself: how it does now.  False
 * if there is none. */
bool bq_remote_shard(const struct bq_index *ix, uint32_t i, struct bq_remote_shard *out);

#endif
