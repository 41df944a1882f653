/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bq/build.h>

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "build/analyser.h"
#include "build/dictionary.h"
#include "build/inverted.h"
#include "build/inverter.h"
#include "build/merge.h"
#include "index/lock.h"
#include "index/publish.h"

struct bq_build {
	int dirfd, lockfd;
	uint64_t memory_bytes;
	bool no_store;
	uint32_t max_docs;          /* of a segment */
	struct bq_arena mem;        /* what `manifest` points to */
	struct manifest manifest;   /* the generation in the making */
	struct bq_text *text;
	struct analyser analyser;
	struct inverter inverter;   /* of the segment in the making */
	struct segment_writer *w;   /* NULL between two segments */
	uint32_t segment_docs;
	uint64_t segment_tokens;
	struct bq_build_report report;
	int rc;                     /* what ended the build */
};

/* ---- opening ----------------------------------------------------------- */

/* The generation before this one: numbers go on from there.  One that cannot
 * be read is replaced, and its files stay until we have published. */
static int follow_old(struct bq_build *b, struct bq_error *err)
{
	struct manifest old;
	int rc = manifest_read(b->dirfd, &b->mem, &old, NULL, err);

	if (rc == BQ_EIO || rc == BQ_ENOMEM)
		return rc;
	if (rc == BQ_EFORMAT || rc == BQ_EVERSION) {
		publish_numbers(b->dirfd, &old.next_segment, &old.gen);
		old.next_segment++;
		old.gen = old.gen > old.next_segment ? old.gen : old.next_segment;
	} else if (rc == BQ_ENOTFOUND) {
		old.gen = 0;
		old.next_segment = 1;
		old.n_segments = 0;
	}
	if (rc == BQ_OK || rc == BQ_ENOTFOUND)
		publish_sweep(b->dirfd, &old);
	b->manifest.gen = old.gen + 1;
	b->manifest.next_segment = old.next_segment;
	return BQ_OK;
}

static void describe_text(struct bq_build *b)
{
	struct manifest *m = &b->manifest;
	const char *lang = bq_text_lang(b->text);

	m->text_id = bq_text_id(b->text);
	memcpy(m->text.lang, lang, strlen(lang) + 1);
	m->text.stopwords = bq_arena_dup(&b->mem, bq_text_stopwords(b->text));
}

static void copy_sources(struct bq_build *b, const struct bq_build_opts *opts)
{
	struct bq_span *to = BQ_ARENA_NEW(&b->mem, struct bq_span, opts->n_sources);

	for (uint32_t i = 0; to != NULL && i < opts->n_sources; i++)
		to[i] = bq_arena_dup(&b->mem, opts->sources[i]);
	b->manifest.sources = to;
	b->manifest.n_sources = opts->n_sources;
}

static int check_opts(const struct bq_build_opts *o, struct bq_error *err)
{
	if (!isfinite(o->k1) || o->k1 < 0 || o->k1 > 1000.0f)
		return bq_error_set(err, BQ_EUSAGE, 0, "k1 is a number from 0 to 1000");
	if (!(o->b >= 0 && o->b <= 1))
		return bq_error_set(err, BQ_EUSAGE, 0, "b is a number from 0 to 1");
	return BQ_OK;
}

static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	/* without one only the defence against prepared collisions is lost */
	(void)!getrandom(&seed, sizeof seed, GRND_NONBLOCK);
	return seed;
}

static void build_free(struct bq_build *b)
{
	segment_writer_free(b->w);
	analyser_release(&b->analyser);
	inverter_release(&b->inverter);
	bq_text_free(b->text);
	bq_arena_release(&b->mem);
	lock_close(b->lockfd);
	if (b->dirfd >= 0)
		(void)close(b->dirfd);
	free(b);
}

static int open_dir(struct bq_build *b, const char *dir, struct bq_error *err)
{
	b->dirfd = publish_dir_open(dir, err);
	if (b->dirfd < 0)
		return b->dirfd;
	b->lockfd = lock_open(b->dirfd, err);
	return b->lockfd < 0 ? b->lockfd : follow_old(b, err);
}

