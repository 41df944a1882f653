/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segment/terms.h"

#include <assert.h>
#include <string.h>

static void begin_block(struct terms_writer *w, struct bq_span key)
{
	bq_buf_put_u64(&w->keys, terms_prefix(key));
	bq_buf_put_u64(&w->offs, spool_at(&w->blocks));
	bq_buf_put_varint(&w->blocks.buf, w->post);
	bq_buf_put_varint(&w->blocks.buf, w->pos);
	bq_buf_put_varint(&w->blocks.buf, w->tinfo);
	w->key_len = 0;
}

static void put_key(struct terms_writer *w, struct bq_span key)
{
	size_t shared = 0;

	while (shared < key.len && shared < w->key_len && key.ptr[shared] == w->key[shared])
		shared++;
	size_t rest = key.len - shared, low = shared < 15 ? shared : 15, high = rest < 15 ? rest : 15;
	bq_buf_put_u8(&w->blocks.buf, (uint8_t)(low << 4 | high));
	if (low == 15)
		bq_buf_put_varint(&w->blocks.buf, shared - 15);
	if (high == 15)
		bq_buf_put_varint(&w->blocks.buf, rest - 15);
	bq_buf_put_span(&w->blocks.buf, bq_span_from(key, shared));
	memcpy(w->key, key.ptr, key.len);
	w->key_len = key.len;
}

static void put_small(struct terms_writer *w, const struct terms_entry *e, bool is_word)
{
	struct bq_buf *b = &w->blocks.buf;

	if (e->df == 1) {
		bq_buf_put_varint(b, e->doc);
		if (e->tag == TERMS_ONE)
			bq_buf_put_varint(b, e->ttf - 2);
	} else {
		bq_buf_put_varint(b, e->ttf - e->df);
		bq_buf_put_varint(b, e->post_bytes);
	}
	if (is_word)
		bq_buf_put_varint(b, e->tag == TERMS_ONCE ? e->pos : e->pos_bytes);
}

static void put_frequent(struct terms_writer *w, const struct terms_entry *e, bool is_word)
{
	bq_buf_put_varint(&w->blocks.buf, e->post_bytes);
	if (is_word)
		bq_buf_put_varint(&w->blocks.buf, e->pos_bytes);
	w->tinfo++;
}

static void put_forms(struct bq_buf *b, const uint32_t *forms, uint32_t n)
{
	bq_buf_put_varint(b, n);
	for (uint32_t i = 0; i < n; i++)
		bq_buf_put_varint(b, i == 0 ? forms[0] : forms[i] - forms[i - 1] - 1);
}

void terms_add(struct terms_writer *w, struct bq_span key, const struct terms_entry *e, const uint32_t *forms)
{
	unsigned kind = terms_kind(key);

	assert(key.len != 0 && key.len <= TERMS_MAX_KEY);
	assert(w->n_terms % BQ_TERM_BLOCK == 0 || bq_span_cmp(bq_span_make(w->key, w->key_len), key) < 0);
	if (w->n_terms++ % BQ_TERM_BLOCK == 0)
		begin_block(w, key);
	put_key(w, key);
	bq_buf_put_varint(&w->blocks.buf, e->tag);
	spool_drain(&w->blocks); /* anywhere will do: nothing looks back */
	if (e->tag == TERMS_ALIAS) {
		bq_buf_put_varint(&w->blocks.buf, e->alias);
		return;
	}
	if (e->tag == TERMS_FREQUENT)
		put_frequent(w, e, kind == BQ_TERM_WORD);
	else
		put_small(w, e, kind == BQ_TERM_WORD);
	w->post += e->post_bytes;
	w->pos += e->pos_bytes;
	if (terms_kind_is_stem(kind))
		put_forms(&w->blocks.buf, forms, e->n_forms);
}

/* Levels from the top down: each takes every 16th key of the one below. */
static void put_levels(const struct bq_buf *keys, struct bq_buf *out)
{
	size_t n = keys->len / 8, stride = 1;

	while (n > stride * TERMS_FANOUT)
		stride *= TERMS_FANOUT;
	for (; stride != 0; stride /= TERMS_FANOUT)
		for (size_t i = 0; i < n; i += stride)
			bq_buf_put(out, keys->ptr + i * 8, 8);
}

static uint32_t count_levels(size_t n)
{
	uint32_t levels = 1;

	for (; n > TERMS_FANOUT; n = (n + TERMS_FANOUT - 1) / TERMS_FANOUT)
		levels++;
	return levels;
}

int terms_finish(struct terms_writer *w, struct container_writer *out)
{
	size_t n_blocks = w->keys.len / 8;
	struct bq_buf head = BQ_BUF_INIT;

	bq_buf_put_u32(&head, w->n_terms);
	bq_buf_put_u32(&head, (uint32_t)n_blocks);
	bq_buf_put_u32(&head, count_levels(n_blocks));
	bq_buf_put_u32(&head, 0);
	put_levels(&w->keys, &head);
	bq_buf_put_u64(&w->offs, spool_at(&w->blocks));
	bool oom = head.oom || w->keys.oom || w->offs.oom;
	container_put(out, head.ptr, head.len);
	container_put(out, w->offs.ptr, w->offs.len);
	bq_buf_release(&head);
	return oom ? BQ_ENOMEM : spool_copy(&w->blocks, out);
}

void terms_writer_release(struct terms_writer *w)
{
	spool_release(&w->blocks);
	bq_buf_release(&w->keys);
	bq_buf_release(&w->offs);
}
