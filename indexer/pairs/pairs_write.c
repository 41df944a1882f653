/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/pairs.h"

#include <stdlib.h>

#include "segment/container.h"

bool pairs_writer_init(struct pairs_writer *w, uint32_t t, uint32_t n_words)
{
	size_t lines = (size_t)n_words * pairs_row_lines(n_words);

	*w = (struct pairs_writer){ .t = t, .n_words = n_words };
	w->lines = calloc(lines == 0 ? 1 : lines, PAIRS_LINE);
	return w->lines != NULL;
}

static uint8_t *line_of(const struct pairs_writer *w, uint32_t a, uint32_t b)
{
	return w->lines + ((size_t)a * pairs_row_lines(w->n_words) + b / PAIRS_LINE_WORDS) * PAIRS_LINE;
}

void pairs_writer_add(struct pairs_writer *w, uint32_t a, uint32_t b, const struct pairs_entry *e)
{
	uint64_t end = pairs_align(w->at, e->df) + e->bytes, used = end - w->at;
	uint32_t bit = b % PAIRS_LINE_WORDS;
	bool repeats = e->ttf != e->df;

	line_of(w, a, b)[4 + bit / 8] |= (uint8_t)(1u << (bit & 7));
	if (w->n_pairs++ % PAIRS_GROUP == 0) {
		bq_buf_put_u32(&w->group_off, (uint32_t)w->groups.len);
		bq_buf_put_varint(&w->groups, w->at);
	}
	bq_buf_put_varint(&w->groups, e->df);
	bq_buf_put_varint(&w->groups, used << 1 | repeats);
	if (repeats)
		bq_buf_put_varint(&w->groups, e->ttf - e->df - 1);
	if (e->df >= BQ_SMALL_DF)
		bq_buf_put_u8(&w->groups, e->impact);
	w->at = end;
}

/* Each line's count of the pairs before it. */
static void count_lines(const struct pairs_writer *w)
{
	uint8_t *end = w->lines + (size_t)w->n_words * pairs_row_lines(w->n_words) * PAIRS_LINE;
	uint32_t before = 0;

	for (uint8_t *line = w->lines; line < end; line += PAIRS_LINE) {
		bq_put_u32(line, before);
		for (unsigned i = 4; i < PAIRS_LINE; i += 4)
			before += (uint32_t)__builtin_popcount(bq_get_u32(line + i));
	}
}

int pairs_writer_finish(const struct pairs_writer *w, const uint32_t *places, struct container_writer *out)
{
	static const uint8_t zeros[64];
	uint8_t head[PAIRS_HEADER] = { 0 }, end[4];
	size_t places_len = (size_t)w->n_words * 4;

	if (w->group_off.oom || w->groups.oom)
		return BQ_ENOMEM;
	if (w->groups.len > UINT32_MAX)
		return BQ_ELIMIT;
	bq_put_u32(head, w->t);
	bq_put_u32(head + 4, w->n_words);
	bq_put_u32(head + 8, w->n_pairs);
	bq_put_u32(end, (uint32_t)w->groups.len);
	count_lines(w);
	container_put(out, head, sizeof head);
	container_put(out, places, places_len);
	container_put(out, zeros, -places_len & 63);
	container_put(out, w->lines, (size_t)w->n_words * pairs_row_lines(w->n_words) * PAIRS_LINE);
	container_put(out, w->group_off.ptr, w->group_off.len);
	container_put(out, end, sizeof end);
	container_put(out, w->groups.ptr, w->groups.len);
	return BQ_OK;
}

void pairs_writer_release(struct pairs_writer *w)
{
	free(w->lines);
	w->lines = NULL;
	bq_buf_release(&w->group_off);
	bq_buf_release(&w->groups);
}
