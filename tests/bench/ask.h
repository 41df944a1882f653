/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asking an index in process, as the public search benchmark asks: bare words
 * are a union, every word counts.
 */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#include <time.h>

#include <bq/query.h>

#include "bench/model.h"
#include "bench/queries.h"

/* COUNT, TOP_k, TOP_k_COUNT. */
struct ask_command {
	const char *name;
	uint32_t k; /* 0: COUNT */
	bool wants_total;
};

/* NULL if there is none of this name. */
const struct ask_command *ask_command_find(struct bq_span name);

/* What showing hits took, and what was shown. */
struct ask_shown {
	uint64_t ns;
	uint64_t hits, bytes; /* with a place in the text; bytes of their snippets */
};

struct ask {
	struct bq_index *index;
	struct bq_view view;
	struct bq_searcher *searcher;
	struct bq_arena mem; /* of the query at hand */
	struct bq_error error;
	bool shows;             /* make a snippet for each hit */
	clockid_t clock;        /* by which `shown` is timed */
	struct ask_shown shown; /* of the last query */
	bool is_exhaustive;     /* look at every document that matches */
	double known_score;     /* of bq_query_opts */
	double last_score;      /* of the last hit of the last query; 0 if it had none */
};

/* Open an index.  **owned**: release with ask_release(), also after failure. */
int ask_init(struct ask *a, const char *dir);

/* Give all back; an `a` that is all zero is fine. */
void ask_release(struct ask *a);

/* Parse and answer one query.  *count is what the command asks for: documents
 * that match (COUNT, _COUNT) or hits given.  A failure is in a->error.  With
 * a->shows each hit is made ready to send, as the daemon does it: what is known
 * of it, its best place, a line of context on either side, marks. */
int ask_run(struct ask *a, const struct ask_command *command, struct bq_span text, uint64_t *count);

/* What the model needs to know of a query: its lists' lengths, how many
 * documents must be verified, how many match, what share of the documents an
 * evaluator must decode that knows the k-th best score.  Asks the index. */
int ask_facts(struct ask *a, const struct ask_command *command, const struct bench_query *q, struct model_query *out);

#endif
