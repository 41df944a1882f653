/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Results as people, editors and scripts want them.
 *
 *   grouped   a terminal's: a path line, then numbered lines with marks
 *   plain     PATH:LINE:COL:SCORE:TEXT, one line a document
 *   vimgrep   PATH:LINE:COL:TEXT
 *   paths     PATH, each once
 *   json      the protocol's objects with their kind, one a line
 */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include <bq/client.h>

#include "cli/show/printer.h"

enum results_form { RESULTS_GROUPED, RESULTS_PLAIN, RESULTS_VIMGREP, RESULTS_PATHS, RESULTS_JSON, RESULTS_NONE };

struct results {
	struct printer out;
	enum results_form form;
	bool has_context;  /* lines around the hit were asked for */
	char path_end;     /* '\n' or '\0' */
	bool is_raw_path;  /* paths are written as they are, for xargs -0 */
	uint64_t shown;
	void *seen_paths;  /* of record files: each is listed once */
};

/* Show one result. */
void results_put(struct results *r, const struct bq_client_result *x);

/* Release what results_put() has kept. */
void results_release(struct results *r);

/* The place in the file to jump to: a line from 1 and a byte column from 1. */
void results_place(const struct bq_client_result *x, uint64_t *line, uint64_t *col);

#endif
