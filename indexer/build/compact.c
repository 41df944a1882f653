/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/compact.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/merge.h"
#include "index/stat_file.h"
#include "index/tombstones.h"

struct stamp_change {
	uint32_t doc;
	uint32_t spare;
	int64_t mtime_us, file_bytes;
};

enum { FACTOR = 8, DEAD_PART = 5 }; /* a size class; one in so many dead is too many */

/* ---- members ----------------------------------------------------------- */

static int no_memory(struct bq_error *err)
{
	return bq_error_set(err, BQ_ENOMEM, 0, "no memory for a generation");
}

static size_t dead_bytes(const struct member *m)
{
	return (m->named.n_docs + 63ull) / 64 * 8;
}

int compact_init(struct compact *c, const struct bq_index *ix, const struct manifest *old, struct bq_error *err)
{
	c->n = ix == NULL ? 0 : ix->n_leaves;
	c->merges = 0;
	memset(c->members, 0, sizeof c->members);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct bq_leaf *l = ix->leaves[i];
		struct member *m = &c->members[i];
		m->named = old->segments[i];
		m->segment = segment_of(l);
		m->n_dead = l->n_dead;
		if (l->dead == NULL)
			continue;
		m->dead = malloc(dead_bytes(m));
		if (m->dead == NULL)
			return no_memory(err);
		memcpy(m->dead, l->dead, dead_bytes(m));
	}
	return BQ_OK;
}

int compact_bury(struct compact *c, uint32_t i, uint32_t doc, struct bq_error *err)
{
	struct member *m = &c->members[i];

	if (m->dead == NULL)
		m->dead = calloc(dead_bytes(m), 1);
	if (m->dead == NULL)
		return no_memory(err);
	if ((m->dead[doc >> 6] >> (doc & 63) & 1) != 0)
		return BQ_OK;
	m->dead[doc >> 6] |= UINT64_C(1) << (doc & 63);
	m->n_dead++;
	m->has_new_dead = true;
	return BQ_OK;
}

/* ---- times of files ---------------------------------------------------- */

void compact_stamp(struct compact *c, uint32_t i, uint32_t doc, int64_t mtime_us, int64_t file_bytes)
{
	struct stamp_change change = { doc, 0, mtime_us, file_bytes };

	bq_buf_put(&c->members[i].changes, &change, sizeof change); /* sticky: compact_seal() asks */
}

static int compare_changes(const void *pa, const void *pb)
{
	const struct stamp_change *a = pa, *b = pb;

	return (a->doc > b->doc) - (a->doc < b->doc);
}

/* The older stamps and the sorted changes, which win, as one: at most `max`. */
static uint32_t join_stamps(const struct member *m, uint32_t *docs, int64_t *mtimes, int64_t *sizes)
{
	const struct stamps *old = &m->segment->stamps;
	const struct stamp_change *new = (const struct stamp_change *)(const void *)m->changes.ptr;
	size_t n_new = m->changes.len / sizeof *new, j = 0;
	uint32_t n = 0, i = 0;

	while (i < old->n || j < n_new) {
		bool is_new = i == old->n || (j < n_new && new[j].doc <= old->docs[i]);
		i += i < old->n && (!is_new || old->docs[i] == new[j].doc);
		docs[n] = is_new ? new[j].doc : old->docs[i - 1];
		mtimes[n] = is_new ? new[j].mtime_us : old->mtimes[i - 1];
		sizes[n++] = is_new ? new[j].file_bytes : old->sizes[i - 1];
		j += is_new;
	}
	return n;
}

static int seal_member(struct member *m, struct bq_error *err)
{
	size_t n_new = m->changes.len / sizeof(struct stamp_change), max = m->segment->stamps.n + n_new;

	if (m->changes.oom)
		return no_memory(err);
	if (n_new == 0)
		return BQ_OK;
	int64_t *mtimes = malloc(max * (2 * sizeof *mtimes + sizeof(uint32_t)));
	if (mtimes == NULL)
		return no_memory(err);
	uint32_t *docs = (uint32_t *)(void *)(mtimes + 2 * max);
	qsort(m->changes.ptr, n_new, sizeof(struct stamp_change), compare_changes);
	m->stamps_mem = mtimes;
	m->stamps = (struct stamps){ join_stamps(m, docs, mtimes, mtimes + max), docs, mtimes, mtimes + max };
	bq_buf_release(&m->changes);
	return BQ_OK;
}

int compact_seal(struct compact *c, struct bq_error *err)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < c->n && rc == BQ_OK; i++)
		rc = seal_member(&c->members[i], err);
	return rc;
}

/* ---- coming and going -------------------------------------------------- */

