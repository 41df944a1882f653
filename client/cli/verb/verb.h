/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What bq can do: one function a verb.  Each returns the exit status: 0 found
 * or done, 1 nothing found, 2 an error or only part of the answer.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include "cli/cmdline.h"

int verb_search(const struct cmdline *o);
int verb_index(const struct cmdline *o);
int verb_status(const struct cmdline *o);
int verb_stop(const struct cmdline *o);
int verb_serve(const struct cmdline *o);
int verb_doctor(const struct cmdline *o);
int verb_suggest(const struct cmdline *o);
int verb_explain(const struct cmdline *o);
int verb_open(const struct cmdline *o);
int verb_batch(const struct cmdline *o);
int verb_bench_serve(const struct cmdline *o);

#endif
