/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reorder/halves.h"

#include <stdlib.h>
#include <string.h>

enum { SHARES = 4, SHARE_LEAST = 1 << 16 }; /* pieces a thread; postings of one at least */

/* Some documents whose wishes are summed. */
struct share {
	struct task task; /* first */
	struct halves *h;
	const struct graph *g;
	int64_t toll;
	uint32_t from, to;
};

/* ---- memory ------------------------------------------------------------ */

static void release_docs(struct halves *h)
{
	free(h->sides);
	free(h->wishes);
	free(h->sorted);
	h->sides = NULL;
	h->wishes = h->sorted = NULL;
	h->max_docs = 0;
}

static void release_words(struct halves *h)
{
	for (int side = 0; side < 2; side++) {
		free(h->counts[side]);
		free(h->draws[side]);
		h->counts[side] = NULL;
		h->draws[side] = NULL;
	}
	h->max_words = 0;
}

void halves_release(struct halves *h)
{
	release_docs(h);
	release_words(h);
}

static bool make_room(struct halves *h, uint32_t n_docs, uint32_t n_words)
{
	bool ok = true;

	if (n_docs > h->max_docs) {
		release_docs(h);
		h->sides = malloc(n_docs);
		h->wishes = malloc(n_docs * sizeof *h->wishes);
		h->sorted = malloc(n_docs * sizeof *h->sorted);
		ok = h->sides != NULL && h->wishes != NULL && h->sorted != NULL;
		h->max_docs = ok ? n_docs : 0;
	}
	if (!ok || n_words <= h->max_words)
		return ok;
	release_words(h);
	for (int side = 0; side < 2; side++) {
		h->counts[side] = malloc(n_words * sizeof *h->counts[side]);
		h->draws[side] = malloc(n_words * sizeof *h->draws[side]);
		ok &= h->counts[side] != NULL && h->draws[side] != NULL;
	}
	h->max_words = ok ? n_words : 0;
	return ok;
}

/* ---- rounds ------------------------------------------------------------ */

int halves_begin(struct halves *h, const struct graph *g)
{
	uint32_t n_left = g->n_docs / 2;

	if (!make_room(h, g->n_docs, g->n_words))
		return BQ_ENOMEM;
	memset(h->sides, 0, n_left);
	memset(h->sides + n_left, 1, g->n_docs - n_left);
	for (int side = 0; side < 2; side++) {
		memset(h->counts[side], 0, g->n_words * sizeof *h->counts[side]);
		uint32_t from = side == 0 ? 0 : g->starts[n_left], to = g->starts[side == 0 ? n_left : g->n_docs];
		for (uint32_t i = from; i < to; i++)
			h->counts[side][g->words[i]]++;
	}
	return BQ_OK;
}

/* What each word makes of the wish of a document that has it.  Where a side has
 * no document with the word nobody asks. */
static void weigh_words(struct halves *h, const struct gain *gain, uint32_t n_words)
{
	for (uint32_t w = 0; w < n_words; w++) {
		uint32_t l = h->counts[0][w], r = h->counts[1][w];
		h->draws[0][w] = gain_step(gain, r) - gain_step(gain, l == 0 ? 0 : l - 1);
		h->draws[1][w] = gain_step(gain, r == 0 ? 0 : r - 1) - gain_step(gain, l);
	}
}

static void sum_wishes(struct task *t, unsigned worker)
{
	const struct share *s = (const struct share *)t;
	const struct graph *g = s->g;

	(void)worker;
	for (uint32_t d = s->from; d < s->to; d++) {
		uint8_t side = s->h->sides[d];
		const int32_t *draws = s->h->draws[side];
		int64_t wish = side == 0 ? -s->toll : s->toll;
		for (uint32_t i = g->starts[d]; i < g->starts[d + 1]; i++)
			wish += draws[g->words[i]];
		s->h->wishes[d] = wish;
	}
}

/* The first document from `from` on behind so many postings. */
static uint32_t find_end(const struct graph *g, uint32_t from, uint64_t postings)
{
	uint32_t to = from;

	while (to < g->n_docs && g->starts[to] - g->starts[from] < postings)
		to++;
	return to;
}

static void weigh_docs(struct halves *h, const struct graph *g, int64_t toll, struct pool *pool)
{
	struct share shares[SHARES * POOL_MAX];
	uint32_t n = 0, max = SHARES * pool_threads(pool);
	uint64_t least = g->starts[g->n_docs] / max + 1;

	if (pool == NULL || least < SHARE_LEAST)
		least = UINT64_MAX;
	for (uint32_t from = 0, to; from < g->n_docs; from = to) {
		to = n + 1 == max ? g->n_docs : find_end(g, from, least);
		shares[n] = (struct share){ .task.run = sum_wishes, .h = h, .g = g, .toll = toll, .from = from,
			.to = to };
		pool_submit(pool, &shares[n++].task);
	}
	while (n > 0)
		pool_wait(pool, &shares[--n].task);
}

