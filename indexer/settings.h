/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How an index is made: what the command line says; where it says nothing, a
 * build takes the defaults, an update what the index has, and a build from another
 * index what that one has.
 */
#ifndef BQINDEX_SETTINGS_H
#define BQINDEX_SETTINGS_H

#include <bq/buf.h>
#include <bq/build.h>
#include <bq/index.h>

#include "options.h"

struct settings {
	struct bq_build_opts opts;  /* text, k1, b, no_store, pairs_percent, update; points into the others */
	struct bq_buf stopwords;    /* of --stopwords */
	struct bq_index *ix;        /* what its settings are taken from where nothing is said; or NULL */
};

/* BQ_EUSAGE, BQ_EIO, BQ_ELIMIT about --lang and --stopwords.  `like` is an index whose
 * documents are indexed again, or NULL; an update takes the one that is there, if that
 * can be opened.  Ends with settings_release() whatever the outcome. */
int settings_init(struct settings *s, const struct options *o, bool update, struct bq_index *like,
	struct bq_error *err);

/* Free what settings_init() made, also where it failed. */
void settings_release(struct settings *s);

#endif