/* Describe and open the file that `info` tells of. */
static int open_member(struct compact *c, const struct segment_info *info, struct member *m, struct bq_error *err)
{
	char name[MANIFEST_FILE_MAX];
	int rc;

	*m = (struct member){ .is_new = true, .named = { .number = info->number, .bytes = info->bytes,
		.checksum = info->checksum, .n_docs = info->n_docs } };
	manifest_segment_file(&m->named, name);
	rc = segment_open(c->dirfd, name, &m->opened, err);
	if (rc != BQ_OK)
		(void)unlinkat(c->dirfd, name, 0);
	m->segment = m->opened;
	return rc == BQ_ENOTFOUND ? BQ_EIO : rc;
}

int compact_add(struct compact *c, const struct segment_info *info, struct bq_error *err)
{
	int rc = open_member(c, info, &c->members[c->n], err);

	c->n += rc == BQ_OK;
	return rc;
}

static void release_member(struct member *m)
{
	segment_close(m->opened);
	free(m->dead);
	free(m->stamps_mem);
	bq_buf_release(&m->changes);
	m->segment = m->opened = NULL;
	m->dead = NULL;
	m->stamps_mem = NULL;
	m->stamps.n = 0;
}

/* Forget a member: an old one's file goes when the new generation is there. */
static void drop_member(struct compact *c, struct member *m)
{
	char name[MANIFEST_FILE_MAX];

	release_member(m);
	if (m->is_new) {
		manifest_segment_file(&m->named, name);
		(void)unlinkat(c->dirfd, name, 0);
	}
	m->named.n_docs = 0;
}

/* Close the gaps that dropped members leave. */
static void close_up(struct compact *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n; i++)
		if (c->members[i].segment != NULL)
			c->members[n++] = c->members[i];
	c->n = n;
}

void compact_drop_dead(struct compact *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->members[i].n_dead == c->members[i].named.n_docs)
			drop_member(c, &c->members[i]);
	close_up(c);
}

void compact_count(const struct compact *c, uint64_t *n_docs, uint64_t *n_tokens)
{
	*n_docs = *n_tokens = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		*n_docs += c->members[i].named.n_docs;
		*n_tokens += c->members[i].segment->leaf.n_tokens;
	}
}

/* ---- merging ----------------------------------------------------------- */

/* What is damaged must not get new checksums. */
static int check_sums(const struct compact *c, uint32_t bits, struct bq_error *err)
{
	int rc = BQ_OK;

	for (uint32_t i = 0; i < c->n && rc == BQ_OK; i++) {
		const struct segment *s = c->members[i].segment;
		if ((bits >> i & 1) == 0 || c->members[i].is_new)
			continue;
		rc = container_verify(&s->file, s->name, err);
		mapfile_forget(&s->map);
	}
	return rc;
}

/* Pairs of what is merged: under the manifest's T, or one that fits, which is not
 * above that of an index that started lower. */
static struct pairs_params describe_pairs(const struct compact *c, bool choose)
{
	const struct manifest *m = c->manifest;

	return (struct pairs_params){
		.t = choose && m->pairs != BQ_PAIRS_OFF ? 0 : m->pairs,
		.min = c->pairs_min != 0 ? c->pairs_min : m->pairs != 0 && m->pairs < BQ_PAIRS_MIN ? m->pairs : BQ_PAIRS_MIN,
		.percent = m->pairs_percent,
		.memory_bytes = c->pairs_bytes,
		.stop = c->stop,
	};
}

static int write_merged(struct compact *c, uint32_t bits, float *avg_len, struct segment_info *info,
	struct bq_error *err)
{
	struct manifest *m = c->manifest;
	struct merge_input in[MERGED_MAX];
	struct merge merge = { .dirfd = c->dirfd, .text = c->text, .sources = c->sources, .avg_len = *avg_len,
		.keep_bytes = c->keep_bytes, .stop = c->stop, .params = { .number = m->next_segment,
		.text_id = m->text_id, .k1 = m->k1, .b = m->b, .no_store = c->no_store, .pool = c->pool,
		.pairs = describe_pairs(c, *avg_len == 0) }, .reorder = c->reorder };
	uint32_t n = 0;

	if (m->next_segment > MANIFEST_MAX_NUMBER)
		return bq_error_set(err, BQ_EUSAGE, 0, "segment numbers are used up: build into a new directory");
	m->next_segment++;
	for (uint32_t i = 0; i < c->n; i++)
		if ((bits >> i & 1) != 0)
			in[n++] = (struct merge_input){ .segment = c->members[i].segment, .dead = c->members[i].dead,
				.stamps = &c->members[i].stamps };
	return merge_segments(&merge, in, n, info, avg_len, err);
}

