/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bq/build.h>

#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pool.h"
#include "build/budget.h"
#include "build/compact.h"
#include "build/crew.h"
#include "build/dictionary.h"
#include "build/inverted.h"
#include "build/known.h"
#include "build/merge.h"
#include "build/spill.h"
#include "index/lock.h"
#include "index/publish.h"
#include "reorder/reorder.h"

enum {
	HAND_BYTES = 8 << 20, /* below, a thread's inverter is full when it has begun */
	MIN_HANDS = 4,
};

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

/* ---- opening ----------------------------------------------------------- */

/* The generation before this one: numbers go on from there.  One that cannot
 * be read is replaced, and its files stay until we have published. */
static int follow_old(struct bq_build *b, struct bq_error *err)
{
	struct manifest *old = &b->old;
	int rc = manifest_read(b->dirfd, &b->mem, old, NULL, err);

	if (rc == BQ_EIO || rc == BQ_ENOMEM)
		return rc;
	if (rc == BQ_EFORMAT || rc == BQ_EVERSION) {
		b->report.rebuilt = "the index was damaged or of another version";
		publish_numbers(b->dirfd, &old->next_segment, &old->gen);
		old->next_segment++;
		old->gen = old->gen > old->next_segment ? old->gen : old->next_segment;
	} else if (rc == BQ_ENOTFOUND) {
		b->report.rebuilt = "there was no index";
		old->gen = 0;
		old->next_segment = 1;
		old->n_segments = 0;
	}
	if (rc == BQ_OK || rc == BQ_ENOTFOUND)
		publish_sweep(b->dirfd, old);
	b->manifest.gen = old->gen + 1;
	b->manifest.next_segment = old->next_segment;
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

/* The place of `root` among the sources, or n_sources. */
static uint32_t find_source(const struct bq_span *sources, uint32_t n, struct bq_span root)
{
	uint32_t i = 0;

	while (i < n && !bq_span_eq(sources[i], root))
		i++;
	return i;
}

/* The caller's sources, behind those of `old` that are not among them: numbers in
 * segments stay what they are.  `old` may be NULL. */
static void number_sources(struct bq_build *b, const struct bq_build_opts *opts, const struct manifest *old)
{
	struct manifest *m = &b->manifest;
	uint32_t n_old = old == NULL ? 0 : old->n_sources;
	struct bq_span *to = BQ_ARENA_NEW(&b->mem, struct bq_span, n_old + (size_t)opts->n_sources);

	b->numbers = BQ_ARENA_NEW(&b->mem, uint32_t, opts->n_sources);
	if (to == NULL || b->numbers == NULL)
		return; /* sticky: bq_build_open() asks */
	for (uint32_t i = 0; i < n_old; i++) {
		to[i] = old->sources[i];
		b->drops_source |= find_source(opts->sources, opts->n_sources, to[i]) == opts->n_sources;
	}
	m->sources = to;
	m->n_sources = n_old;
	for (uint32_t i = 0; i < opts->n_sources; i++) {
		b->numbers[i] = n_old == 0 ? i : find_source(to, m->n_sources, opts->sources[i]);
		if (b->numbers[i] >= m->n_sources)
			to[m->n_sources++] = bq_arena_dup(&b->mem, opts->sources[i]);
	}
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
	crew_release(&b->crew);
	segment_writer_free(b->w);
	spill_release(&b->spill);
	compact_release(&b->compact);
	known_release(&b->known);
	bq_index_unref(b->ix);
	bq_text_free(b->text);
	pool_free(b->pool);
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

/* NULL, or why the opened index cannot be updated but is built anew. */
static const char *judge_old(const struct bq_build *b)
{
	const struct manifest *old = &b->old, *m = &b->manifest;
	bool no_store = b->ix->n_leaves == 0 ? b->opts.no_store
		: (segment_of(b->ix->leaves[0])->file.head.flags & CONTAINER_NO_STORE) != 0;

	if (old->text_id != m->text_id)
		return "another language, other stop words or other rules for words";
	if (memcmp(&old->k1, &m->k1, sizeof m->k1) != 0 || memcmp(&old->b, &m->b, sizeof m->b) != 0)
		return "another k1 or b";
	if (b->opts.pairs_percent != 0 && m->pairs_percent != old->pairs_percent)
		return "another part of the index for pairs";
	return no_store == b->opts.no_store ? NULL : "text is stored, or not, unlike before";
}

/* Start from the generation that is there, if it can be. */
static int open_old(struct bq_build *b, const char *dir, struct bq_error *err)
{
	int rc;

	if (!b->opts.update || b->report.rebuilt != NULL)
		return BQ_OK;
	rc = bq_index_open(dir, &b->ix, err);
	if (rc == BQ_EFORMAT || rc == BQ_EVERSION)
		b->report.rebuilt = "the index was damaged or of another version";
	else if (rc != BQ_OK)
		return rc;
	else
		b->report.rebuilt = judge_old(b);
	if (b->report.rebuilt == NULL)
		return known_init(&b->known, b->ix, err);
	bq_index_unref(b->ix);
	b->ix = NULL;
	return BQ_OK;
}

/* What depends on the generation that is there. */
static int prepare_segments(struct bq_build *b, const struct bq_build_opts *opts, struct bq_error *err)
{
	struct compact *c = &b->compact;

	number_sources(b, opts, b->ix == NULL ? NULL : &b->old);
	if (b->mem.oom)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a builder");
	if (b->ix != NULL) {
		b->manifest.avg_len = b->old.avg_len;
		b->manifest.pairs_percent = b->old.pairs_percent;
		if (b->old.n_segments != 0 || b->old.pairs == BQ_PAIRS_OFF)
			b->manifest.pairs = b->old.pairs;
	}
	c->dirfd = b->dirfd;
	c->manifest = &b->manifest;
	c->text = b->text;
	c->no_store = opts->no_store;
	c->pool = b->pool;
	c->keep_bytes = budget_pages(opts->memory_bytes);
	c->pairs_bytes = b->spill_bytes;
	c->stop = opts->stop;
	b->reorder = (struct reorder_params){ .pool = b->pool, .memory_bytes = b->spill_bytes, .stop = opts->stop,
		.progress = opts->progress, .arg = opts->progress_arg };
	return compact_init(c, b->ix, &b->old, err);
}

/* As many threads as the memory allowed is worth. */
static uint32_t count_threads(const struct bq_build_opts *opts)
{
	uint64_t most = opts->memory_bytes / HAND_BYTES;

	most = most < MIN_HANDS ? MIN_HANDS : most;
	return opts->threads < most ? opts->threads : (uint32_t)most;
}

static struct bq_build *build_new(const struct bq_build_opts *opts)
{
	struct bq_build *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->dirfd = b->lockfd = -1;
	b->opts = *opts;
	b->spill_bytes = budget_words(opts->memory_bytes);
	b->max_docs = opts->segment_docs == 0 ? BQ_MAX_DOCS : opts->segment_docs;
	b->manifest.k1 = opts->k1;
	b->manifest.b = opts->b;
	if (opts->pairs_percent == BQ_PAIRS_OFF)
		b->manifest.pairs = BQ_PAIRS_OFF;
	else
		b->manifest.pairs_percent = opts->pairs_percent == 0 ? BQ_PAIRS_PERCENT : opts->pairs_percent;
	bq_arena_init(&b->mem, SIZE_MAX);
	return b;
}

int bq_build_open(const char *dir, const struct bq_build_opts *opts, struct bq_build **out, struct bq_error *err)
{
	struct bq_build *b = build_new(opts);
	int rc;

	*out = NULL;
	if (b == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a builder");
	rc = check_opts(opts, err);
	b->pool = pool_new(count_threads(opts));
	if (b->pool == NULL)
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory for a builder");
	if (rc == BQ_OK)
		rc = bq_text_new(&opts->text, &b->text, err);
	if (rc == BQ_OK)
		rc = open_dir(b, dir, err);
	if (rc == BQ_OK) {
		describe_text(b);
		rc = crew_init(&b->crew, b->text, b->pool, opts->memory_bytes, random_seed(), err);
	}
	if (rc == BQ_OK)
		rc = open_old(b, dir, err);
	if (rc == BQ_OK)
		rc = prepare_segments(b, opts, err);
	if (rc != BQ_OK) {
		build_free(b);
		return rc;
	}
	*out = b;
	return BQ_OK;
}

/* ---- segments ---------------------------------------------------------- */

/* Whether what is written now is written again in another order. */
static bool wants_order(const struct bq_build *b)
{
	return b->opts.reorder && b->ix == NULL;
}

static int start_segment(struct bq_build *b, struct bq_error *err)
{
	struct merge merge = {
		.dirfd = b->dirfd,
		.params = {
			.number = b->manifest.next_segment,
			.text_id = b->manifest.text_id,
			.k1 = b->manifest.k1,
			.b = b->manifest.b,
			.no_store = b->opts.no_store,
			.pool = b->pool,
			.pairs = {
				.t = wants_order(b) ? BQ_PAIRS_OFF : b->manifest.pairs,
				.min = b->opts.pairs_min,
				.percent = b->manifest.pairs_percent,
				.memory_bytes = b->spill_bytes,
				.stop = b->opts.stop,
			},
		},
		.keep_bytes = budget_pages(b->opts.memory_bytes),
		.stop = b->opts.stop,
	};
	struct bq_error why;

	if (merge.params.number > MANIFEST_MAX_NUMBER)
		return bq_error_set(err, BQ_EUSAGE, 0, "segment numbers are used up: build into a new directory");
	b->segment_docs = b->run_docs = 0;
	b->crew.n_tokens = 0;
	b->w = segment_writer_new(b->dirfd, &merge.params, &why);
	if (b->w == NULL)
		return bq_error_set(err, why.status, why.at, "%s", why.msg);
	merge.params.number = ++b->manifest.next_segment; /* runs have gone when this number is used */
	spill_init(&b->spill, &merge);
	return BQ_OK;
}

static void note_peak(struct bq_build *b)
{
	uint64_t bytes = crew_bytes(&b->crew);

	b->report.peak_bytes = bytes > b->report.peak_bytes ? bytes : b->report.peak_bytes;
}

/* The average length is fixed by the first segment: all bounds of a
 * generation are computed under one. */
static void fix_average(struct bq_build *b)
{
	struct manifest *m = &b->manifest;

	if (!(m->avg_len > 0))
		m->avg_len = merge_average(b->crew.n_tokens, b->segment_docs);
}

/* The inverters' words become a run. */
static int end_run(struct bq_build *b, struct bq_error *err)
{
	const struct inverter *from[POOL_MAX];
	int rc = crew_drain(&b->crew, b->w, err);

	note_peak(b);
	if (rc == BQ_OK)
		rc = spill_run(&b->spill, from, crew_inverters(&b->crew, from), b->run_docs, err);
	b->report.runs++;
	crew_empty(&b->crew);
	b->run_docs = 0;
	if (rc != BQ_OK || b->spill.n < b->spill.max)
		return rc;
	(void)malloc_trim(0); /* the inverters' memory is the merge's now */
	return spill_make_room(&b->spill, err);
}

/* All words of the segment: the inverters', or those of the runs. */
static int write_terms(struct bq_build *b, struct bq_error *err)
{
	const struct inverter *from[POOL_MAX];
	struct inverted words;
	int rc = BQ_OK;

	if (b->spill.n != 0) {
		rc = b->run_docs == 0 ? BQ_OK : end_run(b, err);
		(void)malloc_trim(0); /* the inverters' memory is the merge's now */
		return rc == BQ_OK ? spill_finish(&b->spill, b->text, b->w, err) : rc;
	}
	if (inverted_init(&words, from, crew_inverters(&b->crew, from), b->pool)) {
		words.v.stop = b->opts.stop;
		rc = dictionary_write(&words.v, b->text, b->w, err);
	} else {
		rc = bq_error_set(err, BQ_ENOMEM, 0, "no memory to sort words");
	}
	inverted_release(&words);
	crew_empty(&b->crew);
	return rc;
}

static int finish_segment(struct bq_build *b, struct bq_error *err)
{
	struct segment_writer *w = b->w;
	struct segment_info info;
	int rc = crew_drain(&b->crew, w, err);
	uint64_t start;

	if (rc != BQ_OK)
		return rc;
	note_peak(b);
	fix_average(b);
	segment_writer_begin_terms(w, b->manifest.avg_len);
	start = clock_now_ns();
	rc = write_terms(b, err);
	b->report.terms_ns += clock_now_ns() - start;
	if (rc != BQ_OK)
		return rc;
	b->w = NULL;
	rc = segment_writer_finish(w, &info, err);
	if (rc != BQ_OK)
		return rc;
	b->report.pairs_ns += info.pairs_ns;
	b->report.analysed += info.n_tokens;
	b->report.written_bytes += info.bytes;
	if (b->manifest.pairs == 0 && !wants_order(b))
		b->manifest.pairs = info.pairs; /* the first one has chosen */
	return compact_add(&b->compact, &info, err);
}

/* A segment, and memory, for one more document. */
static int make_room(struct bq_build *b, struct bq_error *err)
{
	uint32_t max_segments = b->ix == NULL ? BQ_MAX_SEGMENTS : MERGED_MAX;
	int rc = BQ_OK;

	if (b->w != NULL && b->segment_docs == b->max_docs && b->compact.n + 1 < max_segments)
		rc = finish_segment(b, err);
	else if (b->w != NULL && b->segment_docs == BQ_MAX_DOCS)
		return bq_error_set(err, BQ_ELIMIT, 0, "an index holds no more documents than this");
	else if (b->w != NULL && b->run_docs != 0 && crew_next_bytes(&b->crew) >= b->spill_bytes)
		rc = end_run(b, err);
	return rc == BQ_OK && b->w == NULL ? start_segment(b, err) : rc;
}

/* ---- the interface ----------------------------------------------------- */

bool bq_build_keep(struct bq_build *b, uint32_t source, struct bq_span path, int64_t mtime_us, int64_t file_bytes)
{
	return b->ix != NULL && known_keep(&b->known, b->numbers[source], path, mtime_us, file_bytes);
}

/* Of an update: keep the document if the index has it, with its file's new time
 * and size; else BQ_ENOTFOUND. */
static int keep_same(struct bq_build *b, const struct bq_doc_in *in)
{
	struct known_doc same;
	int rc = b->ix == NULL ? BQ_ENOTFOUND : known_keep_doc(&b->known, in->source, in, &same);

	if (rc != BQ_OK)
		return rc;
	if (same.has_new_stamp) {
		compact_stamp(&b->compact, same.leaf, same.doc, in->mtime_us, in->file_bytes);
		b->report.restamped++;
	}
	return BQ_OK;
}

int bq_build_add(struct bq_build *b, const struct bq_doc_in *doc, struct bq_error *err)
{
	struct bq_doc_in in = *doc;
	int rc;

	if (b->rc != BQ_OK)
		return bq_error_set(err, b->rc, 0, "the build has failed");
	if (doc->source < b->opts.n_sources)
		in.source = b->numbers[doc->source];
	rc = keep_same(b, &in);
	if (rc == BQ_OK)
		return BQ_OK;
	if (rc != BQ_ENOTFOUND) {
		b->rc = rc;
		return bq_error_set(err, rc, 0, "%s", rc == BQ_ENOMEM ? "no memory to compare a document with the index's"
			: "the index cannot be read");
	}
	rc = crew_check(&b->crew, doc, err);
	if (rc != BQ_OK)
		return rc;
	rc = make_room(b, err);
	if (rc == BQ_ELIMIT)
		return rc;
	b->rc = rc;
	if (b->rc == BQ_OK)
		b->rc = crew_add(&b->crew, &in, b->run_docs, b->w, err);
	if (b->rc != BQ_OK)
		return b->rc;
	b->segment_docs++;
	b->run_docs++;
	b->report.added++;
	b->report.text_bytes += doc->text.len;
	b->report.stored_bytes += b->opts.no_store ? 0 : (uint64_t)doc->text.len + doc->fields.len;
	return BQ_OK;
}

void bq_build_abort(struct bq_build *b)
{
	if (b == NULL)
		return;
	compact_abandon(&b->compact);
	build_free(b);
}

/* ---- the end ----------------------------------------------------------- */

/* What an update neither kept nor added is dead. */
static int bury_dropped(struct bq_build *b, struct bq_error *err)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < b->ix->n_leaves && rc == BQ_OK; i++) {
		const struct bq_leaf *l = b->ix->leaves[i];
		for (uint32_t doc = 0; doc < l->n_docs && rc == BQ_OK; doc++) {
			if (bq_leaf_is_dead(l, doc) || known_is_kept(&b->known, i, doc))
				continue;
			rc = compact_bury(&b->compact, i, doc, err);
			b->report.dropped++;
		}
	}
	b->report.kept = b->known.n_kept;
	return rc;
}

/* The average has moved away from the one that bounds are computed under, or
 * sources have gone: MANIFEST names those that there are. */
static bool wants_rewrite(const struct bq_build *b)
{
	uint64_t n_docs, n_tokens;
	float a = b->manifest.avg_len, now;

	compact_count(&b->compact, &n_docs, &n_tokens);
	now = merge_average(n_tokens, n_docs);
	return b->compact.n != 0 && (b->drops_source || now > 1.25f * a || now < 0.75f * a);
}

static int merge_all(struct bq_build *b, struct bq_error *err)
{
	struct compact *c = &b->compact;
	int rc;

	c->reorder = b->opts.reorder ? &b->reorder : NULL;
	c->pairs_min = b->opts.pairs_min;
	rc = compact_merge(c, (uint32_t)((UINT64_C(1) << c->n) - 1), 0, err);
	c->reorder = NULL;
	return rc;
}

/* Merge everything; sources get the caller's numbers. */
static int rewrite(struct bq_build *b, struct bq_error *err)
{
	struct manifest *m = &b->manifest;
	struct bq_span *named = BQ_ARENA_NEW(&b->mem, struct bq_span, b->opts.n_sources);
	uint32_t *sources = BQ_ARENA_NEW(&b->mem, uint32_t, m->n_sources);
	int rc;

	if (named == NULL || sources == NULL)
		return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a generation");
	for (uint32_t i = 0; i < b->opts.n_sources; i++) {
		named[i] = m->sources[b->numbers[i]];
		sources[b->numbers[i]] = i;
	}
	b->compact.sources = sources;
	rc = merge_all(b, err);
	m->sources = named;
	m->n_sources = b->opts.n_sources;
	b->drops_source = false;
	return rc;
}

/* The last segment, and of an update what becomes of the old ones. */
static int complete(struct bq_build *b, struct bq_error *err)
{
	struct compact *c = &b->compact;
	int rc = b->ix == NULL ? BQ_OK : bury_dropped(b, err);

	if (rc == BQ_OK)
		rc = compact_seal(c, err);
	compact_drop_dead(c);
	if (c->n == 0)
		b->manifest.avg_len = 0;
	if (rc == BQ_OK && b->w != NULL)
		rc = finish_segment(b, err);
	fix_average(b);
	if (rc == BQ_OK && c->n != 0 && wants_order(b))
		rc = merge_all(b, err);
	if (b->manifest.pairs == 0)
		b->manifest.pairs = BQ_PAIRS_MIN; /* of nothing */
	if (rc != BQ_OK || b->ix == NULL)
		return rc;
	if (!wants_rewrite(b))
		rc = compact_tidy(c, err);
	/* what was dead has counted until now */
	return rc == BQ_OK && wants_rewrite(b) ? rewrite(b, err) : rc;
}

static void describe(struct bq_build *b)
{
	const struct manifest *m = &b->manifest;

	b->report.gen = m->gen;
	b->report.documents = m->n_live;
	b->report.tokens = m->n_tokens;
	b->report.merges = b->compact.merges;
	b->report.reordered = b->reorder.is_done;
	b->report.left_out = b->reorder.left_out;
	if (!b->opts.update)
		b->report.rebuilt = NULL;
	for (uint32_t i = 0; i < b->compact.n; i++) {
		b->report.words += b->compact.members[i].segment->leaf.n_terms;
		b->report.index_bytes += b->compact.members[i].named.bytes;
	}
}

/* Whether the update has found everything as it is in the index. */
static bool is_unchanged(const struct bq_build *b)
{
	return b->ix != NULL && b->report.added == 0 && b->report.restamped == 0 && b->known.n_kept == b->old.n_live && !b->drops_source
		&& b->manifest.n_sources == b->old.n_sources;
}

static int publish(struct bq_build *b, struct bq_error *err)
{
	struct manifest *m = &b->manifest;
	int rc = complete(b, err);

	if (rc == BQ_OK)
		rc = compact_finish(&b->compact, err);
	if (rc != BQ_OK) {
		compact_abandon(&b->compact);
		return rc;
	}
	rc = publish_manifest(b->dirfd, m, err);
	if (rc == BQ_OK)
		publish_sweep(b->dirfd, m);
	/* a failed publish may have renamed: the files of both generations stay, the next writer sweeps */
	return rc;
}

int bq_build_commit(struct bq_build *b, struct bq_build_report *report, struct bq_error *err)
{
	int rc = b->rc;

	if (rc != BQ_OK) {
		(void)bq_error_set(err, rc, 0, "the build has failed");
		bq_build_abort(b);
		return rc;
	}
	b->report.is_new = !is_unchanged(b);
	if (b->report.is_new) {
		rc = publish(b, err);
	} else {
		b->manifest = b->old;
		b->report.kept = b->known.n_kept;
	}
	describe(b);
	*report = b->report;
	build_free(b);
	return rc;
}
