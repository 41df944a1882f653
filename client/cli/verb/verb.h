/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What bq can do: one function a verb.  Each returns the exit status: 0 found
 * or done, 1 nothing found, 2 an error or only part of the answer.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include "cli/cmdline.h"

/* WORD..: print what they find, starting a daemon where none answers. */
int verb_search(const struct cmdline *o);

/* index DIR..: have bqindex build or update it, record it, have a daemon serve it. */
int verb_index(const struct cmdline *o);

/* status: the daemon and its indexes; 1 where none runs.  Starts none. */
int verb_status(const struct cmdline *o);

/* stop: shut the daemon down and wait until it is gone; 1 where none runs. */
int verb_stop(const struct cmdline *o);

/* serve: become bqd.  Returns only when that fails. */
int verb_serve(const struct cmdline *o);

/* doctor: a line for each thing that may be wrong here; 2 if one is. */
int verb_doctor(const struct cmdline *o);

/* suggest PREFIX: indexed words that begin so; 1 if there are none. */
int verb_suggest(const struct cmdline *o);

/* explain WORD..: how the daemon reads the words and means to answer. */
int verb_explain(const struct cmdline *o);

/* open N: hit N of the last search, at its line, in the editor, which takes this
 * program's place.  Returns only when that fails. */
int verb_open(const struct cmdline *o);

/* batch FILE: a query a line, many in flight, answered in the file's order. */
int verb_batch(const struct cmdline *o);

/* bench-serve: a command and a query a line from standard input, a number a line to
 * standard output; 2 once a query was not answered. */
int verb_bench_serve(const struct cmdline *o);

#endif
