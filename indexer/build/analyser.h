/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One document -> its occurrences in an inverter, its marks, its counts.
 *
 *   title outside the text             title inside the text
 *   positions 0 .. t-1      title      positions = ordinals of the text's entries;
 *   t-1+BQ_TITLE_GAP ..     body       the title is a range of them
 *
 * Each entry is a WORD at its position, and a MARKED form if it has one; a
 * title's entries are TITLE words too.
 */
#ifndef BUILD_ANALYSER_H
#define BUILD_ANALYSER_H

#include <stdint.h>

#include <bq/build.h>
#include <bq/index.h>
#include <bq/status.h>
#include <bq/text.h>

#include "build/inverter.h"
#include "segment/segment_write.h"

struct analyser {
	struct bq_text *text; /* **borrowed** */
	struct inverter *v;   /* **borrowed** */
	struct bq_mark *marks;
	uint32_t n_marks, max_marks;
	bool oom;
};

/* Allocates nothing; both are **borrowed** until the release. */
void analyser_init(struct analyser *a, struct bq_text *text, struct inverter *v);

/* Free the marks; the inverter keeps what it got. */
void analyser_release(struct analyser *a);

/* Whether `in` can be indexed whole: BQ_ELIMIT with the reason if not.  Reads
 * the text only when it is so long that its words must be counted. */
int analyser_check(const struct analyser *a, const struct bq_doc_in *in, struct bq_error *err);

/* Put the words of `in`, which analyser_check() has passed, into the inverter
 * as document `doc`, and describe it in `out`, whose marks are **borrowed**
 * until the next call.  BQ_ENOMEM. */
int analyser_doc(struct analyser *a, const struct bq_doc_in *in, uint32_t doc, struct segment_doc *out,
	struct bq_error *err);

#endif
