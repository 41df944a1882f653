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
	return r->start == NULL || r->next == NULL || r->ends == NULL ? BQ_ENOMEM : BQ_OK;
}

/* A word follows another as often as it is there, at most. */
static uint64_t row_bytes(const struct bq_term *t)
{
	return t->ttf * RECORD + OVERRUN;
}

bool records_fit(const struct bq_term *terms, uint32_t n, uint64_t memory)
{
	uint64_t bytes = OVERRUN, most = 0;

	for (uint32_t a = 0; a < n; a++) {
		bytes += row_bytes(&terms[a]);
		most = terms[a].ttf > most ? terms[a].ttf : most;
	}
	return bytes + most * ROW_WORK <= memory;
}

int records_take(struct records *r, const struct bq_term *terms)
{
	uint64_t bytes = OVERRUN, most = 0, at = OVERRUN;

	for (uint32_t a = 0; a < r->n_words; a++) {
		bytes += row_bytes(&terms[a]);
		most = terms[a].ttf > most ? terms[a].ttf : most;
	}
	r->bytes = malloc(bytes);
	r->docs = malloc((most + 1) * sizeof *r->docs);
	r->tfs = malloc((most + 1) * sizeof *r->tfs);
	if (r->bytes == NULL || r->docs == NULL || r->tfs == NULL)
		return BQ_ENOMEM;
	r->next[0] = r->bytes; /* what is no pair is written here, again and again */
	for (uint32_t a = 0; a < r->n_words; at += row_bytes(&terms[a++]))
		r->next[a + 1] = r->start[a] = r->bytes + at;
	return BQ_OK;
}

/* Records are stored in 8 bytes, of which the next one takes 2 back; those that
 * are none are written, too, but do not move on: a branch would be guessed wrong
 * at every third word.  Large pages do not pay: they have to be made first. */
void records_add(struct records *r, const struct scan *sc)
{
	uint8_t **next = r->next;

	for (uint32_t doc = sc->first; doc < sc->end; doc++) {
		const uint16_t *p = sc->slots + sc->bases[doc - sc->first], *end = p + sc->ends[doc - sc->first];
		uint64_t high = (uint64_t)doc << 16;
		for (uint32_t a = 0; p < end; p++) {
			uint32_t b = *p, is_record = (uint32_t)(a != 0) & (uint32_t)(b != 0);
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
	free(r->bytes);
	free(r->docs);
	free(r->tfs);
	free(r->start);
	free(r->next);
	free(r->ends);
	memset(r, 0, sizeof *r);
}
