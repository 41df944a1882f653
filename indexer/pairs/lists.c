/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/lists.h"

#include <string.h>

#include "pairs/pairs.h"
#include "segment/segment.h"

/* ---- a list ------------------------------------------------------------ */

bool lists_init(struct lists *l, const struct segment *s)
{
	const struct container_head *h = &s->file.head;

	memset(l, 0, sizeof *l);
	l->s = s;
	bq_length_norms(h->k1, h->b, h->avg_len, l->k);
	for (uint32_t tf = 1; tf <= LISTS_TFS; tf++)
		for (unsigned code = 0; code < 256; code++)
			l->impacts[tf - 1][code] = postings_impact(tf, l->k[code]);
	return postings_writer_init(&l->list, s->leaf.n_docs);
}

void lists_release(struct lists *l)
{
	postings_writer_release(&l->list);
}

static uint8_t impact_of(const struct lists *l, uint32_t doc, uint32_t tf)
{
	uint8_t code = l->s->leaf.norms[doc];

	return tf <= LISTS_TFS ? l->impacts[tf - 1][code] : postings_impact(tf, l->k[code]);
}

static void put_long_list(struct lists *l, const uint32_t *docs, const uint32_t *tfs, struct waiting *e,
	struct bq_buf *out)
{
	postings_writer_clear(&l->list);
	for (uint32_t i = 0; i < e->df; i++) {
		if (l->list.n == BQ_BLOCK_DOCS)
			postings_writer_block(&l->list);
		postings_writer_add(&l->list, docs[i], tfs[i], impact_of(l, docs[i], tfs[i]));
	}
	e->impact = postings_writer_finish(&l->list, NULL, out).impact;
	out->oom |= postings_writer_oom(&l->list);
}

void lists_put(struct lists *l, struct waiting *e, const uint32_t *docs, const uint32_t *tfs, struct bq_buf *out)
{
	size_t start = out->len;

	bq_buf_put(out, e, sizeof *e);
	if (e->df < BQ_SMALL_DF)
		postings_put_tail(out, docs, tfs, e->df, 0);
	else
		put_long_list(l, docs, tfs, e, out);
	if (out->oom)
		return; /* the buffer's owner asks */
	e->bytes = out->len - start - sizeof *e;
	memcpy(out->ptr + start, e, sizeof *e);
}

/* ---- the budget -------------------------------------------------------- */

/* What the dictionary of `n` words takes without its groups. */
static uint64_t fixed_bytes(uint32_t n)
{
	return pairs_table_bytes(n) + 64;
}

static uint64_t varint_bytes(uint64_t v)
{
	return v == 0 ? 1 : (70u - (unsigned)__builtin_clzll(v)) / 7;
}

/* What a pair takes at most in PPOST and its group: all but what aligns its list
 * (below 4 bytes, which may lengthen a varint) is exact; a group's own 14 bytes
 * are spread over its 32 pairs as one each. */
static uint64_t pair_bytes(const struct waiting *e)
{
	bool is_long = e->df >= BQ_SMALL_DF, repeats = e->ttf != e->df;
	uint64_t bytes = e->bytes + (is_long ? 3 : 0);

	return bytes + varint_bytes(e->df) + varint_bytes(bytes << 1) + (is_long ? 1 : 0)
		+ (repeats ? varint_bytes(e->ttf - e->df - 1) : 0) + 1;
}

void kept_fit(struct kept *k)
{
	while (k->n_keep != 0 && k->used + fixed_bytes(k->n_keep) > k->budget)
		k->used -= k->cost[--k->n_keep];
}

void kept_take(struct kept *k, const struct bq_buf *from)
{
	struct waiting e;

	if (from->oom) { /* and its last list is not whole */
		k->lists.buf.oom = true;
		return;
	}
	for (size_t at = 0; at < from->len; at += sizeof e + e.bytes) {
		memcpy(&e, from->ptr + at, sizeof e);
		uint32_t rank = kept_rank(k, &e);
		if (rank >= k->n_keep)
			continue;
		bq_buf_put(&k->lists.buf, from->ptr + at, sizeof e + e.bytes);
		k->cost[rank] += pair_bytes(&e);
		k->used += pair_bytes(&e);
		spool_drain(&k->lists);
	}
}
