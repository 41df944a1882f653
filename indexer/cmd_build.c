/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex build, bqindex update: sources -> a new generation; an update does not
 * read files that the index has as they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bq/buf.h>
#include <bq/build.h>
#include <bq/log.h>
#include <bq/xapian.h>

#include "base/clock.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "settings.h"
#include "source/reread.h"
#include "source/source.h"
#include "stop.h"

struct run {
	const struct options *o;
	bool is_update;
	struct source_opts source_opts;
	struct source **sources;
	size_t n_sources;
	struct source *from;   /* of --from: the only one; or NULL */
	struct bq_span *roots; /* of the sources, each once; **borrowed** from them */
	uint32_t n_roots;
	struct skips skips;
	struct bq_build *build;          /* one of the two, by --engine */
	struct bq_xapian_build *xapian;
	struct progress progress;
	struct report report;
	uint64_t read_bytes, documents; /* `read_bytes` of the sources that are behind us */
};

/* ---- preparing --------------------------------------------------------- */

/* The place of a source's root among the index's: files of one directory share it. */
static uint32_t number_root(struct run *r, struct bq_span root)
{
	uint32_t i = r->n_roots;

	while (i > 0)
		if (bq_span_eq(r->roots[--i], root))
			return i;
	r->roots[r->n_roots] = root;
	return r->n_roots++;
}

