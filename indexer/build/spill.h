/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words that do not fit into memory: runs, each a segment file of lists
 * without documents, stems or a name (it is unlinked as soon as it is mapped).
 *
 *   inverter full --> run 0 | run 1 | .. | run 31     documents ascend from run to run
 *                       '------ merged -----'         8 to 32 become one, which is run 0
 *   end           --> all runs --> the segment        merge_terms()
 */
#ifndef BUILD_SPILL_H
#define BUILD_SPILL_H

#include <bq/status.h>

#include "build/inverter.h"
#include "build/merge.h"

struct spill {
	struct merge merge; /* how runs are written; `text` NULL; params.number: of the next run */
	struct merge_input runs[MERGED_MAX];
	struct segment *segments[MERGED_MAX];
	uint32_t n, max;    /* `max` become one: 8 to 32, by memory */
};

/* Start without runs.  `merge` says where they go and what they look like. */
void spill_init(struct spill *s, const struct merge *merge);

/* Merge the runs if there are as many as may be: before each spill_run() or, with more memory
 * at hand, after it.  As spill_run(). */
int spill_make_room(struct spill *s, struct bq_error *err);

/* Write the words of `from[n]`, which are of `n_docs` documents numbered from 0, as
 * the next run, for which there is room.  BQ_EIO, BQ_ENOMEM, BQ_ECANCELLED. */
int spill_run(struct spill *s, const struct inverter *const *from, uint32_t n, uint32_t n_docs, struct bq_error *err);

/* Write the words of all runs, with stems, to `w`, which has begun its terms,
 * and drop the runs whatever the outcome. */
int spill_finish(struct spill *s, struct bq_text *text, struct segment_writer *w, struct bq_error *err);

/* Drop all runs. */
void spill_release(struct spill *s);

#endif
