/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bqindex build, bqindex update: sources -> a new generation.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bq/buf.h>
#include <bq/build.h>
#include <bq/log.h>

#include "options.h"
#include "progress.h"
#include "report.h"
#include "source/source.h"
#include "stop.h"

enum { MAX_STOPWORDS = 256 * 1024 };

struct run {
	const struct options *o;
	struct source_opts source_opts;
	struct source **sources;
	size_t n_sources;
	struct bq_span *roots; /* of the sources, each once; **borrowed** from them */
	uint32_t n_roots;
	struct skips skips;
	struct bq_buf stopwords;
	struct bq_build *build;
	struct progress progress;
	struct report report;
	uint64_t read_bytes, documents; /* `read_bytes` of the sources that are behind us */
};

/* ---- preparing --------------------------------------------------------- */

/* The words of --stopwords with single blanks between. */
static int read_stopwords(const char *path, struct bq_buf *out, struct bq_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return bq_error_set(err, BQ_EUSAGE, 0, "%s: %s", path, strerror(errno));
	while (n > 0 && out->len <= MAX_STOPWORDS) {
		uint8_t *to = bq_buf_room(out, MAX_STOPWORDS + 1);
		n = to == NULL ? -1 : read(fd, to, MAX_STOPWORDS + 1);
		out->len += n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	if (n < 0)
		return bq_error_set(err, BQ_EIO, 0, "%s: cannot read", path);
	if (out->len > MAX_STOPWORDS)
		return bq_error_set(err, BQ_ELIMIT, 0, "%s: more than %d bytes of stop words", path, MAX_STOPWORDS);
	for (size_t i = 0; i < out->len; i++)
		if (out->ptr[i] < 0x20)
			out->ptr[i] = ' ';
	return BQ_OK;
}

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

static int open_sources(struct run *r, struct bq_error *err)
{
	size_t n = r->o->sources.n;
	int rc;

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

/* Start the generation; sources then leave its directory out. */
static int open_build(struct run *r, struct bq_error *err)
{
	const struct options *o = r->o;
	struct bq_build_opts opts = {
		.k1 = (float)o->k1,
		.b = (float)o->b,
		.memory_bytes = o->memory_bytes,
		.no_store = o->no_store,
		.n_sources = r->n_roots,
		.sources = r->roots,
	};
	struct stat st;
	int rc = BQ_OK;

	if (strlen(o->lang) >= BQ_LANG_MAX)
		return bq_error_set(err, BQ_EUSAGE, 0, "unknown language %.40s", o->lang);
	memcpy(opts.text.lang, o->lang, strlen(o->lang) + 1);
	if (o->stopwords != NULL && strcmp(o->stopwords, "none") != 0)
		rc = read_stopwords(o->stopwords, &r->stopwords, err);
	if (o->stopwords != NULL)
		opts.text.stopwords = r->stopwords.len == 0 ? BQ_SPAN("") : bq_buf_span(&r->stopwords);
	if (rc == BQ_OK)
		rc = bq_build_open(o->index, &opts, &r->build, err);
	if (rc == BQ_OK && stat(o->index, &st) == 0) {
		r->source_opts.skip_dev = st.st_dev;
		r->source_opts.skip_ino = st.st_ino;
	}
	return rc;
}

/* ---- running ----------------------------------------------------------- */

/* All documents of one source. */
static int add_source(struct run *r, struct source *s, struct bq_error *err)
{
	struct bq_doc_in doc;
	int rc;

	for (;;) {
		uint64_t start = now_ns(), between;
		rc = source_next(s, &doc, err);
		between = now_ns();
		r->report.read_ns += between - start;
		if (rc != BQ_OK)
			return rc == BQ_END ? BQ_OK : rc;
		rc = bq_build_add(r->build, &doc, err);
		r->report.index_ns += now_ns() - between;
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
	uint64_t start = now_ns();
	int rc;

	r->build = NULL;
	progress_phase(&r->progress, "writing the index");
	rc = bq_build_commit(b, &r->report.build, err);
	r->report.write_ns = now_ns() - start;
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
	for (size_t i = 0; r->sources != NULL && i < r->o->sources.n; i++)
		source_close(r->sources[i]);
	free(r->sources);
	free(r->roots);
	bq_buf_release(&r->stopwords);
	skips_release(&r->skips);
}

int cmd_build(const struct options *o)
{
	struct run r = { .o = o };
	struct bq_error err;
	uint64_t start = now_ns();
	int rc;

	skips_init(&r.skips);
	r.source_opts = (struct source_opts){
		.include = o->include.items, .n_include = o->include.n,
		.exclude = o->exclude.items, .n_exclude = o->exclude.n,
		.stop = &stop_signal, .skips = &r.skips,
	};
	stop_catch();
	rc = make_generation(&r, &err);
	r.report.total_ns = now_ns() - start;
	r.report.skips = &r.skips;
	r.report.code = rc != BQ_OK ? EXIT_FAILED : r.skips.n_broken != 0 ? EXIT_SKIPPED : EXIT_DONE;
	if (rc != BQ_OK)
		complain("%s: %s", o->index, err.msg);
	else if (o->json)
		report_print_json(&r.report, o);
	else
		report_print(&r.report, o);
	release_run(&r);
	return r.report.code;
}

int cmd_update(const struct options *o)
{
	int code = cmd_build(o);

	if (code != EXIT_FAILED && !o->json)
		bq_log(BQ_LOG_INFO, "update read every source again and wrote a whole new generation");
	return code;
}
