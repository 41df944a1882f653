/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two engines side by side: random documents, random queries, and the places
 * and snippets of a hit on both.  Differences fail the running test.
 */
#ifndef BQ_TESTS_SIDES_H
#define BQ_TESTS_SIDES_H

#include <bq/buf.h>
#include <bq/query.h>

#include "lib/mem_index.h"
#include "lib/rng.h"

enum { CORPUS_MAX_DOCS = 1500 };

/* Documents as docgen.h makes them, some with titles, some long. */
struct corpus {
	struct mem_doc docs[CORPUS_MAX_DOCS];
	struct bq_buf text[CORPUS_MAX_DOCS], title[CORPUS_MAX_DOCS];
	uint32_t n;
	struct mem_opts opts;
};

/* One tenth of them dead, if asked for. */
void corpus_make(struct corpus *c, struct rng *r, uint32_t n, bool with_dead);
/* Free the texts. */
void corpus_release(struct corpus *c);

struct side {
	struct bq_index *index; /* **borrowed** */
	struct bq_view view;
	struct bq_searcher *searcher;
	struct bq_arena mem;
	struct bq_query *query;
	struct bq_hits hits;
};

/* A side that asks `index`; nothing has been asked. */
void side_init(struct side *s, struct bq_index *index);

/* Free the searcher and what the last answer lives in; the index stays. */
void side_release(struct side *s);

/* A query of words, phrases, signs and parentheses that is right by making. */
void side_make_query(struct rng *r, struct bq_buf *out);

/* Parse and search; the answer is in s->hits. */
void side_ask(struct side *s, const struct bq_buf *text, const struct bq_query_opts *opts);

/* Places and snippets of one hit on both sides. */
void side_compare_places(struct side *a, const struct bq_hit *ha, struct side *b, const struct bq_hit *hb);

#endif
