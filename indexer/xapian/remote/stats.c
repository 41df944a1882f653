/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xapian/remote/stats.h"

#include <stdlib.h>

#include "xapian/remote/number.h"

enum { MAX_TERM = 512 }; /* bytes; Xapian takes 245 */

/* ---- one shard's ----------------------------------------------------------------- */

static bool read_word(struct number_reader *r, uint64_t documents, struct bq_arena *mem, struct stats_word *out)
{
	struct bq_span word = number_take_string(r);

	out->documents = number_take(r, documents);
	out->places = number_take(r, UINT32_MAX);
	if (r->is_bad || word.len > MAX_TERM)
		return false;
	out->word = bq_arena_dup(mem, word);
	return true;
}

bool stats_read(struct bq_span body, uint32_t max, struct bq_arena *mem, struct stats *out)
{
	struct number_reader r = number_reader_of(body);

	out->length = number_take(&r, UINT64_MAX);
	out->documents = number_take(&r, UINT32_MAX);
	uint64_t relevant = number_take(&r, 0);
	(void)number_take(&r, UINT64_MAX);
	bool has_weights = number_take_byte(&r) != 0;
	out->n = (uint32_t)number_take(&r, max);
	if (r.is_bad || relevant != 0 || has_weights)
		return false;
	out->words = BQ_ARENA_NEW(mem, struct stats_word, out->n + 1ull);
	for (uint32_t i = 0; i < out->n && out->words != NULL; i++)
		if (!read_word(&r, out->documents, mem, &out->words[i]))
			return false;
	return r.at == r.end;
}

/* ---- all of them ------------------------------------------------------------------- */

static int compare_word(const void *a, const void *b)
{
	return bq_span_cmp(((const struct stats_word *)a)->word, ((const struct stats_word *)b)->word);
}

/* The same word of several shards is one; how many are left. */
static uint32_t unite(struct stats_word *words, uint32_t n)
{
	uint32_t kept = 0;

	if (n > 1)
		qsort(words, n, sizeof *words, compare_word);
	for (uint32_t i = 0; i < n; i++) {
		if (kept == 0 || !bq_span_eq(words[kept - 1].word, words[i].word)) {
			words[kept++] = words[i];
			continue;
		}
		words[kept - 1].documents += words[i].documents;
		words[kept - 1].places += words[i].places;
	}
	return kept;
}

/* Servers count in 32 bits. */
static uint64_t at_most(uint64_t v) { return v < UINT32_MAX ? v : UINT32_MAX; }

static void put(struct bq_buf *out, const struct stats *sum)
{
	number_put(out, sum->length);
	number_put(out, at_most(sum->documents));
	number_put(out, 0);
	number_put(out, sum->length);
	bq_buf_put_u8(out, 0);
	number_put(out, sum->n);
	for (uint32_t i = 0; i < sum->n; i++) {
		number_put_string(out, sum->words[i].word);
		number_put(out, at_most(sum->words[i].documents));
		number_put(out, at_most(sum->words[i].places));
	}
}

bool stats_put_sum(const struct stats *parts, const bool *counts, uint32_t n, struct bq_arena *mem, struct bq_buf *out)
{
	struct stats sum = { 0 };
	uint32_t n_all = 0;

	for (uint32_t i = 0; i < n; i++)
		n_all += counts[i] ? parts[i].n : 0;
	sum.words = BQ_ARENA_NEW(mem, struct stats_word, n_all + 1ull);
	if (sum.words == NULL || mem->oom)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!counts[i])
			continue;
		sum.length += parts[i].length;
		sum.documents += parts[i].documents;
		if (parts[i].n != 0)
			memcpy(sum.words + sum.n, parts[i].words, parts[i].n * sizeof *sum.words);
		sum.n += parts[i].n;
	}
	sum.n = unite(sum.words, sum.n);
	put(out, &sum);
	return !out->oom;
}
