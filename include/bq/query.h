/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Query text in, best documents out.  Pure: (indexes, text, options, arena) ->
 * hits; it knows no socket and no clock but the deadline it is handed.
 *
 *   bq_query_parse   text -> tree, analysed with each index's own analyser
 *   bq_query_search  tree -> hits in rank order, totals, cursor
 *   bq_query_count   tree -> how many documents match
 *   bq_query_places  tree + one hit -> where it matches
 *   bq_query_snip    one place -> text to show, with the spans to mark
 *
 * Scores are BM25 as exact integers: clause i adds
 * round(w_i * tf/(tf+K) * 2^s), K = k1*(1-b+b*L/A), so sums do not depend on
 * order, path or threads (Robertson & Zaragoza 2009 for BM25).
 */
#ifndef BQ_QUERY_H
#define BQ_QUERY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <bq/arena.h>
#include <bq/index.h>
#include <bq/span.h>
#include <bq/status.h>

#define BQ_QUERY_MAX_BYTES   16384u
#define BQ_QUERY_MAX_WORDS   1024u
#define BQ_QUERY_MAX_NESTING 16u
#define BQ_QUERY_MAX_LIMIT   1000u
#define BQ_QUERY_MAX_WINDOW  10000u /* limit + offset */

/* The indexes a request asks, with the reader's share of ownership. */
struct bq_view {
	struct bq_index **indexes; /* **borrowed** until the request ends */
	uint32_t n;
};

/* A worker's own state: one analyser per analysis id, scratch.  Not shared
 * between threads. */
struct bq_searcher;

/* **owned**: release with bq_searcher_free().  NULL when out of memory. */
struct bq_searcher *bq_searcher_new(void);

/* Release it, and the matches of its last query.  NULL is fine. */
void bq_searcher_free(struct bq_searcher *s);

enum bq_match { BQ_MATCH_AUTO, BQ_MATCH_ALL, BQ_MATCH_ANY };
enum bq_sort { BQ_SORT_SCORE, BQ_SORT_DATE, BQ_SORT_PATH };
/* AUTO: exact where counting is cheap, else a lower bound, as for NONE.  ESTIMATE:
 * where it is not exact, about as many as the lengths of the lists say. */
enum bq_total { BQ_TOTAL_AUTO, BQ_TOTAL_EXACT, BQ_TOTAL_ESTIMATE, BQ_TOTAL_NONE };

struct bq_query_opts {
	enum bq_match match;
	bool words_only;      /* @syntax=words: operators and punctuation are text */
	bool keep_stopwords;  /* @stopwords=keep: score and require them all */
	bool partial;         /* @partial: the last word is a prefix */
	enum bq_sort sort;
	enum bq_total total;
	uint32_t limit;       /* 0 .. BQ_QUERY_MAX_LIMIT */
	uint32_t offset;
	struct bq_span after; /* a cursor from an earlier answer: only what ranks behind it; len 0: none */
	uint64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none */
	const atomic_bool *cancel; /* NULL, or looked at between blocks */
	double known_score;   /* so many documents as `limit` + `offset` + 1 are known to score this or more, as by the same
	                       * query asked before: others need not be looked at.  0: not known; not with BQ_MATCH_AUTO */
	bool no_hint;         /* a phrase without a hit is all there is to say: nobody asks what else there was */
	bool exhaustive;      /* skip nothing: the reference that faster evaluators equal bit for bit */
};

/* A parsed and analysed query; lives in the arena it was parsed into. */
struct bq_query;

/* Parse `text` (UTF-8; INTERFACE of the query language in
 * daemon/query/README.md) for `view`.  BQ_EQUERY with err->at the byte and a
 * message for people, BQ_ELIMIT for too many words, bytes or nesting.  `text`,
 * `view` and `opts` are **borrowed** for the life of the query. */
int bq_query_parse(struct bq_searcher *s, const struct bq_view *view, struct bq_span text,
	const struct bq_query_opts *opts, struct bq_arena *mem, struct bq_query **out, struct bq_error *err);