int bq_build_open(const char *dir, const struct bq_build_opts *opts, struct bq_build **out, struct bq_error *err)
{
	struct bq_build *b = calloc(1, sizeof *b);
	int rc;

	*out = NULL;
	if (b == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a builder");
	b->dirfd = b->lockfd = -1;
	b->memory_bytes = opts->memory_bytes;
	b->no_store = opts->no_store;
	b->max_docs = opts->segment_docs == 0 ? BQ_MAX_DOCS : opts->segment_docs;
	b->manifest.k1 = opts->k1;
	b->manifest.b = opts->b;
	b->manifest.pairs = MANIFEST_NO_PAIRS;
	bq_arena_init(&b->mem, SIZE_MAX);
	inverter_init(&b->inverter, random_seed());
	rc = check_opts(opts, err);
	if (rc == BQ_OK)
		rc = bq_text_new(&opts->text, &b->text, err);
	if (rc == BQ_OK)
		rc = open_dir(b, dir, err);
	if (rc == BQ_OK) {
		describe_text(b);
		copy_sources(b, opts);
		analyser_init(&b->analyser, b->text, &b->inverter);
		rc = b->mem.oom ? bq_error_set(err, BQ_ENOMEM, 0, "no memory for a builder") : BQ_OK;
	}
	if (rc != BQ_OK) {
		build_free(b);
		return rc;
	}
	*out = b;
	return BQ_OK;
}

/* ---- segments ---------------------------------------------------------- */

static int start_segment(struct bq_build *b, struct bq_error *err)
{
	struct segment_params params = {
		.number = b->manifest.next_segment,
		.text_id = b->manifest.text_id,
		.k1 = b->manifest.k1,
		.b = b->manifest.b,
		.no_store = b->no_store,
	};
	struct bq_error why;

	if (params.number > MANIFEST_MAX_NUMBER)
		return bq_error_set(err, BQ_EUSAGE, 0, "segment numbers are used up: build into a new directory");
	b->segment_docs = 0;
	b->segment_tokens = 0;
	b->w = segment_writer_new(b->dirfd, &params, &why);
	if (b->w == NULL)
		return bq_error_set(err, why.status, why.at, "%s", why.msg);
	b->manifest.next_segment++;
	return BQ_OK;
}

/* The average length is fixed by the first segment: all bounds of a
 * generation are computed under one. */
static void fix_average(struct bq_build *b)
{
	struct manifest *m = &b->manifest;

	if (m->avg_len > 0)
		return;
	m->avg_len = b->segment_tokens == 0 ? 1.0f : (float)((double)b->segment_tokens / b->segment_docs);
}

static int finish_segment(struct bq_build *b, struct bq_error *err)
{
	struct manifest *m = &b->manifest;
	struct manifest_segment *s = &m->segments[m->n_segments];
	struct segment_writer *w = b->w;
	struct segment_info info;
	uint64_t bytes = inverter_bytes(&b->inverter);
	int rc;

	fix_average(b);
	segment_writer_begin_terms(w, m->avg_len);
	struct inverted words;
	rc = inverted_init(&words, &b->inverter) ? dictionary_write(&words.v, b->text, w, err) : BQ_ENOMEM;
	inverted_release(&words);
	b->report.peak_bytes = bytes > b->report.peak_bytes ? bytes : b->report.peak_bytes;
	inverter_release(&b->inverter);
	if (rc != BQ_OK)
		return rc;
	b->w = NULL;
	rc = segment_writer_finish(w, &info, err);
	if (rc != BQ_OK)
		return rc;
	*s = (struct manifest_segment){
		.number = info.number, .bytes = info.bytes, .checksum = info.checksum, .n_docs = info.n_docs };
	m->n_segments++;
	m->n_docs += info.n_docs;
	m->n_tokens += info.n_tokens;
	b->report.words += info.n_terms;
	b->report.index_bytes += info.bytes;
	return BQ_OK;
}

/* The memory is used up, or the document numbers are. */
static bool is_full(const struct bq_build *b)
{
	bool may_split = b->manifest.n_segments + 1 < BQ_MAX_SEGMENTS;

	if (b->segment_docs == 0)
		return false;
	return b->segment_docs == b->max_docs || (may_split && inverter_bytes(&b->inverter) >= b->memory_bytes);
}

/* A segment that takes one more document. */
static int make_room(struct bq_build *b, struct bq_error *err)
{
	int rc = BQ_OK;

	if (b->w != NULL && is_full(b))
		rc = finish_segment(b, err);
	if (rc == BQ_OK && b->w == NULL && b->manifest.n_segments == BQ_MAX_SEGMENTS)
		return bq_error_set(err, BQ_ELIMIT, 0, "an index holds no more documents than this");
	if (rc == BQ_OK && b->w == NULL)
		rc = start_segment(b, err);
	return rc;
}

/* ---- the interface ----------------------------------------------------- */

int bq_build_add(struct bq_build *b, const struct bq_doc_in *doc, struct bq_error *err)
{
	struct segment_doc parsed;
	int rc;

	if (b->rc != BQ_OK)
		return bq_error_set(err, b->rc, 0, "the build has failed");
	rc = analyser_check(&b->analyser, doc, err);
	if (rc != BQ_OK)
		return rc;
	rc = make_room(b, err);
	if (rc == BQ_ELIMIT)
		return rc;
	b->rc = rc;
	if (b->rc == BQ_OK)
		b->rc = analyser_doc(&b->analyser, doc, b->segment_docs, &parsed, err);
	if (b->rc != BQ_OK)
		return b->rc;
	segment_writer_doc(b->w, &parsed);
	b->segment_docs++;
	b->segment_tokens += parsed.length;
	b->report.documents++;
	b->report.tokens += parsed.length;
	b->report.text_bytes += doc->text.len;
	return BQ_OK;
}

void bq_build_abort(struct bq_build *b)
{
	char name[MANIFEST_FILE_MAX];

	if (b == NULL)
		return;
	for (uint32_t i = 0; i < b->manifest.n_segments; i++) {
		manifest_segment_file(&b->manifest.segments[i], name);
		(void)unlinkat(b->dirfd, name, 0);
	}
	build_free(b);
}

int bq_build_commit(struct bq_build *b, struct bq_build_report *report, struct bq_error *err)
{
	struct manifest *m = &b->manifest;
	int rc = b->rc;

	if (rc != BQ_OK)
		(void)bq_error_set(err, rc, 0, "the build has failed");
	if (rc == BQ_OK && b->w != NULL)
		rc = finish_segment(b, err);
	if (rc != BQ_OK) {
		bq_build_abort(b);
		return rc;
	}
	fix_average(b);
	m->n_live = m->n_docs;
	rc = publish_manifest(b->dirfd, m, err);
	if (rc == BQ_OK) {
		publish_sweep(b->dirfd, m);
		b->report.gen = m->gen;
		*report = b->report;
	}
	/* a failed publish may have renamed: the files of both generations stay, the next writer sweeps */
	build_free(b);
	return rc;
}
