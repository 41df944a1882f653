/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rows of a batch: one query's results as CSV, JSON or a TREC run.
 *
 *   csv   id,query,rank,score,path,line,col,title,text   RFC 4180, LF ends
 *   json  the protocol's objects with "kind" and "qid"
 *   trec  qid Q0 document rank score bq                  document: its id, else its path
 */
#ifndef CLI_BATCH_H
#define CLI_BATCH_H

#include <stdio.h>

#include <bq/client.h>

enum batch_format { BATCH_CSV, BATCH_JSON, BATCH_TREC };

/* What a row needs to know of its query. */
struct batch_query {
	struct bq_span id, text;
};

/* What stands above all rows, if anything. */
void batch_put_head(FILE *out, enum batch_format format);

/* One hit; `snip` may be NULL.  `rank` from 1. */
void batch_put_hit(FILE *out, enum batch_format format, const struct batch_query *q, uint64_t rank,
	const struct bq_client_reply *hit, const struct bq_client_reply *snip);

/* The end of a query's rows: END, ERR, or NULL where none came; `rows` were
 * written.  A CSV query without a hit gives a row of rank 0, so that none is
 * missing from the table. */
void batch_put_end(FILE *out, enum batch_format format, const struct batch_query *q, uint64_t rows,
	const struct bq_client_reply *end);

#endif