/* The tree as query text that parses to the same tree; lives in the arena. */
struct bq_span bq_query_format(const struct bq_query *q);

struct bq_hit {
	uint32_t index; /* place in the view */
	uint32_t leaf;  /* of that index */
	uint32_t doc;   /* of that leaf */
	double score;
	bool all;       /* holds all the words (match=auto: the first tier) */
};

struct bq_hits {
	const struct bq_hit *hits;
	uint32_t n;
	uint64_t total;     /* documents matching (match=auto: with all the words) */
	bool exact;         /* else `total` is a lower bound or, if asked for, an estimate */
	bool has_any;       /* match=auto needed the second tier and counted it: `any` */
	uint64_t any;
	bool is_partial;    /* the deadline came first; `why` says so */
	const char *why;
	struct bq_span next; /* cursor of the next page; len 0 at the end */
	const char **warnings;
	uint32_t n_warnings;
	bool has_hint;      /* a phrase without a hit: members below, UINT64_MAX where too dear */
	uint64_t hint_near, hint_all, hint_any;
};

/* The best `limit` documents behind `offset` or `after`, best first: by score,
 * then document number (tiers first in match=auto).  Everything in `out` lives
 * in the query's arena.  BQ_EDEADLINE when nothing was found in time,
 * BQ_ECANCELLED, BQ_EFORMAT for a damaged index, BQ_ENOMEM when the arena is
 * full, BQ_EQUERY for a cursor that is none, BQ_EGONE for one of a generation
 * no longer open. */
int bq_query_search(struct bq_query *q, struct bq_hits *out, struct bq_error *err);

/* Fetch the documents of these hits, if they are on other machines, before their
 * heads, places and snippets are asked for: all at once, and those fetched before
 * are forgotten.  With match=any this is when `all` is known.  What a shard that
 * fails meanwhile holds is not there then: bq_remote_has(). */
int bq_query_fetch(struct bq_query *q, struct bq_hit *hits, uint32_t n, struct bq_error *err);

/* How many documents the query matches, exactly (match=auto: with all words). */
int bq_query_count(struct bq_query *q, uint64_t *out, struct bq_error *err);

/* One place in a document where the query matches. */
struct bq_place {
	bool in_title;  /* a title outside the text: line, col, off are 0 */
	uint64_t line;  /* 1-based */
	uint64_t col;   /* 1-based, bytes */
	uint64_t off;   /* byte in the document's text (or title) */
	uint64_t len;   /* bytes of the first match there: a whole phrase or one word */
};

/* Half-open: bytes from .. to - 1. */
struct bq_range {
	uint32_t from, to;
};

struct bq_places {
	const struct bq_place *places; /* the earliest best one first, the others in text order */
	uint32_t n;
	const struct bq_range *title_marks; /* of bq_doc_head.title, wherever the title stands */
	uint32_t n_title_marks;
};

/* Find up to `max` places of a hit; lives in the query's arena.  `head` is the
 * hit's, **borrowed** for the call; `max` 0 gives the title's marks alone.
 * BQ_EFORMAT, BQ_ENOMEM.  Reads at most 127 words before each place, however
 * long the document is. */
int bq_query_places(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head, uint32_t max,
	struct bq_places *out, struct bq_error *err);

/* Text around a place, ready to send: whole lines, cut to 2 KiB around the
 * match, ill-formed bytes as U+FFFD, and every match in it. */
struct bq_snip {
	struct bq_span text;
	uint64_t tline;                /* line of the first byte of `text` */
	const struct bq_range *marks;  /* byte ranges of `text` as it is here, ascending, disjoint */
	uint32_t n_marks;
	bool is_cut;
};

/* `ctx` lines around the place's line. */
int bq_query_snip(struct bq_query *q, const struct bq_hit *hit, const struct bq_doc_head *head,
	const struct bq_place *place, uint32_t ctx, struct bq_snip *out, struct bq_error *err);

#endif
