/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A builder at work: what the files behind bq/build.h share.
 *
 *   build_open      the generation that is there --> a builder
 *   build_segment   documents --> runs, segments
 *   build           bq_build_*, and the end: what an update leaves, merges, MANIFEST
 */
#ifndef BUILD_BUILDING_H
#define BUILD_BUILDING_H

#include <bq/build.h>

#include "build/compact.h"
#include "build/crew.h"
#include "build/known.h"
#include "build/spill.h"
#include "reorder/reorder.h"

struct bq_build {
	int dirfd, lockfd;
	struct bq_build_opts opts;  /* what they point to is the caller's, and gone after the opening */
	uint64_t spill_bytes;       /* a run is written when inverters have so much */
	uint32_t max_docs;          /* of a segment */
	struct bq_arena mem;        /* what the manifests point to */
	struct manifest old;        /* of an update: the generation it starts from */
	struct bq_index *ix;        /* likewise; NULL: this is a build */
	struct known known;
	uint32_t *numbers;          /* of the caller's sources, in `manifest` */
	bool drops_source;
	struct manifest manifest;   /* the generation in the making */
	struct compact compact;     /* its segments */
	struct reorder_params reorder;
	struct pool *pool;
	struct bq_text *text;
	struct crew crew;           /* has the words of the run in the making */
	struct segment_writer *w;   /* NULL between two segments */
	struct spill spill;         /* the segment's runs so far */
	uint32_t segment_docs, run_docs;
	struct bq_build_report report;
	int rc;                     /* what ended the build */
};

/* Undo bq_build_open(): locks and memory; files stay. */
void building_free(struct bq_build *b);

/* Whether what is written now is written again in another order. */
bool building_wants_order(const struct bq_build *b);

/* A segment, and memory, for one more document; this may end the segment at hand, or
 * a run.  BQ_ELIMIT: the index is full; after any other failure the build is over. */
int building_make_room(struct bq_build *b, struct bq_error *err);

/* Write the rest of the segment at hand and count it in.  Failures are final. */
int building_end_segment(struct bq_build *b, struct bq_error *err);

/* The average length is fixed by the first segment: all bounds of a generation
 * are computed under one. */
void building_fix_average(struct bq_build *b);

#endif
