/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/term_batch.h"

#include <assert.h>
#include <string.h>

#include <bq/bytes.h>
#include <bq/index.h>

#include "segment/positions.h"

enum { MOST_KEPT = 64 << 10 }; /* bytes of a buffer, between two batches */

void impacts_init(struct impacts *im, float k1, float b, float avg_len)
{
	bq_length_norms(k1, b, avg_len, im->k);
	for (unsigned code = 0; code < 256; code++)
		for (uint32_t tf = 1; tf < TERM_BATCH_TFS; tf++)
			im->small[code][tf] = postings_impact(tf, im->k[code]);
}

static void fail(struct term_batch *b, int status)
{
	if (b->status == BQ_OK)
		b->status = status;
}

bool term_batch_init(struct term_batch *b, const struct impacts *impacts, const uint8_t *norms, uint32_t n_docs)
{
	memset(b, 0, sizeof *b);
	b->impacts = impacts;
	b->norms = norms;
	return postings_writer_init(&b->list, n_docs);
}

void term_batch_release(struct term_batch *b)
{
	struct bq_buf *all[] = { &b->terms, &b->keys, &b->forms, &b->post, &b->pos, &b->positions, &b->pos_off };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		bq_buf_release(all[i]);
	postings_writer_release(&b->list);
}

/* Empty it; what a word as frequent as "the" has taken is not kept for others. */
static void forget(struct bq_buf *b)
{
	if (b->cap > MOST_KEPT)
		bq_buf_release(b);
	bq_buf_clear(b);
}

void term_batch_clear(struct term_batch *b)
{
	struct bq_buf *all[] = { &b->terms, &b->keys, &b->forms, &b->post, &b->pos, &b->positions, &b->pos_off };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		forget(all[i]);
	forget(&b->list.blocks);
	postings_writer_clear(&b->list);
	b->status = BQ_OK;
	b->is_open = false;
	b->pos_bytes = 0;
}

/* ---- one term ---------------------------------------------------------- */

static struct bq_span open_key(const struct term_batch *b)
{
	return bq_span_make(b->key, b->open.key_len);
}

/* Positions of the documents held back; each block of a frequent word starts at
 * a multiple of 4 from the word's start. */
static void put_positions(struct term_batch *b, bool align)
{
	size_t before = b->pos.len;

	positions_put_block(&b->pos, b->list.tfs, b->list.n, (const uint32_t *)(const void *)b->positions.ptr);
	if (align)
		bq_buf_put_zeros(&b->pos, (before - b->pos.len) & 3);
	b->pos_bytes += b->pos.len - before;
	if (b->pos.oom)
		fail(b, BQ_ENOMEM);
	if (b->sink == NULL || b->status != BQ_OK)
		return;
	container_put(b->sink, b->pos.ptr, b->pos.len);
	bq_buf_clear(&b->pos);
}

/* Encode the documents held back as one block, and their positions. */
static void put_block(struct term_batch *b)
{
	if (b->positions.oom)
		fail(b, BQ_ENOMEM);
	if (b->status != BQ_OK)
		return;
	bq_buf_put_u32(&b->pos_off, (uint32_t)(b->pos_bytes / 4));
	if (b->positions.len != 0)
		put_positions(b, true);
	postings_writer_block(&b->list);
	bq_buf_clear(&b->positions);
	if (b->list.blocks.len / 4 > UINT32_MAX || b->pos_bytes / 4 > UINT32_MAX)
		fail(b, BQ_ELIMIT);
}

/* The record of a term with df >= 256. */
static void put_frequent(struct term_batch *b)
{
	bool is_word = terms_kind(open_key(b)) == BQ_TERM_WORD;

	if (b->list.n != 0)
		put_block(b);
	if (b->status != BQ_OK)
		return;
	bq_buf_put_u32(&b->pos_off, (uint32_t)(b->pos_bytes / 4));
	if (b->pos_off.oom)
		fail(b, BQ_ENOMEM);
	b->open.info = postings_writer_finish(&b->list, is_word ? &b->pos_off : NULL, &b->post);
	b->open.entry.tag = TERMS_FREQUENT;
	b->open.entry.pos_bytes = b->pos_bytes;
}

/* A term with df < 256 lives in TERMS but for its varints and positions. */
static void put_small(struct term_batch *b)
{
	struct terms_entry *e = &b->open.entry;
	bool is_word = terms_kind(open_key(b)) == BQ_TERM_WORD;

	assert(b->list.df != 0);
	e->tag = terms_small_tag(b->list.df, b->list.ttf);
	e->doc = b->list.docs[0];
	if (b->positions.oom) {
		fail(b, BQ_ENOMEM);
		return;
	}
	if (b->list.df > 1)
		postings_put_tail(&b->post, b->list.docs, b->list.tfs, b->list.n, 0);
	if (is_word && b->list.ttf == 1) {
		e->pos = bq_get_u32(b->positions.ptr);
	} else if (is_word) {
		put_positions(b, false);
		e->pos_bytes = b->pos_bytes;
	}
}

