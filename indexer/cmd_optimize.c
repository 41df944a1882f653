/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex optimize: all segments -> one, its documents in a better order.
 */
#include <inttypes.h>
#include <stdio.h>

#include <bq/buf.h>
#include <bq/build.h>
#include <bq/log.h>

#include "base/clock.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "stop.h"
#include "xapian/engine/engine.h"

static void print_json(const struct options *o, const struct bq_build_report *r, bool is_new, double seconds)
{
	struct bq_buf b = BQ_BUF_INIT;

	bq_buf_printf(&b, "{\"verb\":\"optimize\",\"index\":");
	bq_buf_put_json(&b, bq_span_of(o->index));
	bq_buf_printf(&b,
		",\"exit\":0,\"published\":%s,\"gen\":%" PRIu64 ",\"documents\":%" PRIu64 ",\"words\":%" PRIu64
		",\"index_bytes\":%" PRIu64 ",\"reordered\":%s,\"seconds\":%.6f}\n", is_new ? "true" : "false",
		r->gen, r->documents, r->words, r->index_bytes, r->reordered ? "true" : "false", seconds);
	if (b.oom)
		complain("no memory for the report");
	else
		(void)fwrite(b.ptr, 1, b.len, stdout);
	bq_buf_release(&b);
}

int cmd_optimize(const struct options *o)
{
	struct progress progress;
	struct bq_optimize_opts opts = { .memory_bytes = o->memory_bytes, .threads = (uint32_t)o->threads,
		.pairs_percent = o->pairs_percent, .reorder = !o->no_reorder, .progress = progress_step,
		.progress_arg = &progress, .stop = &stop_signal };
	struct bq_build_report r;
	struct bq_error err;
	uint64_t start = clock_now_ns();
	bool is_new;
	int rc;

	if (engine_owns(o->index) || engine_is_at(o->index)) {
		complain("%s: Xapian databases are not optimized: xapian-compact does that, or"
			" build --engine=xapian --from", o->index);
		return EXIT_FAILED;
	}
	stop_catch();
	progress_init(&progress, o->progress);
	rc = bq_build_optimize(o->index, &opts, &r, &is_new, &err);
	progress_release(&progress);
	double seconds = (double)(clock_now_ns() - start) / 1e9;
	if (rc != BQ_OK) {
		complain_of(o->index, err.msg);
		return EXIT_FAILED;
	}
	report_print_left_out(&r, o);
	if (o->json)
		print_json(o, &r, is_new, seconds);
	else if (!is_new)
		bq_log(BQ_LOG_INFO, "%s: generation %" PRIu64 " is one segment already, in its order", o->index, r.gen);
	else
		bq_log(BQ_LOG_INFO, "%s: generation %" PRIu64 ", one segment, %" PRIu64 " document%s%s, %.1f MB, %.2f s",
			o->index, r.gen, r.documents, report_plural(r.documents),
			r.reordered ? " in a new order" : "", (double)r.index_bytes / 1e6, seconds);
	return EXIT_DONE;
}