static void exchange(int64_t *a, int64_t *b)
{
	int64_t tmp = *a;

	*a = *b;
	*b = tmp;
}

/* The k-th smallest of v[n], from 0, which are put into some other order. */
static int64_t find_kth(int64_t *v, uint32_t n, uint32_t k)
{
	uint32_t from = 0, to = n;

	while (to - from > 1) {
		int64_t pivot = v[from + (to - from) / 2];
		/* [from, below) < pivot, [below, at) equal, [above, to) above it. */
		uint32_t below = from, at = from, above = to;
		while (at < above) {
			if (v[at] < pivot)
				exchange(&v[at++], &v[below++]);
			else if (v[at] > pivot)
				exchange(&v[at], &v[--above]);
			else
				at++;
		}
		if (k < below)
			to = below;
		else if (k >= above)
			from = above;
		else
			return pivot;
	}
	return v[from];
}

static void change_side(struct halves *h, const struct graph *g, uint32_t d)
{
	uint32_t *from = h->counts[h->sides[d]], *to = h->counts[!h->sides[d]];

	h->sides[d] = !h->sides[d];
	for (uint32_t i = g->starts[d]; i < g->starts[d + 1]; i++) {
		from[g->words[i]]--;
		to[g->words[i]]++;
	}
}

/* The n / 2 documents with the least wish are the left ones; of equal ones the
 * first. */
static uint32_t part(struct halves *h, const struct graph *g)
{
	uint32_t n = g->n_docs, n_left = n / 2, n_equal = n_left, n_moved = 0;

	memcpy(h->sorted, h->wishes, n * sizeof *h->sorted);
	int64_t median = find_kth(h->sorted, n, n_left);
	for (uint32_t d = 0; d < n; d++)
		n_equal -= h->wishes[d] < median;
	for (uint32_t d = 0; d < n; d++) {
		bool is_right = h->wishes[d] > median;
		if (h->wishes[d] == median)
			is_right = n_equal == 0 || (n_equal--, false);
		if (is_right != h->sides[d]) {
			change_side(h, g, d);
			n_moved++;
		}
	}
	return n_moved;
}

uint32_t halves_round(struct halves *h, const struct graph *g, const struct gain *gain, uint32_t round,
	struct pool *pool)
{
	weigh_words(h, gain, g->n_words);
	weigh_docs(h, g, (int64_t)round * (GAIN_BIT / 2), pool);
	return part(h, g);
}

/* ---- the result -------------------------------------------------------- */

int halves_denser(const struct halves *h, const struct graph *g)
{
	uint64_t words[2] = { 0, 0 };

	for (uint32_t d = 0; d < g->n_docs; d++)
		words[h->sides[d]] += g->starts[d + 1] - g->starts[d];
	return words[1] > words[0];
}

/* New numbers, in the draws' room, of words that go on; -1 for others.  How many
 * postings they have. */
static uint32_t number_words(struct halves *h, uint32_t n_words, int side, uint32_t n_docs, uint32_t *n_new)
{
	int32_t *numbers = h->draws[0];
	uint32_t n_postings = 0;

	*n_new = 0;
	for (uint32_t w = 0; w < n_words; w++) {
		uint32_t count = h->counts[side][w];
		bool goes_on = count >= 2 && count < n_docs;
		numbers[w] = goes_on ? (int32_t)*n_new : -1;
		*n_new += goes_on;
		n_postings += goes_on ? count : 0;
	}
	return n_postings;
}

int halves_take(struct halves *h, const struct graph *g, int side, struct graph *out)
{
	const int32_t *numbers = h->draws[0];
	uint32_t n_docs = side == 0 ? g->n_docs / 2 : g->n_docs - g->n_docs / 2, n = 0, end = 0;

	memset(out, 0, sizeof *out);
	uint32_t n_postings = number_words(h, g->n_words, side, n_docs, &out->n_words);
	if (!graph_init(out, n_docs, n_postings))
		return BQ_ENOMEM;
	for (uint32_t d = 0; d < g->n_docs; d++) {
		if (h->sides[d] != side)
			continue;
		for (uint32_t i = g->starts[d]; i < g->starts[d + 1]; i++)
			if (numbers[g->words[i]] >= 0)
				out->words[end++] = (uint32_t)numbers[g->words[i]];
		out->docs[n] = g->docs[d];
		out->starts[++n] = end;
	}
	return BQ_OK;
}