void term_batch_end(struct term_batch *b)
{
	size_t post = b->post.len;
	struct batch_term *t = &b->open;

	if (!b->is_open || b->status != BQ_OK)
		return;
	t->entry.df = b->list.df;
	t->entry.ttf = b->list.ttf;
	if (t->entry.tag == TERMS_ALIAS)
		assert(b->list.df == 0);
	else if (b->list.df >= BQ_SMALL_DF)
		put_frequent(b);
	else
		put_small(b);
	t->post_len = b->post.len - post;
	t->pos_len = (size_t)b->pos_bytes;
	bq_buf_put(&b->terms, t, sizeof *t);
	bq_buf_put_span(&b->keys, open_key(b));
	if (b->terms.oom || b->keys.oom || b->forms.oom || b->post.oom || postings_writer_oom(&b->list))
		fail(b, BQ_ENOMEM);
	bq_buf_clear(&b->positions);
	bq_buf_clear(&b->pos_off);
	postings_writer_clear(&b->list);
	b->is_open = false;
	b->pos_bytes = 0;
}

void term_batch_term(struct term_batch *b, enum bq_term_kind kind, struct bq_span word, const uint32_t *forms,
	uint32_t n_forms)
{
	struct batch_term *t = &b->open;

	term_batch_end(b);
	if (b->status != BQ_OK || b->norms == NULL)
		return;
	assert(word.len != 0 && word.len < TERMS_MAX_KEY);
	memset(t, 0, sizeof *t);
	if (kind != BQ_TERM_WORD)
		b->key[0] = (char)kind;
	memcpy(b->key + (kind != BQ_TERM_WORD), word.ptr, word.len);
	t->key_len = word.len + (kind != BQ_TERM_WORD);
	t->entry.n_forms = n_forms;
	if (terms_kind_is_stem(kind) && n_forms == 1) {
		t->entry.tag = TERMS_ALIAS;
		t->entry.alias = forms[0];
	}
	bq_buf_put(&b->forms, forms, n_forms * sizeof *forms);
	b->is_open = true;
}

struct postings_room term_batch_room(struct term_batch *b)
{
	struct postings_writer *l = &b->list;

	/* A block goes out when the next document comes: at 255 it may yet stay small. */
	if (l->n == BQ_BLOCK_DOCS && b->status == BQ_OK)
		put_block(b);
	if (b->status != BQ_OK || b->norms == NULL)
		return (struct postings_room){ .positions = &b->positions };
	assert(b->is_open && b->open.entry.tag != TERMS_ALIAS);
	return (struct postings_room){ l->docs + l->n, l->tfs + l->n, 0, BQ_BLOCK_DOCS - l->n, &b->positions };
}

void term_batch_take(struct term_batch *b, const struct postings_room *room)
{
	struct postings_writer *l = &b->list;
	const struct impacts *im = b->impacts;
	const uint8_t *norms = b->norms;
	const uint32_t *docs = room->docs, *tfs = room->tfs, n = room->n;
	uint8_t *impacts = l->impacts + l->n, *ranges = l->ranges;
	uint64_t ttf = 0;

	if (n == 0)
		return;
	assert(docs == l->docs + l->n && tfs == l->tfs + l->n && n <= BQ_BLOCK_DOCS - l->n);
	assert(docs[0] >= l->base && docs[n - 1] < l->n_docs);
	/* All in locals: a byte that is stored might be any of what is behind the pointers. */
	for (uint32_t i = 0; i < n; i++) {
		uint32_t tf = tfs[i], norm = norms[docs[i]];
		uint8_t impact = tf < TERM_BATCH_TFS ? im->small[norm][tf] : postings_impact(tf, im->k[norm]);
		uint8_t *range = &ranges[docs[i] / BQ_RANGE_DOCS];
		impacts[i] = impact;
		ttf += tf;
		if (impact > *range)
			*range = impact;
	}
	l->n += n;
	l->df += n;
	l->ttf += ttf;
}

void term_batch_posting(struct term_batch *b, uint32_t doc, uint32_t tf, const uint32_t *positions)
{
	struct postings_room room = term_batch_room(b);

	if (room.max == 0)
		return;
	room.docs[0] = doc;
	room.tfs[0] = tf;
	room.n = 1;
	if (positions != NULL)
		bq_buf_put(room.positions, positions, tf * sizeof *positions);
	term_batch_take(b, &room);
}
