/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pairs/records.h"

#include <stdlib.h>
#include <string.h>

#include <bq/bytes.h>

#include "base/pages.h"

enum { RECORD = 6, OVERRUN = 8 }; /* bytes: a record; behind a row */

/* Rows of all parts and what they are sorted with, but for what each record takes. */
static uint64_t table_bytes(uint32_t n)
{
	return (n + 1ull) * (OVERRUN + 2 * sizeof(uint8_t *) + sizeof(uint32_t) + sizeof(uint64_t));
}

static uint64_t most_frequent(const struct bq_term *terms, uint32_t n)
{
	uint64_t most = 0;

	for (uint32_t a = 0; a < n; a++)
		most = terms[a].ttf > most ? terms[a].ttf : most;
	return most;
}

bool records_fit(const struct bq_term *terms, uint32_t n, uint32_t n_parts, uint64_t memory)
{
	uint64_t bytes = n_parts * (table_bytes(n) + most_frequent(terms, n) * (2 * sizeof(uint32_t)));

	for (uint32_t a = 0; a < n; a++)
		bytes += terms[a].ttf * RECORD;
	return bytes <= memory && most_frequent(terms, n) <= UINT32_MAX;
}

/* A word follows another as often as it is there, at most. */
int records_init(struct records *r, uint32_t n, uint32_t n_parts, const uint64_t *counts)
{
	size_t rows = (n + (size_t)1) * n_parts;
	uint64_t bytes = OVERRUN * (uint64_t)n_parts;

	memset(r, 0, sizeof *r);
	r->n_words = n;
	r->n_parts = n_parts;
	for (size_t i = 0; i < (size_t)n * n_parts; i++)
		bytes += counts[i] * RECORD + OVERRUN;
	r->start = malloc(rows * sizeof *r->start);
	r->next = malloc(rows * sizeof *r->next);
	r->bytes = pages_take(bytes);
	if (r->start == NULL || r->next == NULL || r->bytes == NULL)
		return BQ_ENOMEM;
	uint8_t *at = r->bytes;
	for (uint32_t k = 0; k < n_parts; k++) {
		uint8_t **start = r->start + k * (n + (size_t)1), **next = r->next + k * (n + (size_t)1);
		next[0] = at; /* what is no pair is written here, again and again */
		at += OVERRUN;
		for (uint32_t a = 0; a < n; at += *counts++ * RECORD + OVERRUN, a++)
			next[a + 1] = start[a] = at;
		start[n] = at;
	}
	return BQ_OK;
}

/* Records are stored in 8 bytes, of which the next one takes 2 back; those that
 * are none are written, too, but do not move on: a branch would be guessed wrong
 * at every third word. */
void records_add(struct records *r, uint32_t part, const struct scan *sc)
{
	uint8_t **next = r->next + part * (r->n_words + (size_t)1);

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

bool row_init(struct row *row, const struct bq_term *terms, uint32_t n, uint32_t n_docs)
{
	uint64_t most = most_frequent(terms, n);

	row->ends = malloc((n + 1ull) * sizeof *row->ends);
	row->docs = malloc((most + 1) * sizeof *row->docs);
	row->tfs = malloc(((most < n_docs ? most : n_docs) + 1) * sizeof *row->tfs);
	return row->ends != NULL && row->docs != NULL && row->tfs != NULL;
}

void row_release(struct row *row)
{
	free(row->ends);
	free(row->docs);
	free(row->tfs);
}

/* The records of row `a` in part `k`: [*end], from what is returned on. */
static const uint8_t *find_row(const struct records *r, uint32_t k, uint32_t a, const uint8_t **end)
{
	size_t at = k * (r->n_words + (size_t)1) + a;

	*end = r->next[at + 1];
	return r->start[at];
}

void records_sort(const struct records *r, uint32_t a, struct row *row)
{
	uint32_t sum = 0;
	const uint8_t *end;

	memset(row->ends, 0, r->n_words * sizeof *row->ends);
	for (uint32_t k = 0; k < r->n_parts; k++)
		for (const uint8_t *p = find_row(r, k, a, &end); p < end; p += RECORD)
			row->ends[bq_get_u16(p)]++;
	for (uint32_t b = 0; b < r->n_words; b++) {
		uint32_t n = row->ends[b];
		row->ends[b] = sum; /* for now where b starts: each document moves it */
		sum += n;
	}
	for (uint32_t k = 0; k < r->n_parts; k++)
		for (const uint8_t *p = find_row(r, k, a, &end); p < end; p += RECORD) {
			uint64_t v = record_at(p);
			row->docs[row->ends[v & 0xffff]++] = (uint32_t)(v >> 16);
		}
}

void records_release(struct records *r)
{
	free(r->bytes);
	free(r->start);
	free(r->next);
	memset(r, 0, sizeof *r);
}
