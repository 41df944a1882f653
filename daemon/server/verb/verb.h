/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The functions behind the rows of command.c; see struct command for what each
 * kind may do.
 */
#ifndef SERVER_VERB_H
#define SERVER_VERB_H

#include <bq/query.h>

#include "server/live_index.h"
#include "server/verb/command.h"
#include "server/worker.h"

/* ---- verb_search.c ----------------------------------------------------- */

/* Choose the indexes of @index, or the generations of @after.  Neither: all that
 * can be asked, and job->warning names one that cannot. */
bool verb_search_prepare(struct server *s, struct job *job);

/* The same, but an index that cannot be asked is a fault: COUNT is never partial. */
bool verb_count_prepare(struct server *s, struct job *job);

/* SEARCH: a page of hits, a piece at a time. */
enum job_step verb_search_work(struct job *job, struct worker *w);

/* COUNT: how many documents match, all of them counted. */
enum job_step verb_count_work(struct job *job, struct worker *w);

/* ---- verb_doc.c -------------------------------------------------------- */

/* Choose the generations of each @doc. */
bool verb_doc_prepare(struct server *s, struct job *job);

/* SNIPPET: places of the query in documents that a SEARCH found, a piece at a time. */
enum job_step verb_snippet_work(struct job *job, struct worker *w);

/* GET: lines of a document's text, a piece at a time. */
enum job_step verb_get_work(struct job *job, struct worker *w);

/* ---- verb_status.c ----------------------------------------------------- */

/* STATUS: version, load, and the indexes as they are. */
void verb_status_answer(struct server *s, struct job *job);

/* STATS: what was counted since the start. */
void verb_stats_answer(struct server *s, struct job *job);

/* INDEXES: the indexes as they are. */
void verb_indexes_answer(struct server *s, struct job *job);

/* HELLO: the banner again; over TCP it lets in who has the token, and lets go who
 * has a wrong one. */
void verb_hello_answer(struct server *s, struct job *job);

/* HELP: the verbs, or the one that is asked for. */
void verb_help_answer(struct server *s, struct job *job);

/* The members of HELLO, banner and reply alike. */
void verb_put_hello(const struct server *s, struct response *r);

/* ---- verb_control.c ---------------------------------------------------- */

/* PING: that somebody is there. */
void verb_ping_answer(struct server *s, struct job *job);

/* CANCEL: ends a request of this connection, after saying whether there was one. */
void verb_cancel_answer(struct server *s, struct job *job);

/* QUIT: nothing more is read; what is in flight is answered. */
void verb_quit_answer(struct server *s, struct job *job);

/* RELOAD, when the indexes have been opened again: those that could not be. */
void verb_reload_answer(struct server *s, struct job *job);

/* SHUTDOWN: sends its answer, then drains. */
void verb_shutdown_answer(struct server *s, struct job *job);

/* ---- for all of them --------------------------------------------------- */

/* Add a share of `g` to what the job asks.  False when memory is out. */
bool verb_add_gen(struct job *job, struct live_gen *g);

/* job->fault, and false. */
bool verb_fail(struct job *job, enum reply_code code, const char *msg);

/* Answer a job with an error of the query or the index, in the protocol's words. */
enum job_step verb_end_error(struct job *job, const struct bq_error *err);

/* "warnings":[..] with those of the query and those about ignored options, cut
 * where the line would get too long; nothing if there are none. */
void verb_put_warnings(struct job *job, const char *const *warnings, uint32_t n);

/* "took_us" and "gen". */
void verb_put_took(struct job *job);

/* Whether the job's deadline has passed. */
bool verb_is_late(const struct job *job);

/* "partial" and "why". */
void verb_put_partial(struct response *r, const char *why);

/* The options of the job as the query takes them; borrows from the job. */
struct bq_query_opts verb_query_opts(const struct job *job);

/* verb_shards.c: the shards that left a job without an answer; lives in job->mem. */
struct verb_shards;

/* Add to *all (NULL: none yet) those that failed in this run of the job. */
void verb_shards_note(struct job *job, struct verb_shards **all);

/* "shards", unless `all` is NULL. */
void verb_shards_put(struct response *r, const struct verb_shards *all);

/* "shards" of an index, as they are now; nothing for one on this machine. */
void verb_shards_put_state(struct response *r, const struct bq_index *ix);

/* End an OK or END line: warnings about ignored options, then the brace. */
void verb_end(struct job *job);

/* The file on disk that hits were last looked for in: records are many in one. */
struct hit_file {
	size_t path_len; /* 0: none yet, or a long one */
	char path[512];
	int error;       /* 0, or why stat() failed */
	int64_t mtime_us, bytes;
};

/* verb_hit.c: one hit as lines, for SEARCH and SNIPPET. */
struct hit_lines {
	struct job *job;
	struct worker *w;
	struct hit_file *file;      /* of the hits before, for verb_hit_put() */
	struct bq_query *query;     /* for places and snippets; NULL: none are wanted */
	bool has_places;            /* HIT says where, and the title's marks */
	bool says_doc;              /* SNIP names the document */
	uint32_t rank;              /* from 1 */
	struct bq_hit hit;
	struct bq_doc_head head;
	struct bq_places places;
};

/* Read head and, with a query, places of `lines->hit`.  A status of
 * bq_query_places(). */
int verb_hit_open(struct hit_lines *lines, struct bq_error *err);

/* The HIT line; looks at a file once for hits in a row. */
void verb_hit_put(struct hit_lines *lines);

/* SNIP lines of the places from *place on, until the job is full.  BQ_OK when
 * all are written, BQ_END when the job is full first (*place is the next), < 0
 * an error. */
int verb_hit_put_snips(struct hit_lines *lines, uint32_t *place, struct bq_error *err);

#endif