/* The documents of another index, with the roots that it names. */
static int open_from(struct run *r, struct bq_error *err)
{
	const struct bq_index *ix;
	int rc = reread_open_dir(r->o->from, &r->source_opts, &r->from, err);

	if (rc != BQ_OK)
		return rc;
	ix = reread_index(r->from);
	r->sources = calloc(1, sizeof *r->sources);
	r->roots = calloc(ix->n_sources + 1u, sizeof *r->roots);
	if (r->sources == NULL || r->roots == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a source");
	r->sources[r->n_sources++] = r->from;
	for (uint32_t i = 0; i < ix->n_sources; i++)
		r->roots[r->n_roots++] = ix->sources[i];
	return BQ_OK;
}

static int open_sources(struct run *r, struct bq_error *err)
{
	size_t n = r->o->sources.n;
	int rc;

	if (r->o->from != NULL)
		return open_from(r, err);
	r->sources = calloc(n, sizeof *r->sources);
	r->roots = calloc(n, sizeof *r->roots);
	if (r->sources == NULL || r->roots == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for %zu sources", n);
	rc = source_open_all(r->o->sources.items, n, &r->source_opts, r->sources, &r->n_sources, err);
	for (size_t i = 0; rc == BQ_OK && i < r->n_sources; i++)
		r->sources[i]->number = number_root(r, r->sources[i]->root);
	return rc;
}

/* Progress knows what is to do only by a walk of its own. */
static int open_progress(struct run *r, struct bq_error *err)
{
	uint64_t total = 0;
	int rc;

	progress_init(&r->progress, r->o->progress);
	rc = r->progress.is_on ? source_measure_all(r->sources, r->n_sources, &total, err) : BQ_OK;
	progress_expect(&r->progress, rc == BQ_OK ? total : 0);
	return rc == BQ_END ? BQ_OK : rc;
}

static bool is_xapian(const struct options *o) { return o->engine != NULL && strcmp(o->engine, "xapian") == 0; }

static uint32_t count_shards(const struct options *o)
{
	return o->shards == 0 ? 1 : o->shards > UINT32_MAX ? UINT32_MAX : (uint32_t)o->shards;
}

/* Start the generation; sources then leave its directory out. */
static int open_build(struct run *r, struct bq_error *err)
{
	struct settings s;
	struct stat st;
	int rc = settings_init(&s, r->o, r->is_update, r->from == NULL ? NULL : reread_index(r->from), err);

	s.opts.memory_bytes = r->o->memory_bytes;
	s.opts.threads = (uint32_t)r->o->threads;
	s.opts.n_sources = r->n_roots;
	s.opts.sources = r->roots;
	s.opts.stop = &stop_signal;
	s.opts.reorder = r->o->reorder;
	s.opts.progress = progress_step;
	s.opts.progress_arg = &r->progress;
	if (rc == BQ_OK && is_xapian(r->o))
		rc = bq_xapian_build_open(r->o->index, &s.opts, count_shards(r->o), &r->xapian, err);
	else if (rc == BQ_OK)
		rc = bq_build_open(r->o->index, &s.opts, &r->build, err);
	settings_release(&s);
	if (rc == BQ_OK && stat(r->o->index, &st) == 0) {
		r->source_opts.skip_dev = st.st_dev;
		r->source_opts.skip_ino = st.st_ino;
	}
	return rc;
}

/* Whether the index has a file as it is now. */
static bool keep_file(void *index, const struct source_file *f)
{
	struct run *r = index;

	return bq_build_keep(r->build, f->source, f->path, f->mtime_us, f->file_bytes);
}

/* ---- running ----------------------------------------------------------- */

/* All documents of one source. */
static int add_source(struct run *r, struct source *s, struct bq_error *err)
{
	struct bq_doc_in doc;
	int rc;

	for (;;) {
		uint64_t start = clock_now_ns(), between;
		rc = source_next(s, &doc, err);
		between = clock_now_ns();
		r->report.read_ns += between - start;
		if (rc != BQ_OK)
			return rc == BQ_END ? BQ_OK : rc;
		rc = r->xapian != NULL ? bq_xapian_build_add(r->xapian, &doc, err) : bq_build_add(r->build, &doc, err);
		r->report.index_ns += clock_now_ns() - between;
		if (rc == BQ_ELIMIT)
			source_skip(s, doc.path, doc.file_line, true, err->msg);
		else if (rc != BQ_OK)
			return rc;
		r->documents += rc == BQ_OK;
		progress_show(&r->progress, r->documents, r->read_bytes + s->bytes_done, doc.path);
	}
}

static int commit(struct run *r, struct bq_error *err)
{
	struct bq_build *b = r->build;
	struct bq_xapian_build *x = r->xapian;
	uint64_t start = clock_now_ns();
	int rc;

	r->build = NULL;
	r->xapian = NULL;
	progress_phase(&r->progress, "writing the index");
	rc = x != NULL ? bq_xapian_build_commit(x, &r->report.build, err) : bq_build_commit(b, &r->report.build, err);
	r->report.write_ns = clock_now_ns() - start;
	return rc;
}

static int make_generation(struct run *r, struct bq_error *err)
{
	int rc = open_sources(r, err);

	if (rc == BQ_OK)
		rc = open_build(r, err);
	if (rc == BQ_OK)
		rc = open_progress(r, err);
	for (size_t i = 0; rc == BQ_OK && i < r->n_sources; i++) {
		rc = add_source(r, r->sources[i], err);
		r->read_bytes += r->sources[i]->bytes_done;
	}
	if (rc == BQ_OK && stop_signal != 0)
		rc = bq_error_set(err, BQ_ECANCELLED, 0, "stopped by a signal");
	if (rc == BQ_OK)
		rc = commit(r, err);
	progress_release(&r->progress);
	return rc;
}

static void release_run(struct run *r)
{
	bq_build_abort(r->build);
	bq_xapian_build_abort(r->xapian);
	for (size_t i = 0; r->from == NULL && r->sources != NULL && i < r->o->sources.n; i++)
		source_close(r->sources[i]);
	source_close(r->from);
	free(r->sources);
	free(r->roots);
	skips_release(&r->skips);
}

/* The exit code of a run that ended with `rc`; what an index did not have is said. */
static int judge(const struct run *r, int rc)
{
	uint64_t n_cut = rc != BQ_OK || r->from == NULL ? 0 : reread_count_cut(r->from);

	if (n_cut != 0)
		complain("%s: of %" PRIu64 " titles it has the first 1,024 bytes only", r->o->from, n_cut);
	return rc != BQ_OK ? EXIT_FAILED : r->skips.n_broken != 0 || n_cut != 0 ? EXIT_SKIPPED : EXIT_DONE;
}

static int run_build(const struct options *o, bool is_update)
{
	struct run r = { .o = o, .is_update = is_update };
	struct bq_error err;
	uint64_t start = clock_now_ns();
	int rc;

	skips_init(&r.skips);
	r.source_opts = (struct source_opts){
		.include = o->include.items, .n_include = o->include.n,
		.exclude = o->exclude.items, .n_exclude = o->exclude.n,
		.stop = &stop_signal, .skips = &r.skips, .is_known = is_update ? keep_file : NULL, .index = &r,
	};
	stop_catch();
	rc = make_generation(&r, &err);
	r.report.total_ns = clock_now_ns() - start;
	r.report.read_bytes = r.read_bytes;
	r.report.skips = &r.skips;
	r.report.is_update = is_update;
	r.report.code = judge(&r, rc);
	if (rc != BQ_OK)
		complain_of(o->index, err.msg);
	else if (o->json)
		report_print_json(&r.report, o);
	else
		report_print(&r.report, o);
	release_run(&r);
	return r.report.code;
}

int cmd_build(const struct options *o)
{
	return run_build(o, false);
}

int cmd_update(const struct options *o)
{
	return run_build(o, true);
}
