/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a build says when it is done.
 */
#ifndef BQINDEX_REPORT_H
#define BQINDEX_REPORT_H

#include <stdint.h>

#include <bq/build.h>

#include "options.h"
#include "source/skips.h"

struct report {
	struct bq_build_report build;
	const struct skips *skips;
	bool is_update;
	uint64_t read_ns, index_ns, write_ns, total_ns;
	uint64_t read_bytes; /* of the sources */
	int code; /* the run's exit code */
};

/* What a noun of which there are `n` ends in: "" or "s". */
const char *report_plural(uint64_t n);

/* For people on standard error: the figures, then every skipped document. */
void report_print(const struct report *r, const struct options *o);

/* Words without a part in a new order, if there are any. */
void report_print_left_out(const struct bq_build_report *b, const struct options *o);

/* The same as one JSON object and an LF on standard output. */
void report_print_json(const struct report *r, const struct options *o);

#endif