int compact_merge(struct compact *c, uint32_t bits, float avg_len, struct bq_error *err)
{
	uint32_t first = (uint32_t)__builtin_ctz(bits);
	float average = avg_len;
	struct segment_info info;
	struct member made = { .segment = NULL };
	int rc = check_sums(c, bits, err);

	if (rc == BQ_OK)
		rc = write_merged(c, bits, &average, &info, err);
	if (rc == BQ_OK && info.n_docs != 0)
		rc = open_member(c, &info, &made, err);
	if (rc != BQ_OK)
		return rc;
	for (uint32_t i = 0; i < c->n; i++)
		if ((bits >> i & 1) != 0)
			drop_member(c, &c->members[i]);
	c->members[first] = made;
	close_up(c);
	c->manifest->avg_len = average;
	if (avg_len == 0 && info.n_docs != 0)
		c->manifest->pairs = info.pairs;
	c->merges++;
	return BQ_OK;
}

/* ---- when to merge ----------------------------------------------------- */

static unsigned size_class(const struct member *m)
{
	return (63u - (unsigned)__builtin_clzll(m->named.bytes | 1)) / 3; /* 8 is 2 to the 3 */
}

/* A member with too many dead documents, or 0. */
static uint32_t find_dead(const struct compact *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if ((uint64_t)c->members[i].n_dead * DEAD_PART > c->members[i].named.n_docs)
			return 1u << i;
	return 0;
}

/* The members of a class that has too many, smaller classes first, or 0. */
static uint32_t find_class(const struct compact *c)
{
	for (unsigned class = 0; class < 64 / 3 + 1; class++) {
		uint32_t bits = 0;
		for (uint32_t i = 0; i < c->n; i++)
			if (size_class(&c->members[i]) == class)
				bits |= 1u << i;
		if (__builtin_popcount(bits) >= FACTOR)
			return bits;
	}
	return 0;
}

/* The smallest member that is not in `bits`, as a bit. */
static uint32_t find_smallest(const struct compact *c, uint32_t bits)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < c->n; i++)
		if ((bits >> i & 1) == 0
			&& (best == UINT32_MAX || c->members[i].named.bytes < c->members[best].named.bytes))
			best = i;
	return 1u << best;
}

/* The smallest members if there are more than an index may have, or 0. */
static uint32_t find_surplus(const struct compact *c)
{
	uint32_t bits = 0;

	if (c->n <= BQ_MAX_SEGMENTS)
		return 0;
	for (int i = 0; i < FACTOR; i++)
		bits |= find_smallest(c, bits);
	return bits;
}

int compact_tidy(struct compact *c, struct bq_error *err)
{
	for (;;) {
		uint32_t bits = find_dead(c);
		if (bits == 0)
			bits = find_class(c);
		if (bits == 0)
			bits = find_surplus(c);
		if (bits == 0)
			return BQ_OK;
		int rc = compact_merge(c, bits, c->manifest->avg_len, err);
		if (rc != BQ_OK)
			return rc;
	}
}

/* ---- the end ----------------------------------------------------------- */

int compact_finish(struct compact *c, struct bq_error *err)
{
	struct manifest *m = c->manifest;
	int rc = BQ_OK;

	m->n_segments = c->n;
	m->n_live = 0;
	compact_count(c, &m->n_docs, &m->n_tokens);
	for (uint32_t i = 0; i < c->n && rc == BQ_OK; i++) {
		struct member *from = &c->members[i];
		struct manifest_segment *s = &m->segments[i];
		*s = from->named;
		if (from->has_new_dead) {
			s->del_gen = m->gen;
			rc = tombstones_write(c->dirfd, s, from->dead, err);
		}
		if (from->stamps.n != 0 && rc == BQ_OK) {
			s->stat_gen = m->gen;
			rc = stat_file_write(c->dirfd, s, &from->stamps, err);
		}
		m->n_live += s->n_docs - from->n_dead;
	}
	return rc;
}

void compact_abandon(struct compact *c)
{
	char name[MANIFEST_FILE_MAX];

	for (uint32_t i = 0; i < c->n; i++) {
		struct member *m = &c->members[i];
		if (m->has_new_dead && !m->is_new) {
			m->named.del_gen = c->manifest->gen;
			manifest_tombstone_file(&m->named, name);
			(void)unlinkat(c->dirfd, name, 0);
		}
		if (m->stamps.n != 0) {
			m->named.stat_gen = c->manifest->gen;
			manifest_stat_file(&m->named, name);
			(void)unlinkat(c->dirfd, name, 0);
		}
		if (m->is_new)
			drop_member(c, m);
	}
	close_up(c);
}

void compact_release(struct compact *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		release_member(&c->members[i]);
	c->n = 0;
}
