/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex export: the documents of an index as JSON lines, as `build` reads them,
 * or as Xapian databases, as `build --engine=xapian` makes them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bq/buf.h>
#include <bq/index.h>
#include <bq/log.h>
#include <bq/xapian.h>

#include "options.h"
#include "outfile.h"
#include "report.h"
#include "source/jsonline.h"
#include "source/reread.h"
#include "stop.h"

struct export {
	const struct options *o;
	struct source_opts source_opts;
	struct skips skips;
	struct source *from;
	struct bq_buf line;
	FILE *out;
	uint64_t n_docs;
};

/* ---- JSON lines ----------------------------------------------------------- */

/* BQ_END with nothing to say where a write fails: who has the stream says it. */
static int export_doc(struct export *x, const struct bq_doc_in *doc, struct bq_error *err)
{
	int rc = jsonline_write(doc, &x->line, err);

	if (rc != BQ_OK)
		return rc;
	return fwrite(x->line.ptr, 1, x->line.len, x->out) == x->line.len ? BQ_OK : BQ_END;
}

/* Everything; true if it is written whole. */
static bool export_all(struct export *x)
{
	struct bq_doc_in doc;
	struct bq_error err;
	int rc;

	while ((rc = source_next(x->from, &doc, &err)) == BQ_OK) {
		rc = export_doc(x, &doc, &err);
		if (rc == BQ_END && stop_signal == 0)
			return false;
		if (rc != BQ_OK)
			break;
		x->n_docs++;
	}
	if (stop_signal != 0) /* also what ended a write */
		complain("%s: stopped", x->o->index);
	else if (rc != BQ_END)
		complain_of(x->o->index, err.msg);
	return rc == BQ_END && stop_signal == 0;
}

/* To FILE, or to standard output: what fails there is said by main(). */
static bool write_lines(struct export *x)
{
	struct outfile file;
	struct bq_error err;
	bool is_whole = false;
	int rc;

	if (x->o->output == NULL) {
		x->out = stdout;
		return export_all(x) && fflush(stdout) == 0;
	}
	rc = outfile_open(&file, x->o->output, &err);
	if (rc == BQ_OK) {
		x->out = file.stream;
		is_whole = export_all(x);
		rc = is_whole ? outfile_commit(&file, &err) : outfile_abort(&file, &err);
	}
	if (rc != BQ_OK)
		complain("%s", err.msg);
	return rc == BQ_OK && is_whole;
}

/* ---- Xapian databases ------------------------------------------------------- */

static int open_databases(const struct export *x, struct bq_xapian_build **out, struct bq_error *err)
{
	const struct bq_index *ix = reread_index(x->from);
	struct bq_build_opts opts = { .text = ix->text, .k1 = ix->k1, .b = ix->b, .memory_bytes = x->o->memory_bytes,
		.n_sources = ix->n_sources, .sources = ix->sources, .stop = &stop_signal };
	uint64_t shards = x->o->shards == 0 ? 1 : x->o->shards;

	return bq_xapian_build_open(x->o->output, &opts, shards > UINT32_MAX ? UINT32_MAX : (uint32_t)shards, out, err);
}

/* A document that Xapian does not take ends it: written whole or not at all. */
static int add_all(struct export *x, struct bq_xapian_build *b, struct bq_error *err)
{
	struct bq_doc_in doc;
	int rc;

	while ((rc = source_next(x->from, &doc, err)) == BQ_OK) {
		rc = bq_xapian_build_add(b, &doc, err);
		if (rc != BQ_OK)
			return rc;
		x->n_docs++;
	}
	return rc == BQ_END ? BQ_OK : rc;
}

static bool write_databases(struct export *x)
{
	struct bq_build_report report;
	struct bq_xapian_build *b;
	struct bq_error err;
	int rc = open_databases(x, &b, &err);

	if (rc != BQ_OK) {
		complain_of(x->o->output, err.msg);
		return false;
	}
	rc = add_all(x, b, &err);
	if (rc == BQ_OK)
		rc = bq_xapian_build_commit(b, &report, &err);
	else
		bq_xapian_build_abort(b);
	if (rc != BQ_OK)
		complain_of(x->o->index, rc == BQ_ECANCELLED ? "stopped" : err.msg);
	return rc == BQ_OK;
}

/* ---- the verb ---------------------------------------------------------- */

static int report(const struct export *x)
{
	uint64_t n_cut = reread_count_cut(x->from);

	for (size_t i = 0; i < x->skips.n; i++)
		bq_log(BQ_LOG_INFO, "skipped %.*s: %s", (int)bq_span_first(x->skips.list[i].path, 200).len,
			x->skips.list[i].path.ptr, x->skips.list[i].reason);
	bq_log(BQ_LOG_INFO, "%s: %" PRIu64 " document%s", x->o->index, x->n_docs, report_plural(x->n_docs));
	if (n_cut == 0)
		return EXIT_DONE;
	complain("%s: of %" PRIu64 " titles the index has the first 1,024 bytes only", x->o->index, n_cut);
	return EXIT_SKIPPED;
}

int cmd_export(const struct options *o)
{
	struct export x = { .o = o, .source_opts = { .stop = &stop_signal, .skips = &x.skips } };
	struct bq_error err;
	int code = EXIT_FAILED;

	stop_catch();
	skips_init(&x.skips);
	if (reread_open_dir(o->index, &x.source_opts, &x.from, &err) != BQ_OK) {
		complain_of(o->index, err.msg);
		skips_release(&x.skips);
		return EXIT_FAILED;
	}
	if (strcmp(o->to, "xapian") == 0 ? write_databases(&x) : write_lines(&x))
		code = report(&x);
	source_close(x.from);
	bq_buf_release(&x.line);
	skips_release(&x.skips);
	return code;
}
