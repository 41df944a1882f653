/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/records.h"

#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

enum { RECORD = 6, ROW_WORK = 8, OVERRUN = 8 }; /* bytes: a record; of docs and tfs for it; behind a row */

int records_init(struct records *r, uint32_t n)
{
	memset(r, 0, sizeof *r);
	r->n_words = n;
	r->start = calloc(n + 1ull, sizeof *r->start);
	r->next = calloc(n + 1ull, sizeof *r->next);
	r->ends = malloc((n + 1ull) * sizeof *r->ends);
	r->counts = malloc((n + 1ull) * sizeof *r->counts);
	return r->start == NULL || r->next == NULL || r->ends == NULL || r->counts == NULL ? BQ_ENOMEM : BQ_OK;
}

static void drop_rows(struct records *r)
{
	free(r->bytes);
	free(r->docs);
	free(r->tfs);
	r->bytes = NULL;
	r->docs = r->tfs = NULL;
}

/* A word follows another as often as it is there, at most. */
static uint64_t row_bytes(const struct bq_term *t)
{
	return t->ttf * RECORD + OVERRUN;
}

bool records_fit(const struct bq_term *t, uint64_t memory)
{
	return OVERRUN + row_bytes(t) + t->ttf * ROW_WORK <= memory;
}

/* Room for `bytes` of records, of which a row has at most `most`. */
static int make_room(struct records *r, uint64_t bytes, uint64_t most)
{
	drop_rows(r);
	r->bytes = malloc(bytes);
	r->docs = malloc((most + 1) * sizeof *r->docs);
	r->tfs = malloc((most + 1) * sizeof *r->tfs);
	if (r->bytes == NULL || r->docs == NULL || r->tfs == NULL)
		return BQ_ENOMEM;
	for (uint32_t a = 0; a <= r->n_words; a++)
		r->next[a] = r->bytes; /* what is not at hand is written here, again and again */
	return BQ_OK;
}

int records_take(struct records *r, const struct bq_term *terms, uint32_t from, uint64_t memory)
{
	uint64_t bytes = OVERRUN, most = 0, at = OVERRUN;
	uint32_t to = from;

	do {
		bytes += row_bytes(&terms[to]);
		most = terms[to].ttf > most ? terms[to].ttf : most;
	} while (++to < r->n_words && bytes + row_bytes(&terms[to]) + most * ROW_WORK <= memory);
	if (make_room(r, bytes, most) != BQ_OK)
		return BQ_ENOMEM;
	r->from = from;
	r->to = to;
	r->b_from = 0;
	r->b_to = r->n_words;
	for (uint32_t a = from; a < to; at += row_bytes(&terms[a++]))
		r->next[a + 1] = r->start[a] = r->bytes + at;
	return BQ_OK;
}

void records_begin_parts(struct records *r, uint32_t a)
{
	drop_rows(r);
	r->from = a;
	r->to = a + 1;
	r->b_from = r->b_to = 0;
	memset(r->counts, 0, r->n_words * sizeof *r->counts);
}

void records_count(struct records *r, const struct scan *sc)
{
	uint32_t row = r->from + 1;

	for (uint32_t doc = sc->first; doc < sc->end; doc++) {
		const uint16_t *p = sc->slots + sc->bases[doc - sc->first], *end = p + sc->ends[doc - sc->first];
		for (uint32_t a = 0; p < end; a = *p++)
			if (a == row && *p != 0)
				r->counts[*p - 1]++;
	}
}

int records_take_part(struct records *r, uint64_t memory)
{
	uint64_t n = 0;
	uint32_t to = r->b_to;

	r->b_from = to;
	do
		n += r->counts[to];
	while (++to < r->n_words && 2 * OVERRUN + (n + r->counts[to]) * (RECORD + ROW_WORK) <= memory);
	r->b_to = to;
	if (make_room(r, 2 * OVERRUN + n * RECORD, n) != BQ_OK)
		return BQ_ENOMEM;
	r->next[r->from + 1] = r->start[r->from] = r->bytes + OVERRUN;
	return BQ_OK;
}

/* Records are stored in 8 bytes, of which the next one takes 2 back; those that
 * are none are written, too, but do not move on: a branch would be guessed wrong
 * at every third word.  Large pages do not pay: they have to be made first. */
void records_add(struct records *r, const struct scan *sc)
{
	uint32_t from = r->from + 1, n = r->to - r->from, b_from = r->b_from + 1, b_n = r->b_to - r->b_from;
	uint8_t **next = r->next;

	for (uint32_t doc = sc->first; doc < sc->end; doc++) {
		const uint16_t *p = sc->slots + sc->bases[doc - sc->first], *end = p + sc->ends[doc - sc->first];
		uint64_t high = (uint64_t)doc << 16;
		for (uint32_t a = 0; p < end; p++) {
			uint32_t b = *p, is_record = (uint32_t)(b - b_from < b_n) & (uint32_t)(a - from < n);
			uint8_t *to = next[a];
			bq_put_u64(to, high | ((b - 1) & 0xffff));
			next[a] = to + (RECORD & (0 - is_record));
			a = b;
		}
	}
}

static uint64_t record_at(const uint8_t *p)
{
	return bq_get_u64(p) & 0xffffffffffff;
}

void records_sort(struct records *r, uint32_t a)
{
	const uint8_t *start = r->start[a], *end = r->next[a + 1];
	uint32_t sum = 0;

	memset(r->ends, 0, r->n_words * sizeof *r->ends);
	for (const uint8_t *p = start; p < end; p += RECORD)
		r->ends[bq_get_u16(p)]++;
	for (uint32_t b = 0; b < r->n_words; b++) {
		uint32_t n = r->ends[b];
		r->ends[b] = sum; /* for now where b starts: each document moves it */
		sum += n;
	}
	for (const uint8_t *p = start; p < end; p += RECORD) {
		uint64_t v = record_at(p);
		r->docs[r->ends[v & 0xffff]++] = (uint32_t)(v >> 16);
	}
}

void records_release(struct records *r)
{
	drop_rows(r);
	free(r->start);
	free(r->next);
	free(r->ends);
	free(r->counts);
	r->start = r->next = NULL;
	r->ends = NULL;
	r->counts = NULL;
}
