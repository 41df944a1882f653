/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/building.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/pool.h"
#include "build/budget.h"
#include "index/lock.h"
#include "index/publish.h"
#include "segment/segment.h"

enum {
	HAND_BYTES = 8 << 20, /* below, a thread's inverter is full when it has begun */
	MIN_HANDS = 4,
};

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

void building_free(struct bq_build *b)
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
		building_free(b);
		return rc;
	}
	*out = b;
	return BQ_OK;
}
