/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A file that appears whole or not at all: written beside its place under
 * another name (0600), synced, renamed.
 */
#ifndef BQINDEX_OUTFILE_H
#define BQINDEX_OUTFILE_H

#include <limits.h>
#include <stdio.h>

#include <bq/status.h>

struct outfile {
	FILE *stream;
	const char *path; /* **borrowed** */
	char tmp[PATH_MAX];
};

/* Start to write what `path` (borrowed until the end) is to hold; a regular file
 * that is there is replaced at the end, anything else refused.  Ends with commit
 * or abort.  BQ_EUSAGE, BQ_EIO; messages name the file. */
int outfile_open(struct outfile *f, const char *path, struct bq_error *err);

/* Put it in its place.  BQ_EIO: then nothing is left, and what was there stays. */
int outfile_commit(struct outfile *f, struct bq_error *err);

/* Leave nothing.  BQ_EIO if a write had failed, with the reason; else BQ_OK. */
int outfile_abort(struct outfile *f, struct bq_error *err);

#endif
